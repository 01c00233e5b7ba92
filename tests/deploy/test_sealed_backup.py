"""A backup encrypted to a recipient: nothing in it is readable, its identity alone makes the same instance again, and damage is refused."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from server.services import sealed_backups
from tests.deploy.test_backup import Run, house, opens, pictures, run, saved, with_secret_of  # noqa: F401

FIRST, OTHER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Backups are made for its recipient, who is elsewhere."""
    written(tmp_path / "other", OTHER)
    return written(tmp_path / "identity", FIRST)


def written(file: Path, identity: object) -> Path:
    file.write_text(f"# created: 2026-03-02\n{identity}\n")
    return file


@pytest.fixture
def kept(run: Run, house: Path, tmp_path: Path) -> Path:  # noqa: F811
    return sealed(run, house, tmp_path / "backups")


def sealed(run: Run, house: Path, folder: Path, recipient: object = FIRST) -> Path:  # noqa: F811
    done = run("backup", folder, data=house, CONSILIUM_BACKUP_RECIPIENTS=str(recipient.to_public()))  # type: ignore[attr-defined]
    assert done.status == 0, done.err
    assert "can read it" not in done.err
    return Path(done.out.strip())


def held(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_drill(run: Run, house: Path, tmp_path: Path, kept: Path, identity: Path) -> None:  # noqa: F811
    """As docs/admin/backup.md says: proven without the identity, proven with it, put back, opened."""
    contents = b"".join(path.read_bytes() for path in held(kept))
    names = " ".join(path.name for path in held(kept))
    picture = next(path.name for path in held(house / "media") if path.name != "half")
    for readable in (
        b"a picture",
        b"ada@hospital.example",
        b"SQLite format",
        (house / "secret").read_bytes(),
    ):
        assert readable.strip() not in contents
    assert picture not in names
    assert not (house / "backing-up").exists()
    target = with_secret_of(house, tmp_path / "restored")
    done = run("restore", tmp_path / "backups", "--check", data=target)
    assert (done.status, "was not looked at" in done.out) == (0, True)
    done = run("restore", tmp_path / "backups", "--check", "--identity-file", identity, data=target)
    assert (done.status, "is whole" in done.out) == (0, True)
    assert [each.name for each in target.iterdir()] == ["secret"]
    done = run("restore", tmp_path / "backups", "--identity-file", identity, data=target)
    assert (done.status, done.err) == (0, "")
    assert opens(target) is not None
    assert pictures(target) == [b"a picture"]
    assert not {"opening", "restoring"} & {each.name for each in target.iterdir()}


@pytest.mark.parametrize("damage", ["cut off", "tampered", "at a chunk", "missing", "exchanged", "manifest"])
def test_what_is_damaged_is_refused_with_and_without_its_list(
    run: Run,  # noqa: F811
    house: Path,  # noqa: F811
    tmp_path: Path,
    kept: Path,
    identity: Path,
    damage: str,
) -> None:
    target = with_secret_of(house, tmp_path / "restored")
    files = sorted((kept / sealed_backups.FILES).iterdir(), key=lambda one: one.stat().st_size)
    picture, database = files[0], files[-1]
    whole = database.read_bytes()
    head = whole.index(b"\n", whole.index(b"\n---") + 1) + 1
    match damage:
        case "cut off":
            database.write_bytes(whole[:-7])
        case "tampered":
            database.write_bytes(whole[:120_000] + bytes([whole[120_000] ^ 1]) + whole[120_001:])
        case "at a chunk":
            database.write_bytes(whole[: head + 16 + 2 * (65_536 + 16)])
        case "missing":
            database.unlink()
        case "exchanged":
            database.write_bytes(picture.read_bytes())
        case _:
            manifest = (kept / sealed_backups.MANIFEST).read_bytes()
            (kept / sealed_backups.MANIFEST).write_bytes(manifest[:-1])
    opening = ("--identity-file", identity)
    asked: list[tuple[str | Path, ...]] = [("--check",), ("--check", *opening), opening]
    for arguments in asked:
        refused(run, kept, target, *arguments)
    # whoever could change a file could change the list as well: the encryption finds it all the same
    names = [path.relative_to(kept).as_posix() for path in held(kept) if path.name != sealed_backups.SUMS]
    lines = [f"{sealed_backups.digest_of(kept / name)}  {name}\n" for name in names]
    (kept / sealed_backups.SUMS).write_text("".join(lines))
    for arguments in asked[1:]:
        refused(run, kept, target, *arguments)


def refused(run: Run, kept: Path, target: Path, *arguments: str | Path) -> str:  # noqa: F811
    done = run("restore", kept, *arguments, data=target)
    assert (done.status, done.err.count("\n")) == (1, 1), done.err
    assert [each.name for each in target.iterdir()] == ["secret"]
    return done.err


def test_another_identity_opens_nothing(
    run: Run,  # noqa: F811
    house: Path,  # noqa: F811
    tmp_path: Path,
    kept: Path,
    identity: Path,
) -> None:
    target = with_secret_of(house, tmp_path / "restored")
    assert "not that of a recipient" in refused(run, kept, target, "--identity-file", tmp_path / "other")
    assert "give --identity-file" in refused(run, kept, target)
    assert "no identity" in refused(run, kept, target, "--identity-file", house / "secret")
    assert "could not be read" in refused(run, kept, target, "--identity-file", tmp_path / "nowhere")
    (target / "secret").unlink()
    target.rmdir()
    done = run("restore", kept, "--identity-file", identity, data=target)
    assert (done.status, "Put it back" in done.err, target.exists()) == (1, True, False)
    done = run("backup", tmp_path / "more", data=house, CONSILIUM_BACKUP_RECIPIENTS="age1nobody")
    assert (done.status, done.err.count("\n"), held(tmp_path / "more")) == (1, 1, [])


def test_pictures_are_kept_once_for_the_same_recipient_alone(
    run: Run,  # noqa: F811
    house: Path,  # noqa: F811
    tmp_path: Path,
    kept: Path,
) -> None:
    def shared(folder: Path, before: Path) -> int:
        return len({one.stat().st_ino for one in held(folder)} & {one.stat().st_ino for one in held(before)})

    older = kept.rename(kept.with_name("consilium-20200101T000000Z"))
    second = sealed(run, house, tmp_path / "backups").rename(kept.with_name("consilium-20200102T000000Z"))
    assert shared(second, older) == 1
    assert shared(sealed(run, house, tmp_path / "backups", OTHER), second) == 0
    assert "can read it" in run("backup", tmp_path / "open", data=house).err
    assert saved(run, house, tmp_path / "open2")
