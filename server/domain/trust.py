"""How far another instance is trusted, in the words of the design."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from federation.types import Iri, Origin


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
class ProbeLine:
    """One thing that a probe asked. words: a constant in kebab-case, never remote text."""

    check: str
    passed: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """What makes a connected instance a partner beside its trust: papers, a pinned key and a fresh probe."""

    domain: Origin
    key: str
    pinned_at: datetime
    card: bytes
    controller: str
    jurisdiction: str
    labels: tuple[str, ...]
    versions: tuple[str, ...]
    classes: tuple[str, ...]
    agreement: str
    agreement_until: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str
    probed_at: datetime | None
    probe_failing_since: datetime | None
    probe: tuple[ProbeLine, ...]
    next_probe_at: datetime | None
    mismatch_at: datetime | None
    created_at: datetime
    reminded_days: int | None = None
    """How many days before the end administrators were last told of it; 0: it has ended, and that had its effect."""

    def in_agreement(self, now: datetime) -> bool:
        return bool(self.agreement) and (self.agreement_until is None or now < self.agreement_until)

    def candidate(self, now: datetime) -> bool:
        """Everything but the probe: may exchange the probe group and nothing else of members."""
        return (
            PROFILE in self.versions
            and self.confirmed_at is not None
            and self.mismatch_at is None
            and self.in_agreement(now)
        )

    def partner(self, now: datetime) -> bool:
        """A candidate whose probe passed, and has not been failing for a day."""
        fresh = self.probed_at is not None and (
            self.probe_failing_since is None or now - self.probe_failing_since < PROBE_PATIENCE
        )
        return fresh and self.candidate(now)


PROFILE = "members-only/1"
PROBE_PATIENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ProbeRound:
    """The last canary that we sent to a partner. activity_uri: its Create; withdrawal_uri: its Delete."""

    domain: Origin
    activity_uri: Iri
    object_uri: Iri
    sent_at: datetime
    answered_at: datetime | None
    withdrawn_at: datetime | None
    receipted_at: datetime | None

    @property
    def withdrawal_uri(self) -> Iri:
        return Iri(f"{self.activity_uri}-end")


@dataclass(frozen=True, slots=True)
class Papers:
    """What an instance states about itself in its card. classes: content classes that it offers to take."""

    controller: str = ""
    jurisdiction: str = ""
    officer: str = ""
    contact: str = ""
    classes: tuple[str, ...] = ("notice", "discussion", "case")


@dataclass(frozen=True, slots=True)
class Card:
    """An instance's signed card, its own signature verified.

    actor: id of its instance actor. key: its Ed25519 Multikey. retired: keys it used before and still lists.
    signed_by: of these keys, those that signed this card too. raw: verbatim.
    """

    domain: Origin
    actor: Iri
    key: str
    fingerprint: str
    retired: tuple[str, ...]
    versions: tuple[str, ...]
    papers: Papers
    issued: datetime
    signed_by: frozenset[str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Knock:
    """An unknown origin that tried to reach us on one day."""

    domain: Origin
    day: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Stranger:
    """An origin that knocked on some days and about which nobody has decided. count: of all its requests."""

    domain: Origin
    count: int
    first_at: datetime
    last_at: datetime
