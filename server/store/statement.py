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
    unit.run(_replacing(table, tuple(values), tuple(key), sqlite=unit.is_sqlite), values)


@cache
def _replacing(table: Table, names: tuple[str, ...], key: tuple[str, ...], *, sqlite: bool) -> Executable:
    """Made once for each set of columns: it costs as much to make as to run."""
    statement = (sqlite_insert if sqlite else postgresql_insert)(table)
    others = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=others)


def insert_all_ignore(unit: Unit, table: Table, values: list[dict[str, Any]]) -> None:
    """Inserts many rows, leaving out those that a unique constraint says are already there."""
    unit.run(_ignoring_many(table, sqlite=unit.is_sqlite), values)


@cache
def _ignoring_many(table: Table, *, sqlite: bool) -> Executable:
    return (sqlite_insert if sqlite else postgresql_insert)(table).on_conflict_do_nothing()
