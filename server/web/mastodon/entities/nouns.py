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


class NotificationGroup(Entity, omit_defaults=True):
    """status_id: absent where the group is about no status."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: str
    page_min_id: str
    page_max_id: str
    latest_page_notification_at: str
    sample_account_ids: list[str]
    status_id: str | None = None


class GroupedNotifications(Entity):
    accounts: list[Account]
    statuses: list[Status]
    notification_groups: list[NotificationGroup]


Treatment = Literal["accept", "filter", "drop"]


class NotificationSummary(Entity):
    pending_requests_count: int
    pending_notifications_count: int


class NotificationPolicy(Entity):
    for_not_following: Treatment
    for_not_followers: Treatment
    for_new_accounts: Treatment
    for_private_mentions: Treatment
    for_limited_accounts: Treatment
    summary: NotificationSummary


class NotificationRequest(Entity):
    """notifications_count: a number as text."""

    id: str
    created_at: str
    updated_at: str
    notifications_count: str
    account: Account
    last_status: Status | None


class Merged(Entity):
    merged: bool


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


class PushSubscription(Entity):
    id: int
    endpoint: str
    standard: bool
    alerts: dict[str, bool]
    server_key: str
    policy: str


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
