"""Which process sends to which destination, where several work at once: one each, so that its order is kept.

PostgreSQL only; on SQLite one process works. A dead process's destinations are free at once: see `presence`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, or_, text
from sqlalchemy.dialects.postgresql import insert

from federation.types import Origin
from server.store.presence import PROCESSES
from server.store.session import Unit
from server.store.tables.work import lease

_LIVING = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :kind AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


def take(unit: Unit, destinations: Iterable[Origin], process: int, lease_for: timedelta) -> list[Origin]:
    """Those of the destinations that this process may send to now: free, its own already, or left by a dead process."""
    names = sorted(destinations)
    if not names:
        return []
    living = [str(row.objid) for row in unit.all(_LIVING, {"kind": PROCESSES})]
    until = unit.now + lease_for
    statement = insert(lease).values(
        [{"name": name, "owner": str(process), "until": until} for name in names]
    )
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": statement.excluded.owner, "until": statement.excluded.until},
        where=or_(lease.c.owner == str(process), lease.c.until < unit.now, lease.c.owner.not_in(living)),
    ).returning(lease.c.name)
    return [Origin(row.name) for row in unit.all(taken)]


def drop(unit: Unit, destinations: Iterable[Origin], process: int) -> None:
    unit.run(delete(lease).where(lease.c.name.in_(list(destinations)), lease.c.owner == str(process)))
