"""Work that waits for a person, for those who look after an instance."""

from __future__ import annotations

from federation.types import Origin
from server.domain.parked import Parked
from server.services import audit
from server.store import parked as rows
from server.store.session import Unit


def listed(unit: Unit, limit: int = 100) -> list[Parked]:
    """Newest first, `limit` of each kind."""
    return rows.listed(unit, limit)


def counts_of(unit: Unit, domain: Origin) -> dict[str, int]:
    """What is not done, to and from one instance, by kind and state."""
    return rows.counts_of(unit, domain)


def plan_again(unit: Unit, by: str) -> int:
    """Makes due the effects of what happened here that were given up. Answers how many.

    They belong to no instance: to whom they go is computed anew, as things stand then.
    """
    events = rows.plan_again(unit)
    audit.record(unit, by, "event.retry", "", events=events)
    return events
