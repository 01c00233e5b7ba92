"""Notifications that are shown as one: how many there are, and which is the newest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from server.domain.notifications import Notification, NotificationKind
from server.store.notifications import TAKEN, record
from server.store.session import Unit
from server.store.tables.users import notification

_WITHIN = (
    TAKEN.where(
        notification.c.kind == bindparam("kind"),
        notification.c.created_at >= bindparam("since", type_=notification.c.created_at.type),
        notification.c.created_at < bindparam("until", type_=notification.c.created_at.type),
    )
    .order_by(notification.c.id.desc())
    .limit(bindparam("most"))
)
_ABOUT = _WITHIN.where(notification.c.post_id == bindparam("post_id"))


def of_period(
    unit: Unit,
    account_id: int,
    kind: NotificationKind,
    post_id: int | None,
    period: tuple[datetime, datetime],
    most: int,
) -> list[Notification]:
    """Newest first, up to a limit."""
    asked: dict[str, Any] = {
        "account_id": account_id,
        "kind": kind.value,
        "since": period[0],
        "until": period[1],
        "most": most,
        "now": unit.now,
    }
    if post_id is not None:
        asked["post_id"] = post_id
    return [record(row) for row in unit.all(_WITHIN if post_id is None else _ABOUT, asked)]


def dismiss(unit: Unit, account_id: int, ids: Iterable[int]) -> None:
    unit.run(
        update(notification)
        .where(notification.c.account_id == account_id, notification.c.id.in_(list(ids)))
        .values(dismissed=True)
    )
