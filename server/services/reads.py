"""Who here was given a post of a members-only group to read, and when: numbers for its author, names for the auditor.

Asking for the names is written to the audit log, in the same unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from server.domain.reads import PastReads, Read, Reader
from server.services import audit
from server.store import reads as rows
from server.store.session import Unit

KEPT = timedelta(days=365)


def record(unit: Unit, reads: Iterable[Read]) -> None:
    """reads: of posts whose reads are recorded, each by somebody other than its author."""
    rows.add(unit, reads)


def of_object(unit: Unit, actor: str, object_uri: str) -> list[Reader]:
    """With names, for the auditor, oldest first. The question itself is recorded, also where nothing is found."""
    found = rows.of_object(unit, object_uri)
    people = len({one.account_id for one in found})
    audit.record(unit, actor, "audit.access", object_uri, readers=people)
    return found


def readers(unit: Unit, object_uri: str) -> int:
    """How many people here, without their names."""
    return rows.readers(unit, object_uri)


def past(unit: Unit) -> PastReads:
    """What is older than 12 months."""
    return rows.past(unit, _first_day(unit))


def forget_old(unit: Unit) -> int:
    """Drops what is older than 12 months; not what is under an open incident or a lawful hold. Answers how many rows."""
    return rows.forget(unit, _first_day(unit))


def _first_day(unit: Unit) -> str:
    return (unit.now - KEPT).date().isoformat()
