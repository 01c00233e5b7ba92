"""A page of home by ids, versions and the reader's flags, in one statement."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, exists, func, literal_column, select

from server.domain.outlines import Outline
from server.domain.pages import Page
from server.domain.viewers import Member
from server.store import feeds, paging, visibility
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.posts import bookmark, favourite, pin, post, thread_mute

_ONE: ColumnElement[Any] = literal_column("1")
_ZERO: ColumnElement[Any] = literal_column("0")
_VIEWER: ColumnElement[Any] = bindparam(visibility.VIEWER_ID)


@cache
def _outlined(statement: Select[Any]) -> Select[Any]:
    original = post.alias("shown")
    original_author = account.alias("shown_author")
    shown_id = func.coalesce(post.c.boost_of_id, post.c.id)
    thread_id = func.coalesce(original.c.thread_id, post.c.thread_id)
    boost = post.alias("own_boost")
    boosted = (
        select(_ONE)
        .select_from(boost)
        .where(boost.c.account_id == _VIEWER, boost.c.boost_of_id == shown_id)
        .correlate(post)
    )
    muted = (
        select(_ONE)
        .select_from(thread_mute)
        .where(thread_mute.c.account_id == _VIEWER, thread_mute.c.thread_id == thread_id)
        .correlate(post, original)
    )
    return (
        statement.outerjoin(original, original.c.id == post.c.boost_of_id)
        .outerjoin(original_author, original_author.c.id == original.c.account_id)
        .with_only_columns(
            post.c.id,
            post.c.version,
            post.c.account_id,
            account.c.version,
            func.coalesce(original.c.id, _ZERO),
            func.coalesce(original.c.version, _ZERO),
            func.coalesce(original.c.account_id, _ZERO),
            func.coalesce(original_author.c.version, _ZERO),
            _did(favourite, shown_id),
            exists(boosted),
            _did(bookmark, shown_id),
            _did(pin, shown_id),
            exists(muted),
            maintain_column_froms=True,
        )
    )


def _did(table: Table, shown_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists(
        select(_ONE)
        .select_from(table)
        .where(table.c.account_id == _VIEWER, table.c.post_id == shown_id)
        .correlate(post)
    )


def home(unit: Unit, viewer: Member, page: Page) -> list[Outline]:
    """What `feeds.home` finds, without its words."""
    statement = _outlined(feeds.home_statement(unit, viewer, page))
    values = {**visibility.parameters(viewer), **paging.parameters(page), "now": unit.now}
    return [Outline(*tuple(row)) for row in paging.in_order(page, unit.all(statement, values))]


@cache
def _one(base: Select[Any]) -> Select[Any]:
    return _outlined(base.where(post.c.id == bindparam("post_id")))


def of_post(unit: Unit, viewer: Member, post_id: int) -> Outline | None:
    """One post, where the viewer may see it."""
    statement = _one(visibility.visible_posts(viewer, unit.context.settings))
    row = unit.first(statement, {**visibility.parameters(viewer), "post_id": post_id})
    return Outline(*tuple(row)) if row else None
