"""Conversations: threads of direct posts, one row for each member in them."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.errors import NotFound
from server.domain.conversations import Conversation
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member
from server.store import accounts, notifications, posts
from server.store import conversations as rows
from server.store.session import Unit


def arrived(unit: Unit, post: Post, mentioned: Iterable[int]) -> None:
    """A direct post: it becomes the newest of the thread for each member in it."""
    everyone = sorted({post.account_id, *mentioned})
    known = accounts.many(unit, everyone)
    members = [each for each in everyone if each in known and known[each].local]
    willing = set(notifications.willing(unit, members, post.account_id, None))
    for account_id in members:
        if account_id == post.account_id or account_id in willing:
            rows.put(
                unit,
                account_id,
                post.thread_id,
                post.id,
                unread=account_id != post.account_id,
                participants=[each for each in everyone if each != account_id],
            )


def page(unit: Unit, account_id: int, page: Page) -> list[tuple[Conversation, Post | None]]:
    """With the newest post of each; None where the member may not see it any more. Bounded by post ids."""
    found = rows.page(unit, account_id, page)
    seen = posts.visible(unit, Member(account_id), (each.last_post_id for each in found))
    return [(each, seen.get(each.last_post_id)) for each in found]


def get(unit: Unit, account_id: int, conversation_id: int) -> Conversation:
    """Raises NotFound."""
    found = rows.find(unit, account_id, conversation_id)
    if found is None:
        raise NotFound
    return found


def mark(
    unit: Unit, account_id: int, conversation_id: int, *, unread: bool
) -> tuple[Conversation, Post | None]:
    """As read, or to be read again. Raises NotFound."""
    found = get(unit, account_id, conversation_id)
    rows.mark(unit, found.id, unread=unread)
    seen = posts.visible(unit, Member(account_id), (found.last_post_id,))
    return get(unit, account_id, conversation_id), seen.get(found.last_post_id)


def remove(unit: Unit, account_id: int, conversation_id: int) -> None:
    """Takes it off the member's list; the posts stay. Raises NotFound."""
    rows.remove(unit, get(unit, account_id, conversation_id).id)
