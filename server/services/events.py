"""What happened here and has effects elsewhere: a row in the transaction of its cause."""

from __future__ import annotations

from server.domain.work import EventKind
from server.store import work
from server.store.session import Unit


def happened(unit: Unit, kind: EventKind, **payload: int | str) -> None:
    """payload: ids and closed words only, never text."""
    work.add_event(unit, kind, payload)
