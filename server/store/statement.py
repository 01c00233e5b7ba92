"""Statements that the two databases spell differently."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.store.session import Unit


def insert_ignore(unit: Unit, table: Table, values: dict[str, Any]) -> bool:
    """Inserts unless a unique constraint says that it is already there. True when it was inserted."""
    return unit.run(_ignoring(table, sqlite=unit.is_sqlite), values) == 1


@cache
def _ignoring(table: Table, *, sqlite: bool) -> Executable:
    insert = sqlite_insert if sqlite else postgresql_insert
    # without the option SQLAlchemy drops the count of an insert, and psycopg's cursor is closed by then
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def upsert(unit: Unit, table: Table, values: dict[str, Any], key: Sequence[str]) -> None:
    """Inserts, or replaces the other columns of the row with the same key."""
    insert = sqlite_insert if unit.is_sqlite else postgresql_insert
    statement = insert(table).values(values)
    others = {name: statement.excluded[name] for name in values if name not in key}
    unit.run(statement.on_conflict_do_update(index_elements=list(key), set_=others))


def insert_all_ignore(unit: Unit, table: Table, values: list[dict[str, Any]]) -> None:
    """Inserts many rows, leaving out those that a unique constraint says are already there."""
    insert = sqlite_insert if unit.is_sqlite else postgresql_insert
    unit.run(insert(table).on_conflict_do_nothing(), values)
