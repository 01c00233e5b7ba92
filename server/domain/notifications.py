"""What a person is told about, and from whom they want to be."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum


class NotificationKind(StrEnum):
    """The words of Mastodon's API."""

    MENTION = "mention"
    STATUS = "status"
    REBLOG = "reblog"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    POLL = "poll"
    UPDATE = "update"


GROUPED = frozenset({NotificationKind.FOLLOW, NotificationKind.REBLOG, NotificationKind.FAVOURITE})
"""Kinds of which apps show many as one."""
TOGETHER = timedelta(hours=12)
"""Those of one half of a day (UTC) belong together."""


@dataclass(frozen=True, slots=True)
class Notification:
    """from_id: who caused it. post_id: the post it is about; None for follows."""

    id: int
    account_id: int
    kind: NotificationKind
    from_id: int
    post_id: int | None
    created_at: datetime

    def group_key(self, grouped: frozenset[NotificationKind] = GROUPED) -> str:
        """The same for those that are shown as one."""
        if self.kind not in grouped & GROUPED:
            return f"ungrouped-{self.id}"
        period = int(self.created_at.timestamp()) // int(TOGETHER.total_seconds())
        about = "" if self.post_id is None else f"{self.post_id}-"
        return f"{self.kind.value}-{about}{period}"


@dataclass(frozen=True, slots=True)
class NotificationGroup:
    """Notifications that are shown as one. items: those of a page, newest first. newest, count: of all of them."""

    key: str
    items: tuple[Notification, ...]
    newest_id: int
    count: int


class Treatment(StrEnum):
    """What becomes of notifications from some people. FILTER: they wait with a request. DROP: there are none."""

    ACCEPT = "accept"
    FILTER = "filter"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class NotificationPolicy:
    """How a member treats notifications, by who causes them. Everybody's are taken where nothing was said."""

    not_following: Treatment = Treatment.ACCEPT
    not_followers: Treatment = Treatment.ACCEPT
    new_accounts: Treatment = Treatment.ACCEPT
    private_mentions: Treatment = Treatment.ACCEPT
    limited_accounts: Treatment = Treatment.ACCEPT


POLICY_FIELDS = tuple(each.name for each in fields(NotificationPolicy))


@dataclass(frozen=True, slots=True)
class NotificationRequest:
    """Notifications from one account that wait for the member. last_post_id: what the newest of them is about."""

    id: int
    account_id: int
    from_id: int
    created_at: datetime
    updated_at: datetime
    count: int
    last_post_id: int | None
