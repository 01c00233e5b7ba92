"""What a member's devices are told of, and when they stay silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from server.domain.notifications import NotificationKind

ALERTS = (
    "mention",
    "quote",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
)
"""The kinds that apps name; of some there are none here."""


class PushPolicy(StrEnum):
    """Whose doings a device is told of, in the words of Mastodon's API."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """One token has one. standard: encrypted as RFC 8291 says; else as its draft did. alerts: by kind."""

    token_id: int
    account_id: int
    endpoint: str
    standard: bool
    alerts: dict[str, bool]
    policy: PushPolicy

    @property
    def number(self) -> int:
        """What apps know it by: some read 32 bits only, and to a token there is never another."""
        return self.token_id & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to another, by the member's clock; over midnight where `start` is the later one."""

    start: time
    end: time
    zone: ZoneInfo

    def over_at(self, now: datetime) -> datetime | None:
        """When the quiet that is now ends; None where it is not quiet."""
        here = now.astimezone(self.zone)
        clock = here.time()
        if self.start <= self.end:
            quiet = self.start <= clock < self.end
        else:
            quiet = clock >= self.start or clock < self.end
        if not quiet:
            return None
        end = datetime.combine(here.date(), self.end, self.zone)
        return end if end > here else end + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    """A subscription as it is stored. sealed: endpoint, keys and token."""

    token_id: int
    account_id: int
    sealed: bytes
    standard: bool
    alerts: dict[str, bool]
    policy: PushPolicy
    failures: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueMessage:
    """What a device still has to be told, with what decides whether and when. language, timezone: its reader's."""

    at: KeptSubscription
    notification_id: int
    kind: NotificationKind
    from_id: int
    post_id: int | None
    created_at: datetime
    language: str | None
    timezone: str | None
    quiet_from: str | None
    quiet_until: str | None
