"""Rows of roster slices: what the members of one instance in one group come to, kept up with each change.

The digest is the XOR of the SHA-256 of the members' ids, as FEP-8fcf computes it: one member more or less changes it
without a look at the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from federation.types import Iri, Origin
from server.domain.groups import EMPTY_ROSTER, RosterSlice
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.groups import roster_slice


def digest_of(uris: Iterable[Iri]) -> str:
    total = 0
    for uri in uris:
        total ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{total:064x}"


_FIND = select(roster_slice).where(
    roster_slice.c.group_id == bindparam("group_id"), roster_slice.c.host == bindparam("host")
)


def find(unit: Unit, group_id: int, host: Origin) -> RosterSlice:
    """An empty one where nobody there ever was a member."""
    row = unit.first(_FIND, {"group_id": group_id, "host": host})
    return _record(row) if row else RosterSlice(group_id, host, 0, EMPTY_ROSTER, None, None)


def of_group(unit: Unit, group_id: int) -> list[RosterSlice]:
    statement = select(roster_slice).where(roster_slice.c.group_id == group_id).order_by(roster_slice.c.host)
    return [_record(row) for row in unit.all(statement)]


def moved(unit: Unit, group_id: int, host: Origin, stamp: int, uri: Iri | None) -> None:
    """A membership of that host has changed. uri: who is on the roster now and was not, or the reverse; else None."""
    values = {"group_id": group_id, "host": host, "stamp": 0, "digest": EMPTY_ROSTER}
    insert_ignore(unit, roster_slice, values)
    before = find(unit, group_id, host)
    digest = before.digest
    if uri is not None:
        digest = f"{int(digest, 16) ^ int(digest_of([uri]), 16):064x}"
    change(unit, group_id, host, {"stamp": max(before.stamp, stamp), "digest": digest})


def change(unit: Unit, group_id: int, host: Origin, values: dict[str, Any]) -> None:
    unit.run(
        update(roster_slice)
        .where(roster_slice.c.group_id == group_id, roster_slice.c.host == host)
        .values(**values)
    )


def to_check(unit: Unit, host: Origin, limit: int) -> list[RosterSlice]:
    """At a member's instance (`host`): slices that are due to be fetched from their group."""
    statement = (
        select(roster_slice)
        .where(roster_slice.c.check_at <= unit.now, roster_slice.c.host == host)
        .order_by(roster_slice.c.check_at)
        .limit(limit)
    )
    return [_record(row) for row in unit.all(statement)]


def silent_since(unit: Unit, host: Origin, before: datetime) -> list[RosterSlice]:
    """Those that could not be reconciled since before a moment."""
    statement = select(roster_slice).where(
        roster_slice.c.failing_since <= before, roster_slice.c.host == host
    )
    return [_record(row) for row in unit.all(statement)]


def _record(row: Row[Any]) -> RosterSlice:
    return RosterSlice(row.group_id, Origin(row.host), row.stamp, row.digest, row.failing_since, row.check_at)
