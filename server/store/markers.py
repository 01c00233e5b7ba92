"""Rows of reading positions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from server.domain.markers import Marker
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.users import marker


def find(unit: Unit, account_id: int, timelines: Iterable[str]) -> dict[str, Marker]:
    """By timeline."""
    rows = unit.all(
        select(marker.c.timeline, marker.c.last_read_id, marker.c.version, marker.c.updated_at).where(
            marker.c.account_id == account_id, marker.c.timeline.in_(list(timelines))
        )
    )
    return {row.timeline: Marker(row.timeline, row.last_read_id, row.version, row.updated_at) for row in rows}


def put(unit: Unit, account_id: int, one: Marker) -> None:
    values = {
        "account_id": account_id,
        "timeline": one.timeline,
        "last_read_id": one.last_read_id,
        "version": one.version,
        "updated_at": one.updated_at,
    }
    upsert(unit, marker, values, ["account_id", "timeline"])
