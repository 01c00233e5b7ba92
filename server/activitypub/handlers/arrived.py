"""What a handler is given, what it may ask for, and what it can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from federation.types import Iri, JsonObject, Origin
from federation.vocab.activities import Activity
from federation.vocab.base import Thing
from server.activitypub.handlers.concerned import Concerned
from server.domain.accounts import Account
from server.domain.boundary import Action
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
    REFUSED = "identifiers"  # a message that holds what identifies a patient


class Kind(StrEnum):
    """What a handler needs to have fetched before it can go on."""

    ACTOR = "actor"
    OBJECT = "object"
    GROUP = "group"  # its document, as a partner gets it; stored before the handler is asked again


class Absent(StrEnum):
    """Why a document could not be had."""

    GONE = "gone"  # its origin says that it is not there
    WITHHELD = "withheld"  # not asked for, refused, or not what it should be: that proves nothing


class Wanted(Exception):
    """Something must be fetched from its own origin first."""

    def __init__(self, kind: Kind, iri: Iri) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.iri = iri


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified activity, with its sender's account.

    fetched: documents had from their own origin for this activity. missing: ids that could not be had, and why.
    raw, document: the bytes as they came, and parsed, for proofs and for what signed documents say beyond the vocabulary.
    profiled: signed as members-only traffic must be. stream: the signed header Consilium-Stream. concerned: the
    members-only group that it is about.
    """

    activity: Activity
    actor: Account
    origin: Origin
    received_at: datetime
    fetched: Mapping[Iri, Thing] = field(default_factory=dict)
    missing: Mapping[Iri, Absent] = field(default_factory=dict)
    raw: bytes = field(default=b"", repr=False)
    document: JsonObject = field(default_factory=dict, repr=False)
    profiled: bool = False
    stream: str | None = None
    concerned: Concerned | None = None

    @property
    def group(self) -> Concerned:
        """For handlers of groups, which are asked for nothing else."""
        assert self.concerned is not None
        return self.concerned


def current(arrived: Arrived, iri: Iri, kind: Kind = Kind.OBJECT) -> Thing | None:
    """What its origin has at this moment, also where it is known; None where it could not be had: `missing` says why."""
    if iri in arrived.missing:
        return None
    if iri not in arrived.fetched:
        raise Wanted(kind, iri)
    return arrived.fetched[iri]


@dataclass(frozen=True, slots=True)
class Handler:
    """verify: refuses by raising FederationError, without rows. crossing, action: what policy is asked. receive: the effect.

    refused: what is answered where policy says no; nothing where it is None. author_origin: whose content it is, where
    that need not be the sender's.
    """

    verify: Callable[[Arrived], None]
    crossing: Callable[[Unit, Arrived], Crossing]
    receive: Callable[[Unit, Arrived], Applied]
    action: Action = Action.ACCEPT
    refused: Callable[[Unit, Arrived], None] | None = None
    author_origin: Callable[[Arrived], Origin | None] | None = None
