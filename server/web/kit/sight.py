"""Visible posts with all that showing them to one reader needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server.domain.filters import FilterMatch
from server.domain.posts import Post
from server.domain.viewers import Member, Viewer
from server.services import filters, polls, timelines
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
    """flags: what the reader did, by post id. votes: the reader's choices, by poll id.

    filtered: which of the reader's filters a post meets, by post id.
    """

    posts: Sequence[Post]
    parts: Parts
    flags: Mapping[int, Flags]
    votes: Mapping[int, tuple[int, ...]]
    filtered: Mapping[int, tuple[FilterMatch, ...]] = field(default_factory=dict)

    @property
    def only(self) -> Post:
        """The post, where it is one."""
        return self.posts[0]


def see(unit: Unit, viewer: Viewer, posts: Sequence[Post]) -> Sight:
    """posts: already authorised for this viewer."""
    parts = visible.load_parts(unit, posts)
    flags = timelines.flags(unit, viewer, [post.boost_of_id or post.id for post in posts])
    votes: Mapping[int, tuple[int, ...]] = {}
    filtered: Mapping[int, tuple[FilterMatch, ...]] = {}
    if posts and isinstance(viewer, Member):
        if parts.polls:
            votes = polls.own_votes(unit, viewer.account_id, [poll.id for poll in parts.polls.values()])
        filtered = filters.met(filters.active(unit, viewer.account_id), viewer.account_id, posts, parts)
    return Sight(posts, parts, flags, votes, filtered)


def see_one(unit: Unit, viewer: Viewer, post: Post) -> Sight:
    return see(unit, viewer, [post])


def find(unit: Unit, viewer: Viewer, post_id: int) -> Sight:
    """Raises NotFound for what the viewer may not see."""
    return see(unit, viewer, [visible.visible_post(unit, viewer, post_id)])
