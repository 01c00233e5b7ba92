#!/usr/bin/env python3
"""Backups of an instance: its database, its media, a manifest. Needs nothing but Python (and pg_dump for PostgreSQL).

    backup.py save FOLDER [--keep N]      writes FOLDER/consilium-<time>/ while the instance runs
    backup.py check BACKUP                proves that a backup is whole
    backup.py restore BACKUP DATA_DIR     into an empty data folder (and an empty PostgreSQL database)
    backup.py secret FILE                 a copy of the secret, to be kept elsewhere than the backups

Reads CONSILIUM_DATA_DIR, CONSILIUM_DATABASE_URL and CONSILIUM_SECRET_FILE from the environment. The secret that seals
the private keys is never part of a backup: who finds one of the two alone finds nothing to sign with.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

SQLITE_NAME = "consilium.sqlite"
DUMP_NAME = "database.dump"
MANIFEST = "manifest.json"
PREFIX = "consilium-"
UNFINISHED = "unfinished/"
"""Where the server writes media before they have their name."""


class BackupError(Exception):
    """Said in one line."""


def data_dir() -> Path:
    return Path(os.environ.get("CONSILIUM_DATA_DIR", "./data"))


def secret_path() -> Path:
    named = os.environ.get("CONSILIUM_SECRET_FILE")
    return Path(named) if named else data_dir() / "secret"


def database_url() -> str:
    return os.environ.get("CONSILIUM_DATABASE_URL", "")


def save(folder: Path, keep: int | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")  # noqa: TID251  a command of its own, outside the server
    target = folder / f"{PREFIX}{stamp}"
    unfinished = folder / f".{target.name}.unfinished"
    if target.exists():
        raise BackupError(f"{target} exists already")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    previous = _backups(folder)[-1:]
    try:
        # the database first: a picture that comes later is one too many, never one too few
        tables = (
            _dump_postgresql(unfinished / DUMP_NAME)
            if database_url()
            else _copy_sqlite(unfinished / SQLITE_NAME)
        )
        _copy_media(data_dir() / "media", unfinished / "media", previous[0] / "media" if previous else None)
        files = {name: _digest(unfinished / name) for name in _files(unfinished)}
        manifest = {
            "made": stamp,
            "database": "postgresql" if database_url() else "sqlite",
            "rows": tables,
            "files": files,
        }
        (unfinished / MANIFEST).write_text(
            json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        _sync(unfinished)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for old in _backups(folder)[:-keep] if keep else []:
        shutil.rmtree(old)
    return target


def check(backup: Path) -> dict[str, object]:
    try:
        manifest: dict[str, object] = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BackupError(f"{backup} holds no readable {MANIFEST}") from None
    files = manifest["files"]
    assert isinstance(files, dict)
    present = set(_files(backup)) - {MANIFEST}
    if missing := sorted(set(files) - present):
        raise BackupError(f"{len(missing)} files are missing, {missing[0]} among them")
    if strange := sorted(present - set(files)):
        raise BackupError(f"{strange[0]} does not belong to this backup")
    for name, digest in files.items():
        if _digest(backup / name) != digest:
            raise BackupError(f"{name} is not what was backed up")
    if SQLITE_NAME in files:
        rows = _judge_sqlite(backup / SQLITE_NAME)
        if rows != manifest["rows"]:
            raise BackupError("the database does not have the rows that it had")
    return manifest


def restore(backup: Path, target: Path) -> None:
    manifest = check(backup)
    if target.exists() and any(one.name != "secret" for one in target.iterdir()):
        raise BackupError(f"{target} is not empty: move it away first")
    of_postgresql = manifest["database"] == "postgresql"
    if of_postgresql and not database_url():
        raise BackupError("this backup is PostgreSQL's: set CONSILIUM_DATABASE_URL to an empty database")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if of_postgresql:
        _run(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", _pg_url(), str(backup / DUMP_NAME)])
    else:
        shutil.copyfile(backup / SQLITE_NAME, target / SQLITE_NAME)
        (target / SQLITE_NAME).chmod(0o600)
    if (backup / "media").exists():
        shutil.copytree(backup / "media", target / "media")
    _sync(target)


def copy_secret(target: Path) -> None:
    if target.exists():
        raise BackupError(f"{target} exists already")
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret_path().read_bytes())
        file.flush()
        os.fsync(file.fileno())


# -- the database ----------------------------------------------------------------------------------------


def _copy_sqlite(target: Path) -> dict[str, int]:
    source = data_dir() / SQLITE_NAME
    if not source.exists():
        raise BackupError(f"there is no database at {source}")
    with closing(
        sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=30, isolation_level=None)
    ) as live:
        live.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    return _judge_sqlite(target)


def _judge_sqlite(file: Path) -> dict[str, int]:
    """Rows by table. Raises BackupError on a database that is not whole."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True)) as copy:
        try:
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            names = [
                row[0]
                for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            ]
            counts = {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        except sqlite3.DatabaseError as error:
            raise BackupError(f"the database copy is damaged: {error}") from None
    if found != "ok":
        raise BackupError(f"the database copy is damaged: {found}")
    return counts


def _dump_postgresql(target: Path) -> dict[str, int]:
    _run(["pg_dump", "--format=custom", "--no-owner", "--file", str(target), _pg_url()])
    return {}


def _pg_url() -> str:
    """As libpq takes it, and without the password: a command line can be read by everybody on the machine."""
    url = urlsplit(database_url())
    return url._replace(scheme="postgresql", netloc=re.sub(r":[^@/]*@", "@", url.netloc)).geturl()


def _run(command: list[str]) -> None:
    password = urlsplit(database_url()).password
    surroundings = {**os.environ, **({"PGPASSWORD": unquote(password)} if password else {})}
    try:
        subprocess.run(command, check=True, env=surroundings)
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{command[0]} ended with status {error.returncode}") from None


# -- files -----------------------------------------------------------------------------------------------


def _copy_media(source: Path, target: Path, previous: Path | None) -> None:
    """Media are named by their digest and never change: what the last backup holds is linked, not copied."""
    target.mkdir(mode=0o700)
    if not source.exists():
        return
    for name in _files(source):
        if name.startswith(UNFINISHED):
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = previous / name if previous is not None else None
        try:
            if (
                before is not None
                and before.exists()
                and before.stat().st_size == (source / name).stat().st_size
            ):
                os.link(before, copy)
            else:
                shutil.copyfile(source / name, copy)
        except FileNotFoundError:
            continue  # deleted this moment


def _files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def _backups(folder: Path) -> list[Path]:
    return sorted(one for one in folder.glob(f"{PREFIX}*") if (one / MANIFEST).exists())


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for name in _files(folder):
        descriptor = os.open(folder / name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    saving = commands.add_parser("save")
    saving.add_argument("folder", type=Path)
    saving.add_argument("--keep", type=int, metavar="N", help="delete all but the newest N")
    commands.add_parser("check").add_argument("backup", type=Path)
    restoring = commands.add_parser("restore")
    restoring.add_argument("backup", type=Path)
    restoring.add_argument("data_dir", type=Path)
    commands.add_parser("secret").add_argument("file", type=Path)
    asked = parser.parse_args()
    if asked.command == "save" and asked.keep is not None and asked.keep < 1:
        parser.error("--keep needs at least 1")
    try:
        match asked.command:
            case "save":
                print(save(asked.folder, asked.keep))
            case "check":
                manifest = check(asked.backup)
                print(f"whole: made {manifest['made']}, {len(manifest['files'])} files")  # type: ignore[arg-type]
            case "restore":
                restore(asked.backup, asked.data_dir)
                print(f"restored to {asked.data_dir}; put the secret back beside it before the start")
            case "secret":
                copy_secret(asked.file)
                print(f"keep {asked.file} elsewhere than the backups")
    except (BackupError, OSError) as problem:
        print(f"backup: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
