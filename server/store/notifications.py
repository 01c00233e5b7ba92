"""Rows of notifications, and who may be notified by whom."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from server.domain.changes import ChangeKind
from server.domain.notifications import Notification, NotificationKind
from server.domain.pages import Page
from server.store import domain_blocks, paging, push
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account, block, mute
from server.store.tables.instances import instance
from server.store.tables.posts import thread_mute
from server.store.tables.users import notification
from server.store.visibility import SILENCED

_ONE: ColumnElement[Any] = literal_column("1")
_FROM: BindParameter[Any] = bindparam("from_id")
_NOW = bindparam("now", type_=mute.c.expires_at.type)

_WILLING = select(account.c.id).where(
    account.c.id.in_(bindparam("ids", expanding=True)),
    account.c.domain == literal_column("''"),
    account.c.suspended_at.is_(None),
    account.c.deleted_at.is_(None),
    ~exists(
        select(_ONE)
        .select_from(block)
        .where(
            or_(
                and_(block.c.account_id == account.c.id, block.c.target_id == _FROM),
                and_(block.c.account_id == _FROM, block.c.target_id == account.c.id),
            )
        )
        .correlate(account)
    ),
    ~exists(
        select(_ONE)
        .select_from(mute)
        .where(
            mute.c.account_id == account.c.id,
            mute.c.target_id == _FROM,
            mute.c.notifications,
            or_(mute.c.expires_at.is_(None), mute.c.expires_at > _NOW),
        )
        .correlate(account)
    ),
    ~domain_blocks.hides(account.c.id, _FROM, account),
    ~exists(
        select(_ONE)
        .select_from(thread_mute)
        .where(thread_mute.c.account_id == account.c.id, thread_mute.c.thread_id == bindparam("thread_id"))
        .correlate(account)
    ),
)


def willing(unit: Unit, ids: Iterable[int], from_id: int, thread_id: int | None) -> list[int]:
    """Those local accounts that may be told of something from an account: nobody blocks, mutes or is gone."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    asked = {"ids": wanted, "from_id": from_id, "thread_id": thread_id or 0, "now": unit.now}
    return [row.id for row in unit.all(_WILLING, asked)]


def add(
    unit: Unit,
    account_id: int,
    kind: NotificationKind,
    from_id: int,
    post_id: int | None,
    *,
    cause: str,
    filtered: bool = False,
) -> bool:
    """False when this cause was told of before."""
    notification_id = unit.new_id()
    added = insert_ignore(
        unit,
        notification,
        {
            "id": notification_id,
            "account_id": account_id,
            "kind": kind.value,
            "from_id": from_id,
            "post_id": post_id,
            "cause": cause,
            "created_at": unit.now,
            "dismissed": False,
            "filtered": filtered,
        },
    )
    if added and not filtered:
        push.enqueue(unit, account_id, notification_id)
        unit.changed(ChangeKind.NOTIFICATION, f"{account_id} {notification_id}")
    return added


def withdraw(unit: Unit, account_id: int, cause: str) -> None:
    """What was told of is no longer so."""
    unit.run(_WITHDRAW, {"b_account_id": account_id, "b_cause": cause})


_WITHDRAW = delete(notification).where(
    notification.c.account_id == bindparam("b_account_id"), notification.c.cause == bindparam("b_cause")
)


def record(row: Row[Any]) -> Notification:
    return Notification(
        id=row.id,
        account_id=row.account_id,
        kind=NotificationKind(row.kind),
        from_id=row.from_id,
        post_id=row.post_id,
        created_at=row.created_at,
    )


_muter: BindParameter[Any] = bindparam("account_id")
_SHOWN = (
    select(notification)
    .join(account, account.c.id == notification.c.from_id)
    .where(
        notification.c.account_id == bindparam("account_id"),
        ~notification.c.dismissed,
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
        or_(
            account.c.domain == literal_column("''"),
            ~exists(
                select(_ONE)
                .select_from(instance)
                .where(instance.c.domain == account.c.domain, instance.c.trust.in_(SILENCED))
                .correlate(account)
            ),
        ),
        ~exists(
            select(_ONE)
            .select_from(block)
            .where(
                or_(
                    and_(block.c.account_id == _muter, block.c.target_id == notification.c.from_id),
                    and_(block.c.account_id == notification.c.from_id, block.c.target_id == _muter),
                )
            )
            .correlate(notification)
        ),
        ~exists(
            select(_ONE)
            .select_from(mute)
            .where(
                mute.c.account_id == _muter,
                mute.c.target_id == notification.c.from_id,
                mute.c.notifications,
                or_(mute.c.expires_at.is_(None), mute.c.expires_at > _NOW),
            )
            .correlate(notification)
        ),
        ~domain_blocks.hides(_muter, notification.c.from_id, notification),
    )
)


TAKEN = _SHOWN.where(~notification.c.filtered)


@cache
def _page(bounds: paging.Shape, *, chosen: bool, from_one: bool, filtered: bool) -> Select[Any]:
    statement = _SHOWN if filtered else TAKEN
    if chosen:
        statement = statement.where(notification.c.kind.in_(bindparam("kinds", expanding=True)))
    if from_one:
        statement = statement.where(notification.c.from_id == bindparam("from_id"))
    return paging.paged(statement, notification.c.id, bounds)


def page(
    unit: Unit,
    account_id: int,
    page: Page,
    kinds: Iterable[NotificationKind] | None = None,
    from_id: int | None = None,
    *,
    filtered: bool = False,
) -> list[Notification]:
    """filtered: those that wait with a request as well."""
    asked: dict[str, Any] = {"account_id": account_id, "now": unit.now, **paging.parameters(page)}
    if kinds is not None:
        asked["kinds"] = [kind.value for kind in kinds]
    if from_id is not None:
        asked["from_id"] = from_id
    statement = _page(
        paging.shape(page), chosen=kinds is not None, from_one=from_id is not None, filtered=filtered
    )
    return [record(row) for row in paging.in_order(page, unit.all(statement, asked))]


_ONE_SHOWN = _SHOWN.where(notification.c.id == bindparam("notification_id"))


def find(unit: Unit, account_id: int, notification_id: int) -> Notification | None:
    asked = {"account_id": account_id, "notification_id": notification_id, "now": unit.now}
    row = unit.first(_ONE_SHOWN, asked)
    return record(row) if row else None


def dismiss(unit: Unit, account_id: int, notification_id: int) -> bool:
    """The row stays, so that the same cause is not told of again."""
    condition = (notification.c.account_id == account_id, notification.c.id == notification_id)
    return unit.run(update(notification).where(*condition).values(dismissed=True)) == 1


def clear(unit: Unit, account_id: int) -> None:
    unit.run(
        update(notification)
        .where(notification.c.account_id == account_id, ~notification.c.dismissed)
        .values(dismissed=True)
    )
