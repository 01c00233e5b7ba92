"""What caches and open sockets depend on. Each such change is a row, seen by every process within a second."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """EVERYTHING is what listeners hear when the feed could not be read: nothing cached may be believed."""

    TRUST = "trust"  # key: origin
    TOKEN = "token"  # noqa: S105  key: token id
    APP = "app"  # key: app id
    ACCOUNT = "account"  # key: account id
    USER = "user"  # key: user id
    KEY = "key"  # key: key id
    POLICY = "policy"
    LIVE = "live"  # evaluation mode was left
    FILTERS = "filters"  # key: account id of their owner
    MEMBERSHIP = "membership"  # key: account id of the group
    WORK = "work"  # left by a process that works nothing itself, such as a command
    # what only open streams wait for:
    POST = "post"  # key: post id; there is something new to read
    POST_EDITED = "post.edited"  # key: post id
    POST_GONE = "post.gone"  # key: `Gone`, as text; its row may be gone too
    NOTIFICATION = "notification"  # key: account id of who is told, notification id
    CONVERSATION = "conversation"  # key: account id of who is in it, id of its newest post
    EVERYTHING = "everything"


STREAMED = frozenset(
    {
        ChangeKind.POST,
        ChangeKind.POST_EDITED,
        ChangeKind.POST_GONE,
        ChangeKind.NOTIFICATION,
        ChangeKind.CONVERSATION,
    }
)
"""Nothing that is remembered depends on these."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. key: the id of what changed."""

    kind: ChangeKind
    key: str
