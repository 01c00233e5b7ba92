"""Visible posts with all that showing them to one reader needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.domain.posts import Post
from server.domain.viewers import Member, Viewer
from server.services import polls, timelines
from server.services.posts import visible
from server.services.posts.visible import Parts
from server.web.kit.unit import Unit


class Flags(Protocol):
    """What a reader did with a post."""

    @property
    def favourited(self) -> bool: ...
    @property
    def boosted(self) -> bool: ...
    @property
    def bookmarked(self) -> bool: ...
    @property
    def pinned(self) -> bool: ...
    @property
    def muted(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """flags: what the reader did, by post id. votes: the reader's choices, by poll id."""

    posts: Sequence[Post]
    parts: Parts
    flags: Mapping[int, Flags]
    votes: Mapping[int, tuple[int, ...]]

    @property
    def only(self) -> Post:
        """The post, where it is one."""
        return self.posts[0]


def see(unit: Unit, viewer: Viewer, posts: Sequence[Post]) -> Sight:
    """posts: already authorised for this viewer."""
    parts = visible.load_parts(unit, posts)
    flags = timelines.flags(unit, viewer, [post.boost_of_id or post.id for post in posts])
    votes: Mapping[int, tuple[int, ...]] = {}
    if parts.polls and isinstance(viewer, Member):
        votes = polls.own_votes(unit, viewer.account_id, [poll.id for poll in parts.polls.values()])
    return Sight(posts, parts, flags, votes)


def see_one(unit: Unit, viewer: Viewer, post: Post) -> Sight:
    return see(unit, viewer, [post])


def find(unit: Unit, viewer: Viewer, post_id: int) -> Sight:
    """Raises NotFound for what the viewer may not see."""
    return see(unit, viewer, [visible.visible_post(unit, viewer, post_id)])
