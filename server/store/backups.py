"""The database as one file: copied while others write, judged, and put back into an empty place.

SQLite's copy is made by `VACUUM INTO`, PostgreSQL's by `pg_dump` on the very snapshot whose rows are counted. It refuses
a copy that is not whole, and to restore over what exists.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from server.core.errors import Invalid
from server.store.session import Database

_LONGEST_LINE = 300


def save(database: Database, file: Path) -> dict[str, int]:
    """Writes the copy. Answers the rows by table. Raises Invalid."""
    if not database.is_sqlite:
        return _dump(database, file)
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(file),))
    except DBAPIError as error:
        raise Invalid("The database could not be copied: %(why)s", why=str(error.orig)) from None
    file.chmod(0o600)
    return judge(file)


def judge(file: Path) -> dict[str, int]:
    """Rows by table of SQLite's copy. Raises Invalid when it is not whole."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True)) as copy:
        try:
            found = str(copy.execute("PRAGMA integrity_check(1)").fetchone()[0])
            names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: int(copy.execute(_count(name)).fetchone()[0]) for name in sorted(names)}
        except sqlite3.DatabaseError as error:
            raise Invalid("The copy of the database is damaged: %(why)s", why=str(error)) from None
    if found != "ok":
        raise Invalid("The copy of the database is damaged: %(why)s", why=found)
    return rows


def is_empty(database: Database) -> bool:
    with database.engine.connect() as connection:
        return not inspect(connection).get_table_names()


def load(database: Database, file: Path, rows: dict[str, int]) -> None:
    """Puts a dump into an empty PostgreSQL database: all of it or nothing. Raises Invalid."""
    _run(
        database,
        ["pg_restore", "--no-owner", "--no-privileges", "--single-transaction"],
        ["--dbname", _address(database), str(file)],
    )
    with database.engine.connect() as connection:
        if _rows(connection) != rows:
            raise Invalid("The restored database does not have the rows that were backed up")


def _dump(database: Database, file: Path) -> dict[str, int]:
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar())
        rows = _rows(connection)
        _run(
            database,
            ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"],
            ["--file", str(file), _address(database)],
        )
    file.chmod(0o600)
    return rows


def _rows(connection: Connection) -> dict[str, int]:
    names: Iterable[str] = sorted(inspect(connection).get_table_names())
    return {name: int(connection.exec_driver_sql(_count(name)).scalar() or 0) for name in names}


def _count(table: str) -> str:
    return f'SELECT count(*) FROM "{table}"'  # noqa: S608  names come from the catalogue


def _address(database: Database) -> str:
    """As libpq takes it, and without the password: a command line can be read by everybody on the machine."""
    url = urlsplit(database.context.settings.database_url)
    return url._replace(scheme="postgresql", netloc=re.sub(r":[^@/]*@", "@", url.netloc)).geturl()


def _run(database: Database, command: list[str], arguments: list[str]) -> None:
    password = urlsplit(database.context.settings.database_url).password
    surroundings = {**os.environ, **({"PGPASSWORD": unquote(password)} if password else {})}
    try:
        done = subprocess.run(  # noqa: S603  our own words, without a shell
            [*command, *arguments], check=False, env=surroundings, capture_output=True, text=True
        )
    except FileNotFoundError:
        raise Invalid(
            "%(tool)s is not installed: PostgreSQL's own client tools copy its databases. Nothing was done.",
            tool=command[0],
        ) from None
    if done.returncode:
        said = done.stderr.strip().partition("\n")[0][:_LONGEST_LINE]
        raise Invalid("%(tool)s failed: %(why)s", tool=command[0], why=said or str(done.returncode))
