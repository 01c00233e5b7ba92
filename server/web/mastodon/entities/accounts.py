"""Accounts and how they relate."""

from __future__ import annotations

import msgspec

from server.web.mastodon.entities.base import Emoji, Entity


class Field(Entity):
    """value: sanitised HTML."""

    name: str
    value: str
    verified_at: str | None = None


class AccountRole(Entity):
    id: str
    name: str
    color: str = ""


class Account(Entity):
    """acct: without a host when local. avatar, header: always valid absolute URLs.

    moved: the new account of somebody who has moved, where the account stands alone.
    """

    id: str
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    group: bool
    created_at: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    header: str
    header_static: str
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None
    hide_collections: bool
    noindex: bool
    emojis: list[Emoji]
    roles: list[AccountRole]
    fields: list[Field]
    suspended: bool = False
    limited: bool = False
    moved: Account | msgspec.UnsetType = msgspec.UNSET


class SourceField(Entity):
    name: str
    value: str
    verified_at: str | None = None


class Source(Entity):
    """What a composer starts from, and the profile as typed."""

    privacy: str
    sensitive: bool
    language: str
    note: str
    fields: list[SourceField]
    follow_requests_count: int
    hide_collections: bool
    discoverable: bool
    indexable: bool


class Role(Entity):
    """permissions: Mastodon's bit mask; always 0, since administration has pages of its own."""

    id: str
    name: str
    permissions: str
    color: str
    highlighted: bool


class CredentialAccount(Account, kw_only=True):
    """The caller's own account."""

    source: Source
    role: Role


class MutedAccount(Account, kw_only=True):
    mute_expires_at: str | None


class Relationship(Entity):
    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class Suggestion(Entity):
    source: str
    sources: list[str]
    account: Account


class FamiliarFollowers(Entity):
    id: str
    accounts: list[Account]


class Preferences(Entity):
    default_visibility: str = msgspec.field(name="posting:default:visibility")
    default_sensitive: bool = msgspec.field(name="posting:default:sensitive")
    default_language: str | None = msgspec.field(name="posting:default:language")
    expand_media: str = msgspec.field(name="reading:expand:media", default="default")
    expand_spoilers: bool = msgspec.field(name="reading:expand:spoilers", default=False)
    autoplay_gifs: bool = msgspec.field(name="reading:autoplay:gifs", default=False)
