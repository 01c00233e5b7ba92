"""Work that waits for a person, as it is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WorkKind(StrEnum):
    INBOX = "inbox"
    EVENT = "event"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Parked:
    """One piece of work that went no further. instance: empty for our own events. subject: an id, never a text."""

    kind: WorkKind
    id: int
    state: str
    instance: str
    subject: str
    reason: str
    attempts: int
    since: datetime
