"""Lists of institutions that a society publishes: suggestions of whom to connect, signed by several and chained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from federation.types import Origin


@dataclass(frozen=True, slots=True)
class Listed:
    """One institution of a list. fingerprint: of the key of its instance, "" where the list does not say."""

    domain: Origin
    controller: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FederationList:
    """A version of a list, as it was read. signed_by: the keys whose valid proofs it carries.

    digest: of its canonical form without proofs; previous: that of the version before, "" for the first. raw: verbatim.
    """

    url: str
    name: str
    version: int
    previous: str
    issued: datetime
    expires: datetime
    signers: tuple[str, ...]
    threshold: int
    entries: tuple[Listed, ...]
    digest: str
    signed_by: frozenset[str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Followed:
    """A list that is followed here. applied: whom a person connected because of it; declined: what one did not want of it.

    fetched_at, came: the last look at its address, and what came of it; None for both before the first, and None for what cannot be read.
    """

    url: str
    name: str
    version: int
    digest: str
    signers: tuple[str, ...]
    threshold: int
    signed_by: tuple[str, ...]
    entries: tuple[Listed, ...]
    expires: datetime
    applied: tuple[Origin, ...]
    declined: tuple[tuple[Origin, Effect], ...]
    reminded_days: int | None
    forked_at: datetime | None
    next_fetch_at: datetime
    fetched_at: datetime | None
    came: Received | None

    @property
    def key(self) -> str:
        """The list in an address of ours."""
        return sha256(self.url.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Version:
    """One version that was believed."""

    version: int
    received_at: datetime


class Received(StrEnum):
    """What came of a version that was offered."""

    NEW = "new"
    SAME = "same"
    ROLLBACK = "rollback"  # older than what is known
    FORK = "fork"  # its signers have signed two histories
    GAP = "gap"  # versions between are missing
    UNSIGNED = "unsigned"  # not by enough of the signers that are known
    EXPIRED = "expired"


class Effect(StrEnum):
    """What a list suggests about one institution. Never more than a connection."""

    CONNECT = "connect"
    PAUSE = "pause"  # it was connected because of the list, which names it no more
    OTHER_KEY = "other-key"  # a person has to look: the list names another key than the pinned one
    STOPPED = "stopped"  # paused or ended here: left alone
    DECLINED = "declined"  # a person here did not want it
    SAME = "same"


CHANGES = frozenset({Effect.CONNECT, Effect.PAUSE})
"""What waits for a person to confirm or decline it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    domain: Origin
    controller: str
    effect: Effect
