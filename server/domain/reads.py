"""That somebody here was given a post of a members-only group to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from server.domain.posts import Post, Visibility


class Depth(IntEnum):
    """How far it went; a deeper one includes the others."""

    LISTED = 1
    OPENED = 2
    IMAGE = 3


@dataclass(frozen=True, slots=True)
class Read:
    """One reader, post and day. account_id: of the reader, a member here."""

    account_id: int
    post_id: int
    depth: Depth
    first_at: datetime
    last_at: datetime

    @property
    def day(self) -> str:
        """In UTC."""
        return self.first_at.date().isoformat()


@dataclass(frozen=True, slots=True)
class Reader:
    """What the auditor is told. username: empty where the account is gone."""

    account_id: int
    username: str
    read: Read


def is_recorded(post: Post) -> bool:
    """Whether its reads are recorded: it was said in a group and is not for everybody. A boost is what it boosts."""
    if post.group_id is None or post.boost_of_id is not None:
        return False
    return post.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}


@dataclass(frozen=True, slots=True)
class PastReads:
    """Records whose time is over. kept: those that stay all the same, for an open incident or a lawful hold."""

    count: int
    oldest: datetime | None
    kept: int
