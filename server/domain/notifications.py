"""What a person is told about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Notification:
    """from_id: who caused it. post_id: the post it is about; None for follows."""

    id: int
    account_id: int
    kind: NotificationKind
    from_id: int
    post_id: int | None
    created_at: datetime
