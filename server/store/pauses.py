"""What waits for the end of a pause, of an instance or of this house after a restore: conditions for the queues of rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from server.domain.accounts import AccountKind
from server.domain.trust import Trust
from server.domain.work import DeliveryState
from server.store.meta import RECOVERING
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.instances import instance
from server.store.tables.work import activity, delivery, inbox_item, meta

_RECOVERING = select(meta.c.key).where(meta.c.key == RECOVERING, meta.c.value != "").exists()
_PAUSED = select(instance.c.domain).where(instance.c.trust == Trust.SUSPENDED.value)
PAUSED_OUT = and_(~delivery.c.lane, or_(delivery.c.destination.in_(_PAUSED), _RECOVERING))
PAUSED_IN = and_(~inbox_item.c.lane, or_(inbox_item.c.origin.in_(_PAUSED), _RECOVERING))
"""What waits for the end of a pause: all but what takes something back."""

_HINTS = (
    select(activity.c.id)
    .join(account, account.c.id == activity.c.account_id)
    .where(activity.c.kind == "Update", account.c.kind == AccountKind.APPLICATION.value)
)
MAY_LEAVE = or_(
    delivery.c.lane,
    and_(
        instance.c.trust != Trust.SUSPENDED.value,
        # before anything else, partners hear that status lists are to be fetched anew
        or_(~_RECOVERING, delivery.c.activity_id.in_(_HINTS)),
    ),
)
"""Of a delivery joined with its instance."""


def hints_wait(unit: Unit) -> bool:
    """Whether a hint to a connected instance has not arrived yet."""
    waiting = (
        select(delivery.c.id)
        .join(instance, instance.c.domain == delivery.c.destination)
        .where(
            delivery.c.activity_id.in_(_HINTS),
            delivery.c.state == DeliveryState.WAITING.value,
            instance.c.trust.in_([trust.value for trust in Trust if trust.speaks]),
        )
    )
    return unit.first(waiting.limit(1)) is not None


def last_hint(unit: Unit) -> datetime | None:
    """When the last one arrived."""
    found: datetime | None = unit.value(
        select(func.max(delivery.c.done_at)).where(delivery.c.activity_id.in_(_HINTS))
    )
    return found
