"""Rows of accounts that favourited or boosted a post."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, exists, literal_column, or_, select

from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.posts import Visibility
from server.store import accounts, paging
from server.store.session import Unit
from server.store.tables.accounts import account, block, follow
from server.store.tables.posts import favourite, post

OPEN = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)


@cache
def _statement(table: Table, column: str, bounds: paging.Shape) -> Select[Any]:
    viewer = bindparam("viewer_id")
    blocked = exists(
        select(literal_column("1"))
        .select_from(block)
        .where(
            or_(
                (block.c.account_id == viewer) & (block.c.target_id == account.c.id),
                (block.c.account_id == account.c.id) & (block.c.target_id == viewer),
            )
        )
        .correlate(account)
    )
    statement = (
        select(account, table.c.id.label("row_id"))
        .select_from(table)
        .join(account, account.c.id == table.c.account_id)
        .where(
            table.c[column] == bindparam("post_id"),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
            ~blocked,
        )
    )
    if table is post:
        followed = exists(
            select(literal_column("1"))
            .select_from(follow)
            .where(
                follow.c.account_id == viewer,
                follow.c.target_id == post.c.account_id,
                follow.c.state == literal_column("'accepted'"),
            )
            .correlate(post)
        )
        statement = statement.where(or_(post.c.visibility.in_(OPEN), post.c.account_id == viewer, followed))
    return paging.paged(statement, table.c.id, bounds)


def _page(
    unit: Unit, statement: Select[Any], post_id: int, viewer_id: int, page: Page
) -> list[tuple[int, Account]]:
    values = {"post_id": post_id, "viewer_id": viewer_id, **paging.parameters(page)}
    found = []
    for row in paging.in_order(page, unit.all(statement, values)):
        columns = row._asdict()
        found.append((columns.pop("row_id"), accounts.record_of(columns)))
    return found


def favourited_by(unit: Unit, post_id: int, viewer_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded; those whom the viewer blocks, or who block them, left out."""
    statement = _statement(favourite, "post_id", paging.shape(page))
    return _page(unit, statement, post_id, viewer_id, page)


def boosted_by(unit: Unit, post_id: int, viewer_id: int, page: Page) -> list[tuple[int, Account]]:
    """Likewise; a boost for followers shows itself to them."""
    statement = _statement(post, "boost_of_id", paging.shape(page))
    return _page(unit, statement, post_id, viewer_id, page)
