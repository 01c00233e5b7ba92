"""Rows of one account, as plain values for its owner to take along.

What is said in members-only groups, and answers to it, is the groups' and stays. Which groups somebody is in stays too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, Table, and_, select

from server.domain.accounts import AccountKind
from server.domain.posts import Visibility
from server.store.session import Unit
from server.store.tables.accounts import account, block, domain_block, follow, list_, list_account, mute
from server.store.tables.posts import bookmark, post


def _outside_groups() -> ColumnElement[bool]:
    """Neither in a group, nor a word aside in a thread of one."""
    inside = post.alias("inside")
    threads = select(inside.c.thread_id).where(inside.c.group_id.is_not(None))
    return and_(post.c.group_id.is_(None), post.c.thread_id.not_in(threads))


def posts(unit: Unit, account_id: int) -> list[dict[str, Any]]:
    """Oldest first, boosts left out."""
    statement = (
        select(
            post.c.uri, post.c.visibility, post.c.summary, post.c.content, post.c.source, post.c.published_at
        )
        .where(post.c.account_id == account_id, post.c.boost_of_id.is_(None), _outside_groups())
        .order_by(post.c.id)
    )
    return [
        {**row._asdict(), "published_at": row.published_at.isoformat() if row.published_at else None}
        for row in unit.all(statement)
    ]


def following(unit: Unit, account_id: int) -> list[str]:
    return [str(row.uri) for row in follows(unit, account_id)]


def followers(unit: Unit, account_id: int) -> list[str]:
    """Their addresses."""
    condition = (follow.c.target_id == account_id) & (follow.c.state == "accepted")
    return [str(row.uri) for row in _others(unit, follow, follow.c.account_id, condition)]


def follows(unit: Unit, account_id: int) -> Sequence[Row[Any]]:
    """With how each is followed."""
    condition = (follow.c.account_id == account_id) & (follow.c.state == "accepted")
    return _others(unit, follow, follow.c.target_id, condition)


def blocks(unit: Unit, account_id: int) -> Sequence[Row[Any]]:
    return _others(unit, block, block.c.target_id, block.c.account_id == account_id)


def mutes(unit: Unit, account_id: int) -> Sequence[Row[Any]]:
    """Those without an end, with whether notifications are muted too."""
    condition = (mute.c.account_id == account_id) & mute.c.expires_at.is_(None)
    return _others(unit, mute, mute.c.target_id, condition)


def lists(unit: Unit, account_id: int) -> Sequence[Row[Any]]:
    """A row for each account on each list."""
    statement = (
        select(account.c.username, account.c.domain, list_.c.title)
        .select_from(list_)
        .join(list_account, list_account.c.list_id == list_.c.id)
        .join(account, account.c.id == list_account.c.account_id)
        .where(list_.c.account_id == account_id, account.c.kind != AccountKind.GROUP.value)
        .order_by(list_.c.id, list_account.c.id)
    )
    return unit.all(statement)


def domain_blocks(unit: Unit, account_id: int) -> list[str]:
    statement = (
        select(domain_block.c.domain)
        .where(domain_block.c.account_id == account_id)
        .order_by(domain_block.c.domain)
    )
    return [row.domain for row in unit.all(statement)]


def bookmarks(unit: Unit, account_id: int) -> list[str]:
    """Addresses of posts; of messages none."""
    statement = (
        select(post.c.uri)
        .join(bookmark, bookmark.c.post_id == post.c.id)
        .where(
            bookmark.c.account_id == account_id,
            post.c.visibility != Visibility.DIRECT.value,
            _outside_groups(),
        )
        .order_by(bookmark.c.id.desc())
    )
    return [row.uri for row in unit.all(statement)]


def _others(
    unit: Unit, table: Table, other: Column[Any], condition: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    """The rows of a table with whom they are about; groups left out."""
    statement: Select[Any] = (
        select(account.c.uri, account.c.username, account.c.domain, table)
        .select_from(table)
        .join(account, account.c.id == other)
        .where(condition, account.c.kind != AccountKind.GROUP.value, account.c.deleted_at.is_(None))
        .order_by(table.c.id)
    )
    return unit.all(statement)
