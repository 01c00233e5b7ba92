"""Creating, upgrading and checking the database's schema. It refuses to start on a schema newer than this code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError

from server.core.errors import SettingsError
from server.store.session import Database
from server.store.tables import metadata

SCHEMA_LOCK = 1_129_206_596
MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(database: Database, *, migrate: bool = True) -> list[str]:
    """Makes the schema fit this code. Answers the revisions that were applied; empty when it fitted already.

    Raises SettingsError on a newer schema, or on an older one when `migrate` is False.
    """
    with _alone(database):
        return _prepare(database, migrate=migrate)


def _prepare(database: Database, *, migrate: bool) -> list[str]:
    with _connection(database) as connection:
        current = _current(connection)
        empty = current is None and not inspect(connection).get_table_names()
    script = ScriptDirectory.from_config(config(database))
    head = script.get_current_head()
    if current == head:
        return []
    if empty:
        _create(database)
        return []
    _refuse_unknown(script, current)
    pending = [revision.revision for revision in script.iterate_revisions(head, current)]
    if not migrate:
        raise SettingsError("The database needs an upgrade: run `consilium migrate`.")
    command.upgrade(config(database), "head")
    return pending[::-1]


def pending(database: Database) -> list[str]:
    """Revisions that `prepare` would apply, oldest first. Raises SettingsError on a newer schema."""
    with _connection(database) as connection:
        current = _current(connection)
    script = ScriptDirectory.from_config(config(database))
    _refuse_unknown(script, current)
    return [revision.revision for revision in script.iterate_revisions(script.get_current_head(), current)][
        ::-1
    ]


def revision(database: Database) -> str:
    """Which schema the database has; empty where it has none."""
    with _connection(database) as connection:
        return _current(connection) or ""


def knows(revision: str) -> bool:
    """Whether this version can bring such a schema up to date. A newer one it does not know."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return revision in {each.revision for each in ScriptDirectory.from_config(settings).walk_revisions()}


def config(database: Database) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["engine"] = database.engine
    return settings


def _create(database: Database) -> None:
    """All or nothing, so that a kill in between leaves an empty database."""
    script = ScriptDirectory.from_config(config(database))
    with database.engine.connect() as connection:
        begin_for_real(connection)
        with connection.begin():
            metadata.create_all(connection)
            MigrationContext.configure(connection).stamp(script, "head")


def begin_for_real(connection: Connection) -> None:
    """SQLite's driver is told to begin nothing by itself: here a transaction is one, also around the schema."""
    if connection.dialect.name == "sqlite":
        event.listen(connection, "begin", _begin)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_unknown(script: ScriptDirectory, current: str | None) -> None:
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise SettingsError(
            f"The database has schema {current}, which this version does not know. Install the newer version again, or restore a backup."
        )


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """On PostgreSQL instances' processes may start together on several machines: one at a time sees to the schema."""
    if database.is_sqlite:
        yield
        return
    with _connection(database) as connection:
        # held by this connection's transaction, given back with it
        connection.execute(text("SELECT pg_advisory_xact_lock(:kind)"), {"kind": SCHEMA_LOCK})
        yield


@contextmanager
def _connection(database: Database) -> Iterator[Connection]:
    """Raises SettingsError where the database does not let us in."""
    try:
        with database.engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise SettingsError(f"The database cannot be opened: {reason(error)}.") from None


DATABASE_ERRORS = (DBAPIError,)
"""What a broken database raises from anywhere."""


def reason(error: DBAPIError) -> str:
    """The first line of what the database says."""
    return str(error.orig).strip().partition("\n")[0]


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
