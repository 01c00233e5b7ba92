"""Rows of what waits for a person, beside the inbox items and deliveries that wait with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, update

from federation.types import Origin
from server.domain.boundary import Direction
from server.domain.holds import Hold, Verdict
from server.domain.work import DeliveryState, Hint, ItemState
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.holds import hold
from server.store.tables.work import activity, delivery, inbox_body, inbox_item

_item = inbox_item.alias("held_item")
_delivery = delivery.alias("held_delivery")
_STILL_WAITS: ColumnElement[bool] = and_(
    hold.c.verdict.is_(None),
    or_(
        and_(
            hold.c.direction == Direction.IN.value,
            exists().where(_item.c.id == hold.c.work_id, _item.c.state == ItemState.HELD.value),
        ),
        and_(
            hold.c.direction == Direction.OUT.value,
            exists().where(_delivery.c.id == hold.c.work_id, _delivery.c.state == DeliveryState.HELD.value),
        ),
    ),
)
"""A hold whose work was cancelled meanwhile, with its post or its peer's trust, waits no more."""


def add(unit: Unit, values: dict[str, Any]) -> None:
    """One that is there already stays as it is."""
    insert_ignore(unit, hold, values)


def held_deliveries(unit: Unit, activity_id: int) -> Sequence[Row[Any]]:
    """Of an activity's row: id, destination."""
    return unit.all(
        select(delivery.c.id, delivery.c.destination).where(
            delivery.c.activity_id == activity_id, delivery.c.state == DeliveryState.HELD.value
        )
    )


def waiting(unit: Unit, limit: int) -> list[Hold]:
    """Oldest first."""
    statement = select(hold).where(_STILL_WAITS).order_by(hold.c.id).limit(limit)
    return [_record(row) for row in unit.all(statement)]


def count(unit: Unit) -> tuple[int, datetime | None]:
    """How many wait, and since when the oldest."""
    row = unit.first(
        select(func.count().label("number"), func.min(hold.c.at).label("oldest")).where(_STILL_WAITS)
    )
    return (row.number, row.oldest) if row else (0, None)


def find_waiting(unit: Unit, hold_id: int) -> Hold | None:
    row = unit.first(select(hold).where(hold.c.id == hold_id, _STILL_WAITS))
    return _record(row) if row else None


def decided(unit: Unit, limit: int) -> list[Hold]:
    """Newest decision first."""
    statement = (
        select(hold)
        .where(hold.c.verdict.is_not(None))
        .order_by(hold.c.decided_at.desc(), hold.c.id)
        .limit(limit)
    )
    return [_record(row) for row in unit.all(statement)]


def decided_in_groups(unit: Unit, since: datetime) -> list[tuple[Hold, str]]:
    """What was decided since then of what was said in groups, with the id of the group's actor."""
    statement = select(hold).where(
        hold.c.verdict.is_not(None), hold.c.decided_at >= since, hold.c.group_uri != ""
    )
    return [(_record(row), row.group_uri) for row in unit.all(statement)]


def with_the_same_post(unit: Unit, found: Hold) -> list[int]:
    """Ids of holds on later activities about the same post to the same peer: edits of what waits with them."""
    its, carrying = activity.alias("its"), delivery.alias("carrying")
    post = (
        select(its.c.post_id)
        .join(carrying, carrying.c.activity_id == its.c.id)
        .where(carrying.c.id == found.work_id)
    )
    statement = (
        select(hold.c.id)
        .join(delivery, delivery.c.id == hold.c.work_id)
        .join(activity, activity.c.id == delivery.c.activity_id)
        .where(
            _STILL_WAITS,
            hold.c.direction == Direction.OUT.value,
            hold.c.id > found.id,
            delivery.c.destination == found.peer,
            activity.c.post_id == post.scalar_subquery(),
        )
        .order_by(hold.c.id)
    )
    return [row.id for row in unit.all(statement)]


def decide(unit: Unit, hold_id: int, verdict: Verdict, by: str, reason: str) -> bool:
    """False where somebody was faster."""
    statement = (
        update(hold)
        .where(hold.c.id == hold_id, hold.c.verdict.is_(None))
        .values(verdict=verdict.value, decided_at=unit.now, decided_by=by, reason=reason)
    )
    return unit.run(statement) == 1


def take_up_item(unit: Unit, item_id: int, verdict: Verdict) -> None:
    """A held item is due, with what a person said of it."""
    unit.run(
        update(inbox_item)
        .where(inbox_item.c.id == item_id, inbox_item.c.state == ItemState.HELD.value)
        .values(state=ItemState.WAITING.value, verdict=verdict.value, attempts=0, due_at=unit.now)
    )
    unit.hint(Hint.INBOUND)


def take_up_delivery(unit: Unit, delivery_id: int) -> None:
    """A held delivery is due; its days of trying begin now."""
    unit.run(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.HELD.value)
        .values(state=DeliveryState.WAITING.value, released=True, due_at=unit.now, created_at=unit.now)
    )
    unit.hint(Hint.DELIVER)


def cancel_delivery(unit: Unit, delivery_id: int) -> None:
    unit.run(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.HELD.value)
        .values(state=DeliveryState.CANCELLED.value, last_reason="not-released", done_at=unit.now)
    )


def body_of(unit: Unit, found: Hold) -> tuple[bytes | None, int | None]:
    """The activity as it came or would leave, and the account that sends it where it is ours."""
    if found.direction is Direction.IN:
        return unit.value(select(inbox_body.c.body).where(inbox_body.c.item_id == found.work_id)), None
    row = unit.first(
        select(activity.c.body, activity.c.account_id)
        .join(delivery, delivery.c.activity_id == activity.c.id)
        .where(delivery.c.id == found.work_id)
    )
    return (row.body, row.account_id) if row else (None, None)


def let_go(unit: Unit, post_id: int, peer: Origin) -> bool:
    """Whether a person has let a post go to this peer."""
    statement = (
        select(delivery.c.id)
        .join(activity, activity.c.id == delivery.c.activity_id)
        .where(activity.c.post_id == post_id, delivery.c.destination == peer, delivery.c.released)
        .limit(1)
    )
    return unit.first(statement) is not None


def _record(row: Row[Any]) -> Hold:
    return Hold(
        id=row.id,
        direction=Direction(row.direction),
        work_id=row.work_id,
        peer=Origin(row.peer),
        subject=row.subject,
        rules=tuple(row.rules),
        at=row.at,
        verdict=Verdict(row.verdict) if row.verdict else None,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
    )
