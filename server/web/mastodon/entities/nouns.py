"""The smaller entities: notifications, lists, conversations, search, markers, reports, tags."""

from __future__ import annotations

from typing import Literal

from server.web.mastodon.entities.accounts import Account
from server.web.mastodon.entities.base import Entity
from server.web.mastodon.entities.statuses import Status


class Notification(Entity, omit_defaults=True):
    """status: absent where the notification is about no status."""

    id: str
    type: str
    created_at: str
    group_key: str
    account: Account
    status: Status | None = None


class UnreadCount(Entity):
    count: int


class UserList(Entity):
    id: str
    title: str
    replies_policy: Literal["followed", "list", "none"]
    exclusive: bool


class Conversation(Entity):
    id: str
    unread: bool
    accounts: list[Account]
    last_status: Status | None


class TagHistory(Entity):
    day: str
    uses: str
    accounts: str


class Tag(Entity):
    id: str
    name: str
    url: str
    history: list[TagHistory]
    following: bool
    featuring: bool = False


class FeaturedTag(Entity):
    """statuses_count, last_status_at: of posts that everybody may read."""

    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


class Search(Entity):
    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]


class Marker(Entity):
    last_read_id: str
    version: int
    updated_at: str


class Markers(Entity, omit_defaults=True):
    home: Marker | None = None
    notifications: Marker | None = None


class Report(Entity):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    status_ids: list[str]
    rule_ids: list[str]
    target_account: Account
