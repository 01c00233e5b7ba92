"""Rows of the instances that single members block for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, bindparam, delete, exists, literal_column, select

from federation.types import Origin
from server.domain.accounts import AccountKind, Follow
from server.domain.pages import Page
from server.store import paging, relationships
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account, domain_block, follow

_ONE: ColumnElement[Any] = literal_column("1")


def add(unit: Unit, account_id: int, domain: Origin) -> bool:
    return insert_ignore(
        unit, domain_block, {"id": unit.new_id(), "account_id": account_id, "domain": domain}
    )


def remove(unit: Unit, account_id: int, domain: str) -> None:
    unit.run(
        delete(domain_block).where(domain_block.c.account_id == account_id, domain_block.c.domain == domain)
    )


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    statement = select(domain_block.c.id, domain_block.c.domain).where(
        domain_block.c.account_id == bindparam("account_id")
    )
    return paging.paged(statement, domain_block.c.id, bounds)


def page(unit: Unit, account_id: int, page: Page) -> list[tuple[int, str]]:
    """With the id by which pages are bounded."""
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [(row.id, row.domain) for row in paging.in_order(page, rows)]


def blocks_domain(unit: Unit, account_id: int, domain: str) -> bool:
    found = unit.value(
        select(_ONE)
        .select_from(domain_block)
        .where(domain_block.c.account_id == account_id, domain_block.c.domain == domain)
    )
    return found is not None


_AMONG = (
    select(account.c.id)
    .join(domain_block, domain_block.c.domain == account.c.domain)
    .where(
        domain_block.c.account_id == bindparam("account_id"),
        account.c.id.in_(bindparam("ids", expanding=True)),
    )
)


def among(unit: Unit, account_id: int, ids: Iterable[int]) -> set[int]:
    """Those of the accounts whose instance an account blocks."""
    wanted = list(ids)
    if not wanted:
        return set()
    return {row.id for row in unit.all(_AMONG, {"account_id": account_id, "ids": wanted})}


def hides(
    reader_id: ColumnElement[Any], author_id: ColumnElement[Any], outer: FromClause
) -> ColumnElement[bool]:
    """Whether a reader blocks the instance of an author. outer: the table that one of the two belongs to."""
    author = account.alias()
    return exists(
        select(_ONE)
        .select_from(domain_block)
        .join(author, author.c.domain == domain_block.c.domain)
        .where(domain_block.c.account_id == reader_id, author.c.id == author_id)
        .correlate(outer)
    )


def follows_with(unit: Unit, account_id: int, domain: Origin) -> list[Follow]:
    """Follows and requests between an account and people of an instance, in both directions; groups left out."""
    statements = (
        select(follow)
        .join(account, account.c.id == other)
        .where(mine == account_id, account.c.domain == domain, account.c.kind != AccountKind.GROUP.value)
        for mine, other in (
            (follow.c.account_id, follow.c.target_id),
            (follow.c.target_id, follow.c.account_id),
        )
    )
    return [relationships.follow_record(row) for statement in statements for row in unit.all(statement)]
