"""Actors and how they relate, as records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.types import Iri, Origin
from server.domain.verification import Checked


class AccountKind(StrEnum):
    """The ActivityPub actor types."""

    PERSON = "Person"
    GROUP = "Group"
    SERVICE = "Service"
    APPLICATION = "Application"
    ORGANIZATION = "Organization"


INSTANCE_ACTOR = "instance"
"""Reserved name of the local actor that signs on behalf of the whole instance."""


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a profile. value: sanitised HTML. source: as typed; empty for remote accounts.

    verified_at: when the page that it names was found to link back, as API answers write it; "" is never.
    """

    name: str
    value: str
    source: str = ""
    verified_at: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An actor, local (domain is empty) or remote."""

    id: int
    public_id: str | None
    username: str
    domain: str
    uri: Iri
    url: str
    kind: AccountKind
    inbox: Iri
    shared_inbox: Iri | None
    outbox: Iri | None
    followers_uri: Iri | None
    following_uri: Iri | None
    featured_uri: Iri | None
    display_name: str
    note: str
    note_source: str
    fields: tuple[Field, ...]
    avatar: str
    header: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hides_collections: bool
    moved_to_uri: Iri | None
    also_known_as: tuple[Iri, ...]
    followers_count: int
    following_count: int
    posts_count: int
    last_post_at: datetime | None
    created_at: datetime
    fetched_at: datetime | None
    suspended_at: datetime | None
    limited_at: datetime | None
    deleted_at: datetime | None
    version: int
    actor_updated_at: datetime | None
    default_visibility: str
    default_sensitive: bool
    default_language: str | None
    checked: Checked | None = None
    usual_wait: int | None = None

    @property
    def local(self) -> bool:
        return self.domain == ""

    @property
    def acct(self) -> str:
        """`name` here, `name@host` elsewhere."""
        return self.username if self.local else f"{self.username}@{self.domain}"

    @property
    def gone(self) -> bool:
        return self.deleted_at is not None or self.suspended_at is not None

    def origin(self, own: Origin) -> Origin:
        """The origin that speaks for this account. own: of this instance."""
        return own if self.local else Origin(self.domain)


@dataclass(frozen=True, slots=True)
class AccountKey:
    """A key of an actor. public: SubjectPublicKeyInfo DER. private_sealed: local accounts only."""

    id: int
    account_id: int
    key_id: Iri
    algorithm: str
    public: bytes
    private_sealed: bytes | None
    created_at: datetime
    fetched_at: datetime | None
    retired_at: datetime | None


class FollowState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Follow:
    """One account follows, or asks to follow, another."""

    id: int
    account_id: int
    target_id: int
    state: FollowState
    uri: Iri
    reblogs: bool
    notify: bool
    languages: tuple[str, ...] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Relationship:
    """Everything that one account has towards another, as the client API shows it."""

    target_id: int
    following: bool = False
    requested: bool = False
    showing_reblogs: bool = False
    notifying: bool = False
    languages: tuple[str, ...] | None = None
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: datetime | None = None
    note: str = ""
    domain_blocking: bool = False
    endorsed: bool = False
