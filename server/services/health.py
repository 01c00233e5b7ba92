"""Whether writes work, and how much the instance is used."""

from __future__ import annotations

from datetime import timedelta

from server.domain.usage import Usage
from server.store import accounts, meta, users
from server.store.session import Unit

MONTH, HALF_YEAR = timedelta(days=30), timedelta(days=180)


def probe(unit: Unit) -> None:
    """A write that shows that writes work."""
    meta.put(unit, "probe", unit.now.isoformat())


def usage(unit: Unit) -> Usage:
    """Counts for NodeInfo: how many, never who."""
    return Usage(
        users=users.total(unit),
        active_month=users.total(unit, unit.now - MONTH),
        active_half_year=users.total(unit, unit.now - HALF_YEAR),
        local_posts=accounts.local_posts(unit),
    )
