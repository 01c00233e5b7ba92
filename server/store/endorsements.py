"""Rows of accounts that members recommend on their profiles."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select

from server.domain.accounts import Account
from server.domain.pages import Page
from server.store import accounts, paging
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account, endorsement


def add(unit: Unit, account_id: int, target_id: int) -> bool:
    return insert_ignore(
        unit, endorsement, {"id": unit.new_id(), "account_id": account_id, "target_id": target_id}
    )


def remove(unit: Unit, account_id: int, target_id: int) -> None:
    unit.run(
        delete(endorsement).where(
            endorsement.c.account_id == account_id, endorsement.c.target_id == target_id
        )
    )


def count(unit: Unit, account_id: int) -> int:
    return int(
        unit.value(
            select(func.count()).select_from(endorsement).where(endorsement.c.account_id == account_id)
        )
    )


def among(unit: Unit, account_id: int, ids: Iterable[int]) -> set[int]:
    """Those of the accounts that an account recommends."""
    wanted = list(ids)
    if not wanted:
        return set()
    rows = unit.all(
        select(endorsement.c.target_id).where(
            endorsement.c.account_id == account_id, endorsement.c.target_id.in_(wanted)
        )
    )
    return {row.target_id for row in rows}


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    statement = (
        select(account, endorsement.c.id.label("row_id"))
        .join(account, account.c.id == endorsement.c.target_id)
        .where(
            endorsement.c.account_id == bindparam("account_id"),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
    )
    return paging.paged(statement, endorsement.c.id, bounds)


def page(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded."""
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]
