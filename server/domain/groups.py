"""Groups and memberships, as records, and the closed sets of words that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from federation.types import Iri, Origin
from server.domain.boundary import ContentClass, GroupAccess


class Admission(StrEnum):
    """What becomes of a request that fits the group's conditions."""

    AUTOMATIC = "automatic"
    MODERATED = "moderated"


class Roster(StrEnum):
    """Who may see the names of members. How many of each institution is seen by every member."""

    MEMBERS = "members"
    MODERATORS = "moderators"


class History(StrEnum):
    """What an instance gets of the time before its first member joined."""

    FULL = "full"
    JOIN = "join"


class MembershipState(StrEnum):
    """One account's standing in one group. Only ACTIVE reads and writes."""

    INVITED = "invited"
    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"  # a credential lapsed, an instance fell silent: comes back by itself
    REJECTED = "rejected"
    LEFT = "left"
    REMOVED = "removed"
    BANNED = "banned"

    @property
    def on_roster(self) -> bool:
        """Whether the digest of the roster covers it."""
        return self in {MembershipState.ACTIVE, MembershipState.SUSPENDED}


class MembershipRole(StrEnum):
    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"

    @property
    def moderates(self) -> bool:
        return self is not MembershipRole.MEMBER


class Reason(StrEnum):
    """Why something was refused, held or ended: closed words on the wire, sentences for people elsewhere."""

    NONE = ""
    NOT_A_PARTNER = "not-a-partner"
    BARE_FOLLOW = "bare-follow"
    CREDENTIAL_MISSING = "credential-missing"
    CREDENTIAL_INVALID = "credential-invalid"
    CREDENTIAL_EXPIRED = "credential-expired"
    CREDENTIAL_REVOKED = "credential-revoked"
    LEVEL = "level"
    PROFESSION = "profession"
    RULES_CHANGED = "rules-changed"
    NOT_INVITED = "not-invited"
    DECLINED = "declined"
    BANNED = "banned"
    SUPERSEDED = "superseded"
    NOT_A_MEMBER = "not-a-member"
    AUDIENCE = "audience"
    CONTENT_CLASS = "content-class"
    IDENTIFIERS = "identifiers"
    MEDIA = "media"
    PARENT_UNKNOWN = "parent-unknown"
    THREAD_LOCKED = "thread-locked"
    MENTION_OUTSIDE = "mention-outside"
    POLICY = "policy"
    MODERATOR = "moderator"
    ISSUER_SILENT = "issuer-silent"
    DISSOLVED = "dissolved"
    MALFORMED = "malformed"
    RETENTION = "retention"
    INSTITUTION_NEW = "institution-new"  # admitted; members are told first that their institution joins


REFUSALS: Final = (
    Reason.DECLINED,
    Reason.PROFESSION,
    Reason.LEVEL,
    Reason.CREDENTIAL_INVALID,
    Reason.NOT_INVITED,
)
"""The reasons that a page offers to who declines a request."""


@dataclass(frozen=True, slots=True)
class Host:
    """An instance that has members in a group. key: the Ed25519 Multikey of its instance actor."""

    origin: Origin
    key: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What makes an account a group; its name, bio and keys are the account's. professions: empty admits every one.

    key: of a group elsewhere, its Ed25519 Multikey as its instance vouches for it.
    """

    account_id: int
    access: GroupAccess
    specialty: str
    languages: tuple[str, ...]
    rules: str
    rules_version: int
    minimum_level: int
    professions: tuple[str, ...]
    admission: Admission
    roster: Roster
    history: History
    retention_days: int | None
    listed: bool
    class_floor: ContentClass
    introduced: bool
    epoch: int
    roster_version: int
    hosts: tuple[Host, ...]
    document: bytes | None
    document_digest: str | None
    key: str
    posted_at: datetime | None
    fetched_at: datetime | None
    dissolved_at: datetime | None
    created_at: datetime

    @property
    def stamp(self) -> int:
        """Grows with each change of the roster, also after the group's instance was restored: a restore raises the epoch."""
        return stamp_of(self.epoch, self.roster_version)


def stamp_of(epoch: int, roster_version: int) -> int:
    return epoch << 32 | roster_version


@dataclass(frozen=True, slots=True)
class RosterSlice:
    """What the members of one instance come to. digest: hex; `EMPTY_ROSTER` for none."""

    group_id: int
    host: Origin
    stamp: int
    digest: str
    failing_since: datetime | None
    check_at: datetime | None


EMPTY_ROSTER = "0" * 64


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An institution that is about to have its first member in a group. until_at: when it is waited for no answer any more."""

    id: int
    group_id: int
    host: Origin
    offer_uri: Iri
    began_at: datetime
    until_at: datetime
    said_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """stamp: of the roster with the last change to it; see `Group.stamp`."""

    id: int
    group_id: int
    account_id: int
    state: MembershipState
    role: MembershipRole
    join_uri: Iri | None
    asked_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    left_at: datetime | None
    reason: Reason
    rules_version: int
    invited_by: int | None
    attestation_id: int | None
    stamp: int
    answered_at: datetime | None
    ask_again_at: datetime | None
    asked_times: int
    admitted_at: datetime | None
    """Of who is admitted, and waits until the members were told that their institution joins."""
    created_at: datetime
    domain: str
    """Where the account lives; "" is here."""

    @property
    def active(self) -> bool:
        return self.state is MembershipState.ACTIVE


@dataclass(frozen=True, slots=True)
class GroupActivity:
    """One thing that a group of this instance distributed. inner: the verbatim activity until its Announce is made."""

    id: int
    group_id: int
    uri: Iri
    kind: str
    object_uri: Iri
    post_id: int | None
    author_id: int
    content_class: ContentClass
    digest: str
    inner: bytes | None
    activity_id: int | None
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far the stream of a group elsewhere was read. behind: a gap is known, a pull is due. missed: the first that was refused."""

    group_id: int
    epoch: int
    n: int
    missed: int | None
    behind: bool
    pull_at: datetime | None
    failures: int
    hidden_at: datetime | None
