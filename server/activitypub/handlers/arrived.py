"""What a handler is given, what it may ask for, and what it can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from federation.types import Iri, Origin
from federation.vocab.activities import Activity
from federation.vocab.base import Thing
from server.domain.accounts import Account
from server.services.boundary import Crossing
from server.store.session import Unit


class Applied(StrEnum):
    """What became of an activity. Every item ends with one of these, or with a refusal's reason."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    HELD = "held"
    DENIED = "denied"
    NOT_OURS = "not-ours"  # about something that this instance does not know
    UNAVAILABLE = "unavailable"  # what it is about could not be had
    STALE = "stale"  # older than what stands
    TOMBSTONED = "tombstoned"


class Kind(StrEnum):
    """What a handler needs to have fetched before it can go on."""

    ACTOR = "actor"
    OBJECT = "object"


class Wanted(Exception):
    """Something must be fetched from its own origin first."""

    def __init__(self, kind: Kind, iri: Iri) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.iri = iri


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified activity, with its sender's account.

    fetched: documents had from their own origin for this activity. missing: ids that could not be had.
    """

    activity: Activity
    actor: Account
    origin: Origin
    received_at: datetime
    fetched: Mapping[Iri, Thing] = field(default_factory=dict)
    missing: frozenset[Iri] = frozenset()


@dataclass(frozen=True, slots=True)
class Handler:
    """verify: refuses by raising FederationError, without rows. crossing: what policy is asked. receive: the effect."""

    verify: Callable[[Arrived], None]
    crossing: Callable[[Arrived], Crossing]
    receive: Callable[[Unit, Arrived], Applied]
