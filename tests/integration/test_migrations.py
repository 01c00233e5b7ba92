"""The chain of migrations makes what the tables say, and a kill in the middle of it is mended by the next start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, Index, create_engine, inspect, text

from server.core.clock import SystemClock
from server.core.context import Context
from server.core.errors import SettingsError
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings
from server.store import schema
from server.store.session import Database
from server.store.tables import metadata
from server.store.tables.search import is_index
from server.store.tables.types import is_on
from tests.support.house import open_house
from tests.support.instances import POSTGRESQL, SQLITE, LiveInstance
from tests.support.postgresql import new_database

pytestmark = pytest.mark.slow


STANDING = {
    "0001_first_schema": "15d2d4cee9561fd9",
    "0003_smaller_indexes": "314a41c08327059c",
    "0004_words_of_posts": "dbafbcfba3e06f56",
    "0005_rulings": "a2a5a111d8a873ff",
    "0006_inbox_by_digest": "11b95d4f12afeae7",
    "0007_refused_in_a_stream": "c9df7c5f78c29f31",
    "0008_lists_and_waits": "0b1fca6e4ee8ec14",
    "0009_moderators_elsewhere": "58db5c926963d420",
    "0010_ids_once": "a2d43857259c51c1",
    "0011_where_members_live": "1faaec69404df5bf",
}
"""The beginning of the SHA-256 of each migration that somebody's database may have gone through."""


def test_a_migration_that_stands_is_never_edited() -> None:
    found = {
        file.stem: sha256(file.read_bytes()).hexdigest()[:16]
        for file in (schema.MIGRATIONS / "versions").glob("*.py")
    }
    assert found == STANDING, (
        "a change of tables is a migration of its own: write the next one, and add it here"
    )


def database(folder: Path, engine: str) -> Database:
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=folder, database_url=new_database() if engine == POSTGRESQL else "")
    clock = SystemClock()
    return Database(Context(settings, clock, Ids(clock), Sealer(b"x" * 32)))


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = database(tmp_path / "empty", request.param)
    try:
        yield opened
    finally:
        opened.close()


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind not in {"table", "index"} or not is_index(name)


def is_here(empty: Database) -> Callable[..., bool]:
    """Some indexes are defined once for each engine."""

    def known(item: object, *_: object) -> bool:
        return not isinstance(item, Index) or is_on(empty.engine.dialect.name, item)

    return known


def _parts(sql: str) -> list[str]:
    """What a statement says, wherever its lines end: a column that was added later stands on the last one."""
    return sorted(filter(None, (part.strip(" \t)") for part in re.split(r",\s|\n", sql))))


def described(engine: Engine) -> dict[str, object]:
    """Everything that the database knows of its tables."""
    known = inspect(engine)
    found: dict[str, object] = {}
    for table in sorted(known.get_table_names()):
        found[table] = (
            [{**column, "type": repr(column["type"])} for column in known.get_columns(table)],
            known.get_pk_constraint(table),
            sorted(map(repr, known.get_foreign_keys(table))),
            sorted(map(repr, known.get_unique_constraints(table))),
            sorted(
                re.sub(r"<sqlalchemy[^>]*>", "a condition", repr(each)) for each in known.get_indexes(table)
            ),
        )
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence'")
            )
            found["sql"] = {row.name: _parts(row.sql or "") for row in rows}
    return found


def test_the_chain_makes_what_the_tables_say(empty: Database, tmp_path: Path) -> None:
    command.upgrade(schema.config(empty), "head")
    with empty.engine.connect() as connection:
        known = MigrationContext.configure(
            connection, opts={"include_name": is_ours, "include_object": is_here(empty)}
        )
        assert compare_metadata(known, metadata) == []
    fresh = database(tmp_path / "fresh", SQLITE if empty.is_sqlite else POSTGRESQL)
    try:
        assert schema.prepare(fresh) == []
        assert described(empty.engine) == described(fresh.engine)
        assert len(described(fresh.engine)) > 20
    finally:
        fresh.close()


def test_the_chain_goes_back_to_nothing(empty: Database) -> None:
    command.upgrade(schema.config(empty), "head")
    command.downgrade(schema.config(empty), "base")
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}


def test_who_is_mentioned_stays_known(tmp_path: Path) -> None:
    """Their table is made anew by 0010, and by the way back."""
    with open_house(tmp_path) as house:
        ann, bob, cem = (house.local(name) for name in ("ann", "bob", "cem"))
        expected = [
            (house.post(ann, words).id, one.id, 0)
            for words, one in (("@bob bonjour", bob), ("@cem bonsoir", cem), ("@bob encore", bob))
        ]
        for way, revision in ((command.downgrade, "0009"), (command.upgrade, "head")):
            way(schema.config(house.database), revision)
            with house.database.engine.connect() as connection:
                rows = connection.execute(text("SELECT post_id, account_id, silent FROM mention")).all()
            assert sorted(rows) == expected


def test_a_newer_schema_is_refused(empty: Database) -> None:
    schema.prepare(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="does not know"):
        schema.prepare(empty)


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_a_kill_while_the_schema_is_made(tmp_path: Path, engine: str) -> None:
    """At whatever moment: the next start completes it."""
    for moment in (0.9, 1.1, 1.3, 1.6):
        instance = LiveInstance("target", tmp_path / str(moment), engine)
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "migrate"],
            env=instance.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moment * float(os.environ.get("CONSILIUM_SLOWNESS", "1")))
        process.send_signal(signal.SIGKILL)
        process.wait()
        instance.command("migrate")
        assert "up to date" in instance.command("migrate", "--check")


def test_the_sqlite_file_is_one_that_this_version_would_make(tmp_path: Path) -> None:
    """What `create_all` makes is stamped with the head: an upgrade finds nothing to do."""
    opened = database(tmp_path, SQLITE)
    try:
        schema.prepare(opened)
        assert schema.pending(opened) == []
    finally:
        opened.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'consilium.sqlite'}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() is not None
    engine.dispose()
