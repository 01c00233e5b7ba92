"""What the boundary policy is asked and what it answers: the facts of one crossing, and a decision.

Every layer may import these records. They hold no rule: rules live in `server.policy`, facts are gathered by
`services.boundary` alone. There is no optional fact. Where something does not apply (a post without a group, an
activity without an author's credential) the neutral value is written out, so that no rule can fail for want of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from hashlib import sha256
from typing import Any

import msgspec


@unique
class Tier(IntEnum):
    """How far an instance is trusted; computed from its trust level and papers, never stored."""

    T0 = 0
    T1 = 1
    T2 = 2


@unique
class ContentClass(IntEnum):
    """The classes of content in rising order. Software raises a class and never lowers it."""

    NOTICE = 0
    DISCUSSION = 1
    CASE = 2
    RESTRICTED = 3

    @property
    def word(self) -> str:
        """The word on the wire and in the database."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> ContentClass:
        """The class of a word; ValueError for any other word."""
        for member in cls:
            if member.word == word:
                return member
        raise ValueError(f"unknown content class: {word!r}")


@unique
class Action(StrEnum):
    """What is about to happen at the boundary."""

    DELIVER = "deliver"
    """we send an activity to the peer"""
    FETCH = "fetch"
    """the peer reads one of our documents (out), or we read one of its (in)"""
    MEDIA = "media"
    """the peer reads a file of ours (out), or we read one of its (in)"""
    JOIN = "join"
    """someone asks to enter a group across the boundary"""
    ACCEPT = "accept"
    """an activity of the peer takes effect here"""
    SEARCH = "search"
    """a look-up by name or address across the boundary"""


@unique
class Direction(StrEnum):
    IN = "in"
    OUT = "out"


@unique
class Effect(StrEnum):
    ALLOW = "allow"
    HOLD = "hold"
    DENY = "deny"


@unique
class HostStanding(StrEnum):
    """What we hold of the host of a content's author, who need not live at the peer that sends it."""

    OWN = "own"
    ALLOWED = "allowed"
    INTRODUCED = "introduced"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


@unique
class GroupAccess(StrEnum):
    NONE = "none"
    """not in a group"""
    OPEN = "open"
    CLOSED = "closed"
    SECRET = "secret"  # noqa: S105  a kind of group

    @property
    def members_only(self) -> bool:
        return self in {GroupAccess.CLOSED, GroupAccess.SECRET}


@unique
class ContentForm(StrEnum):
    """What kind of thing crosses."""

    POST = "post"
    """a post outside any group, to the public or to followers"""
    GROUP = "group"
    """a post in a group"""
    DIRECT = "direct"
    """a post to named persons"""
    REACTION = "reaction"
    """a like, a boost, a vote"""
    RELATION = "relation"
    """a follow, its answer, a block, a move, a report"""
    ACTOR = "actor"
    """an actor's profile or one of its collections"""
    REMOVAL = "removal"
    """a deletion or an undoing"""


@unique
class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    DICOM = "dicom"


@unique
class AuthorRole(StrEnum):
    """The author's part in the group, or `none`; `group` and `instance` for those actors themselves."""

    NONE = "none"
    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    GROUP = "group"
    INSTANCE = "instance"


@unique
class PostsReach(StrEnum):
    """How far a post may reach without a group (the setting CONSILIUM_POSTS)."""

    GROUPS = "groups"
    FOLLOWERS = "followers"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """The other instance. origin: canonical. held: its items wait for review (people see "connected, held").

    owes: it was asked days ago to remove something of the group that is concerned, and has not said that it did.
    jurisdiction: upper-case country code, or "" where none is stated. agreement: one is in force today.
    """

    origin: str
    tier: Tier
    held: bool
    owes: bool
    jurisdiction: str
    agreement: bool
    labels: frozenset[str]
    author_host: HostStanding


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group that is concerned; id "" and access `none` where there is none."""

    id: str
    access: GroupAccess
    specialty: str


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """content_class is the effective one. language: BCP 47 or "und". checks: names of the gates passed."""

    form: ContentForm
    content_class: ContentClass
    kinds: frozenset[MediaKind]
    language: str
    checks: frozenset[str]


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    """level: 0 (nothing checked) upwards, the n of P0, P1, P2 … profession: "" where none is attested."""

    level: int
    profession: str
    role: AuthorRole
    pseudonymous: bool


NO_GROUP = GroupFacts(id="", access=GroupAccess.NONE, specialty="")
NO_CONTENT = ContentFacts(
    form=ContentForm.RELATION,
    content_class=ContentClass.NOTICE,
    kinds=frozenset(),
    language="und",
    checks=frozenset(),
)
NO_AUTHOR = AuthorFacts(level=0, profession="", role=AuthorRole.NONE, pseudonymous=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a rule may know about one crossing. Hashable: decisions are cached by it."""

    direction: Direction
    action: Action
    peer: PeerFacts
    group: GroupFacts
    content: ContentFacts
    author: AuthorFacts
    posts: PostsReach


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. rules: our own rule ids that made it, sorted; empty where nothing permitted it.

    alarm: "" or the reason why the engine could not be believed; such a decision is always a denial.
    """

    effect: Effect
    rules: tuple[str, ...]
    policy_version: str
    alarm: str = ""

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOW


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the log says of a decision but when it was made, and about what: few among very many.

    facts: as plain values. digest: SHA-256 of the rest as JSON with sorted names.
    """

    direction: str
    action: str
    peer: str
    effect: str
    rules: tuple[str, ...]
    policy_version: str
    facts: dict[str, Any]
    digest: str

    @classmethod
    def of(cls, facts: Facts, made: Decision, recorded: dict[str, Any]) -> Ruling:
        """recorded: the facts as plain values."""
        said: dict[str, Any] = {
            "direction": facts.direction.value,
            "action": facts.action.value,
            "peer": facts.peer.origin,
            "effect": made.effect.value,
            "rules": made.rules,
            "policy_version": made.policy_version,
            "facts": recorded,
        }
        return cls(**said, digest=sha256(msgspec.json.encode(said, order="deterministic")).hexdigest())


def effective_class(
    declared: ContentClass, form: ContentForm, access: GroupAccess, kinds: frozenset[MediaKind]
) -> ContentClass:
    """The class a content has in fact: an image (or any file) among members or in a direct message is a case."""
    confined = form is ContentForm.DIRECT or access.members_only
    if kinds and confined:
        return max(declared, ContentClass.CASE)
    return declared
