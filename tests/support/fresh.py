"""Databases with the schema of today and nothing in them, copied from one that is made once for each process of tests.

A test of how a schema is made, or of a first start, takes an empty one instead.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from server.core.clock import SystemClock
from server.core.context import Context
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.store import schema
from server.store.session import Database
from tests.support.postgresql import new_database


def fresh_file(folder: Path) -> None:
    """Lays the file of a database into a data directory, unless it has one."""
    folder.mkdir(parents=True, exist_ok=True)
    file = Settings(data_dir=folder).sqlite_file
    if not file.exists():
        shutil.copyfile(_file(), file)


def fresh_postgresql() -> str:
    """The address of a database of its own."""
    return new_database(like=_name())


@cache
def _file() -> Path:
    settings = Settings(data_dir=Path(mkdtemp(prefix="consilium-fresh-")))
    _make(settings)
    return settings.sqlite_file


@cache
def _name() -> str:
    url = new_database()
    _make(Settings(database_url=url))
    return urlsplit(url).path.lstrip("/")


def _make(settings: Settings) -> None:
    clock = SystemClock()
    database = Database(Context(settings, clock, Ids(clock), Sealer(b"x" * 32)))
    schema.prepare(database)
    database.close()
