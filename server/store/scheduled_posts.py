"""Rows of posts that are to be published later."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update

from server.domain.pages import Page
from server.domain.scheduled_posts import ScheduledPost
from server.store import paging
from server.store.session import Unit
from server.store.tables.posts import media, scheduled_post


def _record(row: Row[Any]) -> ScheduledPost:
    return ScheduledPost(
        id=row.id,
        account_id=row.account_id,
        due_at=row.due_at,
        draft=row.draft,
        media_ids=tuple(row.media_ids),
        created_at=row.created_at,
        failed_at=row.failed_at,
    )


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(scheduled_post.insert(), values)


def find(unit: Unit, scheduled_id: int) -> ScheduledPost | None:
    row = unit.first(select(scheduled_post).where(scheduled_post.c.id == scheduled_id))
    return _record(row) if row else None


def change(unit: Unit, scheduled_id: int, values: dict[str, Any]) -> None:
    unit.run(update(scheduled_post).where(scheduled_post.c.id == scheduled_id).values(**values))


def remove(unit: Unit, scheduled_id: int) -> None:
    unit.run(delete(scheduled_post).where(scheduled_post.c.id == scheduled_id))


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    statement = select(scheduled_post).where(scheduled_post.c.account_id == bindparam("account_id"))
    return paging.paged(statement, scheduled_post.c.id, bounds)


def page(unit: Unit, account_id: int, page: Page) -> list[ScheduledPost]:
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [_record(row) for row in paging.in_order(page, rows)]


def count(unit: Unit, account_id: int) -> int:
    return int(
        unit.value(
            select(func.count()).select_from(scheduled_post).where(scheduled_post.c.account_id == account_id)
        )
    )


def due(unit: Unit, most: int) -> list[int]:
    """Those whose time has come, the earliest first."""
    rows = unit.all(
        select(scheduled_post.c.id)
        .where(scheduled_post.c.due_at <= unit.now, scheduled_post.c.failed_at.is_(None))
        .order_by(scheduled_post.c.due_at, scheduled_post.c.id)
        .limit(most)
    )
    return [row.id for row in rows]


def hold_media(unit: Unit, scheduled_id: int, media_ids: Iterable[int]) -> int:
    """Keeps uploads for a post to come; answers how many of them were free."""
    return unit.run(
        update(media)
        .where(media.c.id.in_(list(media_ids)), media.c.post_id.is_(None), media.c.scheduled_id.is_(None))
        .values(scheduled_id=scheduled_id)
    )


def free_media(unit: Unit, scheduled_id: int) -> None:
    unit.run(update(media).where(media.c.scheduled_id == scheduled_id).values(scheduled_id=None))
