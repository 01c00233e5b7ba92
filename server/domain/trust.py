"""How far another instance is trusted, in the words of the design."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Origin


class Trust(StrEnum):
    """The stored level. `partner` is computed from more than this (agreement, pinned key, fresh probe)."""

    UNKNOWN = "unknown"
    LIMITED = "limited"
    ALLOWED = "allowed"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"

    @property
    def speaks(self) -> bool:
        """Whether ordinary activities may be exchanged at all."""
        return self in {Trust.LIMITED, Trust.ALLOWED}


@dataclass(frozen=True, slots=True)
class Instance:
    """One row of the trust table."""

    id: int
    domain: Origin
    trust: Trust
    reason: str
    public_comment: str
    reject_media: bool
    reject_reports: bool
    software: str | None
    verifies_rfc9421: bool
    created_at: datetime
    changed_at: datetime
    last_seen_at: datetime | None
    failing_since: datetime | None
    failures: int
    next_probe_at: datetime | None
    resume_trust: Trust | None = None
    """The level before a pause; None unless paused."""


@dataclass(frozen=True, slots=True)
class Knock:
    """An unknown origin that tried to reach us on one day."""

    domain: Origin
    day: str
    count: int
    first_at: datetime
    last_at: datetime
