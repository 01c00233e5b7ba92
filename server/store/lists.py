"""Rows of members' lists."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, select, update

from server.domain.accounts import Account
from server.domain.lists import AccountList, RepliesPolicy
from server.domain.pages import Page
from server.store import accounts, paging
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account, list_, list_account


def record(row: Row[Any]) -> AccountList:
    return AccountList(row.id, row.account_id, row.title, RepliesPolicy(row.replies_policy), row.exclusive)


def of_account(unit: Unit, account_id: int) -> list[AccountList]:
    return [
        record(row)
        for row in unit.all(select(list_).where(list_.c.account_id == account_id).order_by(list_.c.id))
    ]


def holding(unit: Unit, account_id: int, target_id: int) -> list[AccountList]:
    """An account's lists that another is on."""
    rows = unit.all(
        select(list_)
        .join(list_account, list_account.c.list_id == list_.c.id)
        .where(list_.c.account_id == account_id, list_account.c.account_id == target_id)
        .order_by(list_.c.id)
    )
    return [record(row) for row in rows]


def find(unit: Unit, account_id: int, list_id: int) -> AccountList | None:
    row = unit.first(select(list_).where(list_.c.id == list_id, list_.c.account_id == account_id))
    return record(row) if row else None


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(list_.insert(), values)


def change(unit: Unit, list_id: int, values: dict[str, Any]) -> None:
    unit.run(update(list_).where(list_.c.id == list_id).values(**values))


def remove(unit: Unit, list_id: int) -> None:
    unit.run(delete(list_).where(list_.c.id == list_id))


def add_member(unit: Unit, list_id: int, account_id: int) -> bool:
    return insert_ignore(
        unit, list_account, {"id": unit.new_id(), "list_id": list_id, "account_id": account_id}
    )


def remove_members(unit: Unit, list_id: int, account_ids: Iterable[int]) -> None:
    unit.run(
        delete(list_account).where(
            list_account.c.list_id == list_id, list_account.c.account_id.in_(list(account_ids))
        )
    )


def remove_from_all(unit: Unit, owner_id: int, account_id: int) -> None:
    """Lists hold accounts that one follows; after the follow, they do not."""
    own = select(list_.c.id).where(list_.c.account_id == owner_id)
    unit.run(
        delete(list_account).where(list_account.c.account_id == account_id, list_account.c.list_id.in_(own))
    )


@cache
def _members(bounds: paging.Shape) -> Select[Any]:
    statement = (
        select(account, list_account.c.id.label("row_id"))
        .join(account, account.c.id == list_account.c.account_id)
        .where(
            list_account.c.list_id == bindparam("list_id"),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
    )
    return paging.paged(statement, list_account.c.id, bounds)


def members(unit: Unit, list_id: int, page: Page) -> list[tuple[int, Account]]:
    rows = unit.all(_members(paging.shape(page)), {"list_id": list_id, **paging.parameters(page)})
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]
