"""Which bytes in the vault a row still names."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, select

from server.store.session import Unit
from server.store.tables import metadata
from server.store.tables.accounts import account


def columns() -> list[Column[str]]:
    """Those that are marked as naming bytes in the vault."""
    return [column for table in metadata.sorted_tables for column in table.columns if column.info.get("blob")]


def named(unit: Unit, digests: Sequence[str]) -> set[str]:
    """Those of the digests that stand in a marked column. At most some hundreds at a time."""
    found: set[str] = set()
    for column in columns():
        statement = select(column).where(column.in_(digests))
        if column.table is account:
            statement = statement.where(account.c.domain == "")  # those of others are addresses
        found |= {row[0] for row in unit.all(statement)}
    return found
