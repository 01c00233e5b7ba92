"""Rows of how members treat notifications, of the requests that wait, and of whom they let in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update

from server.domain.notifications import (
    POLICY_FIELDS,
    NotificationPolicy,
    NotificationRequest,
    Treatment,
)
from server.domain.pages import Page
from server.store import paging
from server.store.session import Unit
from server.store.statement import insert_ignore, upsert
from server.store.tables.accounts import account
from server.store.tables.users import (
    notification,
    notification_permission,
    notification_policy,
    notification_request,
)

_POLICIES = select(notification_policy).where(
    notification_policy.c.account_id.in_(bindparam("ids", expanding=True))
)


def of_accounts(unit: Unit, ids: Iterable[int]) -> dict[int, NotificationPolicy]:
    """By account; those without one take everything."""
    rows = unit.all(_POLICIES, {"ids": list(ids)})
    return {row.account_id: _policy(row) for row in rows}


def _policy(row: Row[Any]) -> NotificationPolicy:
    return NotificationPolicy(**{name: Treatment(getattr(row, name)) for name in POLICY_FIELDS})


def put(unit: Unit, account_id: int, policy: NotificationPolicy) -> None:
    values = {name: getattr(policy, name).value for name in POLICY_FIELDS}
    upsert(unit, notification_policy, {"account_id": account_id, **values}, ["account_id"])


# -- permissions -----------------------------------------------------------------------------------------


def permit(unit: Unit, account_id: int, from_id: int) -> None:
    insert_ignore(unit, notification_permission, {"account_id": account_id, "from_id": from_id})


def permitting(unit: Unit, account_ids: Iterable[int], from_id: int) -> set[int]:
    """Those of the accounts that let somebody in."""
    rows = unit.all(
        select(notification_permission.c.account_id).where(
            notification_permission.c.account_id.in_(list(account_ids)),
            notification_permission.c.from_id == from_id,
        )
    )
    return {row.account_id for row in rows}


# -- requests --------------------------------------------------------------------------------------------


def ask(unit: Unit, account_id: int, from_id: int) -> None:
    """Notifications of somebody wait."""
    values = {
        "id": unit.new_id(),
        "account_id": account_id,
        "from_id": from_id,
        "created_at": unit.now,
        "updated_at": unit.now,
    }
    if not insert_ignore(unit, notification_request, values):
        unit.run(
            update(notification_request)
            .where(notification_request.c.account_id == account_id, notification_request.c.from_id == from_id)
            .values(updated_at=unit.now)
        )


_REQUESTS = (
    select(
        notification_request,
        func.count(notification.c.id).label("waiting"),
        func.max(notification.c.post_id).label("last_post_id"),
    )
    .join(account, account.c.id == notification_request.c.from_id)
    .join(
        notification,
        (notification.c.account_id == notification_request.c.account_id)
        & (notification.c.from_id == notification_request.c.from_id)
        & notification.c.filtered
        & ~notification.c.dismissed,
    )
    .where(
        notification_request.c.account_id == bindparam("account_id"),
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .group_by(notification_request.c.id)
)


@cache
def _page(bounds: paging.Shape) -> Select[Any]:
    return paging.paged(_REQUESTS, notification_request.c.id, bounds)


def requests(unit: Unit, account_id: int, page: Page) -> list[NotificationRequest]:
    rows = unit.all(_page(paging.shape(page)), {"account_id": account_id, **paging.parameters(page)})
    return [_request(row) for row in paging.in_order(page, rows)]


def find_requests(unit: Unit, account_id: int, ids: Iterable[int]) -> list[NotificationRequest]:
    statement = _REQUESTS.where(notification_request.c.id.in_(list(ids)))
    return [_request(row) for row in unit.all(statement, {"account_id": account_id})]


def _request(row: Row[Any]) -> NotificationRequest:
    return NotificationRequest(
        id=row.id,
        account_id=row.account_id,
        from_id=row.from_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        count=row.waiting,
        last_post_id=row.last_post_id,
    )


def answered(unit: Unit, request: NotificationRequest, *, accepted: bool) -> None:
    """What waited is let in, or put away; the request is over."""
    unit.run(
        update(notification)
        .where(
            notification.c.account_id == request.account_id,
            notification.c.from_id == request.from_id,
            notification.c.filtered,
        )
        .values(**({"filtered": False} if accepted else {"dismissed": True}))
    )
    unit.run(delete(notification_request).where(notification_request.c.id == request.id))


def totals(unit: Unit, account_id: int) -> tuple[int, int]:
    """How many requests wait, and how many notifications with them."""
    waiting = _REQUESTS.subquery()
    row = unit.first(
        select(
            func.count().label("requests"), func.coalesce(func.sum(waiting.c.waiting), 0).label("waiting")
        ).select_from(waiting),
        {"account_id": account_id},
    )
    assert row is not None  # an aggregate has a row
    return int(row.requests), int(row.waiting)
