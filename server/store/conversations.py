"""Rows of conversations: one for each local account in a thread of direct posts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update

from server.domain.changes import ChangeKind
from server.domain.conversations import Conversation
from server.domain.pages import Page
from server.domain.posts import Visibility
from server.store import paging
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.posts import conversation, mention, post


def record(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        account_id=row.account_id,
        thread_id=row.thread_id,
        last_post_id=row.last_post_id,
        unread=row.unread,
        participants=tuple(row.participants),
    )


def put(
    unit: Unit, account_id: int, thread_id: int, post_id: int, *, unread: bool, participants: Sequence[int]
) -> None:
    """The newest post of a thread, for one of those in it."""
    values = {"last_post_id": post_id, "unread": unread, "participants": list(participants)}
    touched = unit.run(
        update(conversation)
        .where(conversation.c.account_id == account_id, conversation.c.thread_id == thread_id)
        .values(**values)
    )
    if not touched:
        upsert(
            unit,
            conversation,
            {"id": unit.new_id(), "account_id": account_id, "thread_id": thread_id, **values},
            ["account_id", "thread_id"],
        )
    unit.changed(ChangeKind.CONVERSATION, f"{account_id} {post_id}")


def find(unit: Unit, account_id: int, conversation_id: int) -> Conversation | None:
    row = unit.first(
        select(conversation).where(
            conversation.c.id == conversation_id, conversation.c.account_id == account_id
        )
    )
    return record(row) if row else None


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    statement = select(conversation).where(conversation.c.account_id == bindparam("account_id"))
    return paging.paged(statement, conversation.c.last_post_id, bounds)


def page(unit: Unit, account_id: int, page: Page) -> list[Conversation]:
    """By their newest post: pages are bounded by post ids."""
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [record(row) for row in paging.in_order(page, rows)]


def mark(unit: Unit, conversation_id: int, *, unread: bool) -> None:
    unit.run(update(conversation).where(conversation.c.id == conversation_id).values(unread=unread))


def remove(unit: Unit, conversation_id: int) -> None:
    unit.run(delete(conversation).where(conversation.c.id == conversation_id))


def merge_thread(unit: Unit, old: int, new: int) -> None:
    """A thread became part of another: so do its conversations; the newer of two rows stays."""
    for row in unit.all(select(conversation).where(conversation.c.thread_id == old)):
        other = unit.first(
            select(conversation).where(
                conversation.c.account_id == row.account_id, conversation.c.thread_id == new
            )
        )
        if other is None:
            unit.run(update(conversation).where(conversation.c.id == row.id).values(thread_id=new))
            continue
        values = {"unread": row.unread or other.unread}
        if row.last_post_id > other.last_post_id:
            values |= {"last_post_id": row.last_post_id, "participants": row.participants}
        unit.run(delete(conversation).where(conversation.c.id == row.id))
        unit.run(update(conversation).where(conversation.c.id == other.id).values(**values))


def forget_post(unit: Unit, post_id: int) -> None:
    """A post is about to go: conversations that end with it end with the one before, or are gone."""
    for row in unit.all(select(conversation).where(conversation.c.last_post_id == post_id)):
        named = (
            select(mention.c.post_id)
            .where(mention.c.post_id == post.c.id, mention.c.account_id == row.account_id)
            .exists()
        )
        before = unit.value(
            select(func.max(post.c.id)).where(
                post.c.thread_id == row.thread_id,
                post.c.visibility == Visibility.DIRECT.value,
                post.c.id != post_id,
                (post.c.account_id == row.account_id) | named,
            )
        )
        if before is None:
            remove(unit, row.id)
        else:
            unit.run(update(conversation).where(conversation.c.id == row.id).values(last_post_id=before))
