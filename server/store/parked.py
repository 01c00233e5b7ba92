"""Work that waits for a person: parked inbox items and events, parked and dead deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal_column, select, update

from federation.types import Origin
from server.domain.parked import Parked, WorkKind
from server.domain.work import DeliveryState, Hint, ItemState
from server.store.pauses import PAUSED_IN, PAUSED_OUT
from server.store.session import Unit
from server.store.tables.instances import instance
from server.store.tables.work import activity, delivery, event, inbox_item, undone
from server.store.work import ITEMS

_ENDED = [DeliveryState.PARKED.value, DeliveryState.DEAD.value]


def listed(unit: Unit, limit: int) -> list[Parked]:
    """Newest first, `limit` of each kind."""
    return [*_items(unit, limit), *_events(unit, limit), *_deliveries(unit, limit)]


def _items(unit: Unit, limit: int) -> list[Parked]:
    statement = (
        ITEMS.where(undone, inbox_item.c.state == ItemState.PARKED.value)
        .order_by(inbox_item.c.id.desc())
        .limit(limit)
    )
    return [
        Parked(
            WorkKind.INBOX,
            row.id,
            row.state,
            row.origin,
            row.activity_id,
            row.outcome,
            row.attempts,
            row.received_at,
        )
        for row in unit.all(statement)
    ]


def _events(unit: Unit, limit: int) -> list[Parked]:
    statement = (
        select(event).where(event.c.state == ItemState.PARKED.value).order_by(event.c.id.desc()).limit(limit)
    )
    return [
        Parked(WorkKind.EVENT, row.id, row.state, "", row.kind, row.outcome, row.attempts, row.created_at)
        for row in unit.all(statement)
    ]


def _deliveries(unit: Unit, limit: int) -> list[Parked]:
    statement = (
        select(delivery, activity.c.uri)
        .join(activity, activity.c.id == delivery.c.activity_id)
        .where(delivery.c.state.in_(_ENDED))
        .order_by(delivery.c.id.desc())
        .limit(limit)
    )
    return [
        Parked(
            WorkKind.DELIVERY,
            row.id,
            row.state,
            row.destination,
            row.uri,
            row.last_reason,
            row.attempts,
            row.created_at,
        )
        for row in unit.all(statement)
    ]


def counts_of(unit: Unit, domain: Origin) -> dict[str, int]:
    """Deliveries to an instance and activities from it by state, what is done left out."""
    found: dict[str, int] = {}
    for name, table, column in (
        ("inbox", inbox_item, inbox_item.c.origin),
        ("delivery", delivery, delivery.c.destination),
    ):
        counted = select(table.c.state, func.count().label("n")).group_by(table.c.state)
        for row in unit.all(counted.where(column == domain, table.c.state != literal_column("'done'"))):
            found[f"{name}.{row.state}"] = row.n
    return found


def oldest_due(unit: Unit) -> dict[str, datetime]:
    """Since when the oldest work of each kind is due that nobody has taken; a kind of which nothing is due is left out.

    What waits for a resting destination or a pause does not count.
    """
    resting = select(instance.c.domain).where(instance.c.next_probe_at > unit.now)
    statements = {
        WorkKind.INBOX: select(func.min(inbox_item.c.due_at)).where(
            undone, inbox_item.c.state == ItemState.WAITING.value, ~PAUSED_IN
        ),
        WorkKind.EVENT: select(func.min(event.c.due_at)).where(event.c.state == ItemState.WAITING.value),
        WorkKind.DELIVERY: select(func.min(delivery.c.due_at)).where(
            delivery.c.state == DeliveryState.WAITING.value,
            delivery.c.destination.not_in(resting),
            ~PAUSED_OUT,
        ),
    }
    moments = {kind.value: unit.value(statement) for kind, statement in statements.items()}
    return {kind: moment for kind, moment in moments.items() if moment is not None and moment <= unit.now}


def send_again(unit: Unit, destination: Origin) -> int:
    """Parked and dead deliveries of a destination are due, as if new: they get their days of trying. Answers how many."""
    touched = unit.run(
        update(delivery)
        .where(delivery.c.destination == destination, delivery.c.state.in_(_ENDED))
        .values(
            state=DeliveryState.WAITING.value,
            attempts=0,
            created_at=unit.now,
            due_at=unit.now,
            done_at=None,
            lease_until=None,
        )
    )
    unit.hint(Hint.DELIVER)
    return touched


def apply_again(unit: Unit, origin: Origin) -> int:
    """Parked activities of an origin are due, as if never tried. Answers how many."""
    touched = unit.run(
        update(inbox_item)
        .where(undone, inbox_item.c.origin == origin, inbox_item.c.state == ItemState.PARKED.value)
        .values(state=ItemState.WAITING.value, attempts=0, due_at=unit.now)
    )
    unit.hint(Hint.INBOUND)
    return touched


def plan_again(unit: Unit) -> int:
    """Parked events are due, as if never tried: what happened here has its effects after all. Answers how many."""
    touched = unit.run(
        update(event)
        .where(event.c.state == ItemState.PARKED.value)
        .values(state=ItemState.WAITING.value, attempts=0, due_at=unit.now)
    )
    unit.hint(Hint.EVENT)
    return touched
