"""Timelines. Home is written when a post arrives, in one statement; every timeline is read through the predicate."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.accounts import Account, AccountKind
from server.domain.conversations import Conversation
from server.domain.outlines import Outline
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member, Viewer
from server.services import conversations as threads
from server.services import lists as member_lists
from server.store import feeds, interactions, lists, outlines, tag_follows
from server.store import timelines as rows
from server.store.feeds import Choice, Scope, Tags
from server.store.session import Unit

__all__ = [
    "BACKFILL",
    "HOME_KEPT",
    "Tags",
    "account_posts",
    "arrived",
    "bookmarks",
    "conversations",
    "favourites",
    "flags",
    "followed",
    "home",
    "home_outline",
    "list_",
    "public",
    "tag",
    "to_author",
    "trim_home",
    "unfollowed",
    "withdrawn",
]

BACKFILL = 20
"""Posts of an account that come into the home of one who now follows it."""
HOME_KEPT = 4000
"""Entries of a home timeline that upkeep leaves."""


# -- writing home ----------------------------------------------------------------------------------------


def arrived(unit: Unit, post: Post, *, author_is_local: bool) -> int:
    """Into the home timelines of the author's local followers who are to read it, and the author's own."""
    readers = rows.fan_out(unit, post) + tag_follows.fan_out(unit, post)
    if author_is_local:
        rows.put(unit, post.account_id, post.id)
        readers += 1
    return readers


def to_author(unit: Unit, post: Post) -> None:
    """Into the author's own home alone."""
    rows.put(unit, post.account_id, post.id)


def withdrawn(unit: Unit, post_id: int) -> None:
    rows.withdraw_post(unit, post_id)


def followed(unit: Unit, account_id: int, target_id: int, *, reblogs: bool = True) -> None:
    """The newest posts of an account that a member now follows."""
    rows.backfill(unit, account_id, target_id, BACKFILL, reblogs=reblogs)


def unfollowed(unit: Unit, account_id: int, target_id: int) -> None:
    rows.withdraw_author(unit, account_id, target_id)
    lists.remove_from_all(unit, account_id, target_id)


def trim_home(unit: Unit, account_id: int) -> int:
    """Drops what is older than HOME_KEPT entries; answers how many."""
    return rows.trim(unit, account_id, HOME_KEPT)


# -- reading ---------------------------------------------------------------------------------------------


def home(unit: Unit, viewer: Member, page: Page) -> list[Post]:
    return feeds.home(unit, viewer, page)


def home_outline(unit: Unit, viewer: Member, page: Page) -> list[Outline]:
    """The same posts by ids, versions and flags, for a caller that keeps their words encoded."""
    return outlines.home(unit, viewer, page)


def public(
    unit: Unit,
    viewer: Viewer,
    page: Page,
    *,
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
) -> list[Post]:
    return feeds.public(unit, viewer, page, Scope(local, remote, only_media))


def tag(
    unit: Unit,
    viewer: Viewer,
    page: Page,
    tags: Tags,
    *,
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
) -> list[Post]:
    """tags: folded by `server.text.mentions.normal_tag`."""
    if not tags.any:
        return []
    return feeds.of_tags(unit, viewer, tags, page, Scope(local, remote, only_media))


def list_(unit: Unit, viewer: Member, page: Page, list_id: int) -> list[Post]:
    """Raises NotFound for a list of somebody else."""
    found = member_lists.get(unit, viewer.account_id, list_id)
    if found.group_id is not None:
        return feeds.of_group(unit, viewer, found.group_id, page)
    return feeds.of_list(unit, viewer, found.id, found.replies_policy, page)


def group(unit: Unit, viewer: Member, group_id: int, page: Page) -> list[Post]:
    """What is said in a members-only group, answers included, newest first."""
    return feeds.of_group(unit, viewer, group_id, page)


def account_posts(
    unit: Unit,
    viewer: Viewer,
    account: Account,
    page: Page,
    *,
    pinned: bool = False,
    only_media: bool = False,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    tagged: str | None = None,
) -> list[Post]:
    """exclude_reblogs: not for a group, whose boosts are what is said in it."""
    if pinned:
        return feeds.pinned(unit, viewer, account.id, page)
    exclude_reblogs = exclude_reblogs and account.kind is not AccountKind.GROUP
    choice = Choice(only_media, exclude_replies, exclude_reblogs, tagged is not None)
    return feeds.of_account(unit, viewer, account.id, page, choice=choice, tag=tagged)


def favourites(unit: Unit, viewer: Member, page: Page) -> Sequence[tuple[int, Post]]:
    """With the id by which pages are bounded."""
    return feeds.favourites(unit, viewer, page)


def bookmarks(unit: Unit, viewer: Member, page: Page) -> Sequence[tuple[int, Post]]:
    """With the id by which pages are bounded."""
    return feeds.bookmarks(unit, viewer, page)


def conversations(unit: Unit, viewer: Member, page: Page) -> list[tuple[Conversation, Post | None]]:
    return threads.page(unit, viewer.account_id, page)


def flags(unit: Unit, viewer: Viewer, post_ids: Sequence[int]) -> dict[int, interactions.Flags]:
    """What the viewer did with the posts; those without any flag are not in the answer."""
    if not isinstance(viewer, Member):
        return {}
    return interactions.flags(unit, viewer.account_id, post_ids)
