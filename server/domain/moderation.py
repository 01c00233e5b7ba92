"""What the moderators of a group can do in it, as a closed set of words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Iri


class Verb(StrEnum):
    """Towards a post: REMOVE to UNLOCK, FEATURE, UNFEATURE. Towards a person: EXCLUDE to DEMOTE."""

    REMOVE = "remove"
    RESTORE = "restore"
    LOCK = "lock"
    UNLOCK = "unlock"
    FEATURE = "feature"
    UNFEATURE = "unfeature"
    EXCLUDE = "exclude"
    ADMIT = "admit"
    PROMOTE = "promote"
    DEMOTE = "demote"

    @property
    def of_person(self) -> bool:
        return self in {Verb.EXCLUDE, Verb.ADMIT, Verb.PROMOTE, Verb.DEMOTE}

    @property
    def opposite(self) -> Verb:
        return _OPPOSITES[self]


_PAIRS = (
    (Verb.REMOVE, Verb.RESTORE),
    (Verb.LOCK, Verb.UNLOCK),
    (Verb.FEATURE, Verb.UNFEATURE),
    (Verb.EXCLUDE, Verb.ADMIT),
    (Verb.PROMOTE, Verb.DEMOTE),
)
_OPPOSITES = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}


DONE = {
    "Delete": Verb.REMOVE,
    "Remove": Verb.REMOVE,
    "Lock": Verb.LOCK,
    "Block": Verb.EXCLUDE,
    "Add moderators": Verb.PROMOTE,
    "Remove moderators": Verb.DEMOTE,
    "Add featured": Verb.FEATURE,
    "Remove featured": Verb.UNFEATURE,
}
"""What other software calls it; of lists with their last name. What is undone is the opposite."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a member here did as a moderator of an open group elsewhere, until the group announces it. uri: of a post or a person."""

    verb: Verb
    uri: Iri
    account_id: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Lists:
    """Of a group elsewhere: who moderates it, and what it shows first; the latter may be empty."""

    moderators: Iri
    featured: Iri
