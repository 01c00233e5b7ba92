"""Which instance may have what, purges and their receipts, incidents: records and closed words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Iri, Origin


class Via(StrEnum):
    """How an instance came to have something."""

    PUSH = "push"
    FETCH = "fetch"
    HISTORY = "history"
    MEDIA = "media"
    INVENTORY = "inventory"  # after a restore: it said itself that it holds it


class PurgeReason(StrEnum):
    """The only causes of a purge. A pause is none of them."""

    DELETED = "deleted"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    DISSOLVED = "dissolved"
    INCIDENT = "incident"
    ENDED = "ended"
    LAST_MEMBER = "last-member"


class PurgeState(StrEnum):
    """WAITING moves forward once. OVERDUE: reachable and silent for a day. UNREACHABLE: not reachable."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    UNREACHABLE = "unreachable"
    DONE = "done"


class ReceiptStatus(StrEnum):
    """What a receipt says; GONE does not tell whether it was ever held."""

    NONE = ""
    GONE = "gone"
    HIDDEN_HELD = "hidden-held"


class IncidentState(StrEnum):
    OPEN = "open"
    RESTORED = "restored"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """since: the host may have it from then on, whether or not it took it."""

    id: int
    object_uri: Iri
    host: Origin
    group_id: int | None
    post_id: int | None
    author_id: int | None
    digest: str
    via: Via
    rule: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Purge:
    id: int
    request: str
    nonce: str
    reason: PurgeReason
    object_uri: Iri
    group_id: int | None
    post_id: int | None
    host: Origin
    digest: str
    state: PurgeState
    asked_by: str
    asked_at: datetime
    status: ReceiptStatus
    receipt: bytes | None
    received_at: datetime | None
    backups_expire: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    id: int
    object_uri: Iri
    post_id: int | None
    group_id: int | None
    state: IncidentState
    reported_by: str
    opened_at: datetime
    decided_by: str
    decided_at: datetime | None
