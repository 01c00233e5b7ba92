"""How much work waits, and since when; what has not left and shall not; what is judged anew; what a clock that went backwards needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Text, and_, bindparam, case, cast, delete, func, literal_column, or_, select, update

from federation.types import Iri, Origin
from server.core.ids import first_id_at
from server.domain.boundary import ContentForm
from server.domain.holds import Verdict
from server.domain.posts import Standing
from server.domain.work import DeliveryState, Hint, ItemState
from server.store.session import Unit
from server.store.tables.posts import post
from server.store.tables.work import activity, delivery, event, inbox_body, inbox_item, lease, undone
from server.store.work import known_by

FINAL = ("applied", "duplicate", "tombstoned")
"""Outcomes of items that say: here it has its effect, or never may."""
_NOT_LEFT = (DeliveryState.WAITING.value, DeliveryState.HELD.value)
_CROSSING = select(cast(activity.c.crossing, Text)).where(activity.c.id == delivery.c.activity_id)
_EARLIER, _ITS_DELIVERY = activity.alias("earlier"), delivery.alias("its_delivery")
_CORRECTS = (
    select(activity.c.id)
    .where(
        activity.c.id == delivery.c.activity_id,
        activity.c.kind == "Update",
        activity.c.post_id.is_not(None),
        select(_EARLIER.c.id)
        .join(_ITS_DELIVERY, _ITS_DELIVERY.c.activity_id == _EARLIER.c.id)
        .where(
            _EARLIER.c.post_id == activity.c.post_id,
            _ITS_DELIVERY.c.destination == delivery.c.destination,
            _ITS_DELIVERY.c.state == DeliveryState.DONE.value,
        )
        .exists(),
    )
    .exists()
)
"""An edit of what has arrived there."""
_TAKES_BACK = _CROSSING.scalar_subquery().contains(f'"form":"{ContentForm.REMOVAL}"')


def counts(unit: Unit) -> dict[str, int]:
    """How much waits, is parked or dead, for the status page and the metrics."""
    found: dict[str, int] = {}
    for name, table in (("inbox", inbox_item), ("event", event), ("delivery", delivery)):
        counted = select(table.c.state, func.count().label("n")).group_by(table.c.state)
        for row in unit.all(counted.where(table.c.state != literal_column("'done'"))):
            found[f"{name}.{row.state}"] = row.n
    return found


def newest_waiting(unit: Unit) -> datetime | None:
    """When the newest work that waits was stored; later than now where the clock has gone back."""
    waits = (
        select(func.max(inbox_item.c.received_at)).where(
            undone, inbox_item.c.state == ItemState.WAITING.value
        ),
        select(func.max(event.c.created_at)).where(event.c.state == ItemState.WAITING.value),
        select(func.max(delivery.c.created_at)).where(delivery.c.state == DeliveryState.WAITING.value),
    )
    found: list[datetime] = [moment for moment in map(unit.value, waits) if moment is not None]
    return max(found, default=None)


def due_again(unit: Unit) -> None:
    """Makes all waiting work due and free: after the clock went backwards, its times mean nothing."""
    unit.run(
        update(delivery)
        .where(delivery.c.state == DeliveryState.WAITING.value)
        .values(lease_until=None, due_at=unit.now)
    )
    unit.run(
        update(inbox_item)
        .where(undone, inbox_item.c.state == ItemState.WAITING.value)
        .values(due_at=unit.now)
    )
    unit.run(update(event).where(event.c.state == ItemState.WAITING.value).values(due_at=unit.now))
    unit.run(delete(lease).where(lease.c.until > unit.now))


def wait_anew(unit: Unit, origin: Origin) -> None:
    """At the end of a pause: what waits, in either direction, is due now, as if it had been made now."""
    unit.run(
        update(delivery)
        .where(delivery.c.destination == origin, delivery.c.state == DeliveryState.WAITING.value)
        .values(created_at=unit.now, due_at=unit.now)
    )
    unit.run(
        update(inbox_item)
        .where(undone, inbox_item.c.origin == origin, inbox_item.c.state == ItemState.WAITING.value)
        .values(due_at=unit.now)
    )
    unit.hint(Hint.DELIVER)
    unit.hint(Hint.INBOUND)


def wake_destination(unit: Unit, destination: Origin) -> None:
    """Makes what waits for a destination due now: the peer has just shown that it is alive."""
    unit.run(
        update(delivery)
        .where(
            and_(
                delivery.c.destination == destination,
                delivery.c.state == DeliveryState.WAITING.value,
                delivery.c.due_at > unit.now,
            )
        )
        .values(due_at=unit.now)
    )
    unit.hint(Hint.DELIVER)


def send_again(unit: Unit, destination: Origin) -> int:
    """What arrived under the profile leaves once more, in its order: the instance was restored, and may have lost it. Answers how many."""
    arrived = and_(
        delivery.c.destination == destination,
        delivery.c.state == DeliveryState.DONE.value,
        delivery.c.profile,
    )
    again = {"state": DeliveryState.WAITING.value, "due_at": unit.now, "attempts": 0, "done_at": None}
    unit.hint(Hint.DELIVER)
    return unit.run(update(delivery).where(arrived).values(**again, created_at=unit.now, lease_until=None))


PENDING_FOR = timedelta(days=7)
"""As long as deliveries that are done are kept."""


def send_pending_again(unit: Unit) -> int:
    """Posts of members here that a group elsewhere has not answered leave once more, in the same bytes: after an hour, six, then daily.

    Answers how many.
    """
    first = first_id_at(unit.now - PENDING_FOR)
    statement = (
        select(delivery.c.id, delivery.c.done_at, post.c.published_at)
        .join(activity, activity.c.id == delivery.c.activity_id)
        .join(post, post.c.id == activity.c.post_id)
        .where(
            post.c.id >= first,
            post.c.standing == Standing.PENDING.value,
            post.c.local,
            activity.c.kind == "Create",
            delivery.c.state == DeliveryState.DONE.value,
        )
    )
    due = [row.id for row in unit.all(statement) if _is_unanswered(row.done_at, row.published_at, unit.now)]
    if due:
        again = {"state": DeliveryState.WAITING.value, "due_at": unit.now, "attempts": 0, "done_at": None}
        unit.run(update(delivery).where(delivery.c.id.in_(due)).values(**again, lease_until=None))
        unit.hint(Hint.DELIVER)
    return len(due)


def _is_unanswered(done_at: datetime | None, published_at: datetime, now: datetime) -> bool:
    age = now - published_at
    hours = 1 if age < timedelta(hours=6) else 6 if age < timedelta(days=1) else 24
    waits = timedelta(hours=hours)
    return done_at is not None and now - done_at >= waits


def cancel_deliveries(unit: Unit, destination: Origin, *, ended: bool) -> int:
    """Cancels what waits for a destination. Answers how many.

    Of one that is paused, not ended, what takes something back, the newest words of a post that has arrived and what
    goes by the profile stay: the first two must arrive once, and of the third each side counts on an answer.
    """
    concerned = [~delivery.c.lane]
    if not ended:
        concerned += [~delivery.c.profile, ~_TAKES_BACK, ~_CORRECTS]
    # what is under way may arrive all the same: then the instance may have it, and is told of its deletion
    tried = delivery.c.attempts + case((delivery.c.lease_until.is_not(None), 1), else_=0)
    return unit.run(
        update(delivery)
        .where(delivery.c.destination == destination, delivery.c.state.in_(_NOT_LEFT), *concerned)
        .values(
            state=DeliveryState.CANCELLED.value,
            last_reason="trust-ended",
            done_at=unit.now,
            attempts=tried,
            lease_until=None,
        )
    )


def cancel_corrections(unit: Unit, post_id: int, destinations: Collection[Origin]) -> int:
    """Cancels the words of a post that wait for these destinations: newer ones take their place. Answers how many."""
    updates = select(activity.c.id).where(activity.c.post_id == post_id, activity.c.kind == "Update")
    return unit.run(
        update(delivery)
        .where(
            delivery.c.activity_id.in_(updates),
            delivery.c.destination.in_(destinations),
            delivery.c.state == DeliveryState.WAITING.value,
            delivery.c.lease_until.is_(None),
        )
        .values(state=DeliveryState.CANCELLED.value, last_reason="edited-again", done_at=unit.now)
    )


_TRIED = or_(
    delivery.c.state.in_([DeliveryState.DONE.value, DeliveryState.PARKED.value, DeliveryState.DEAD.value]),
    delivery.c.attempts > 0,
    delivery.c.lease_until.is_not(None),
)
_REACHED = (
    select(delivery.c.inbox)
    .join(activity, activity.c.id == delivery.c.activity_id)
    .where(activity.c.post_id == bindparam("post_id"), _TRIED)
    .distinct()
)


def inboxes_reached(unit: Unit, post_id: int) -> list[Iri]:
    """Where a post was sent, or is being sent now, whatever was answered: for as long as its deliveries are kept."""
    return [Iri(row.inbox) for row in unit.all(_REACHED, {"post_id": post_id})]


def cancel_of_post(unit: Unit, post_id: int) -> int:
    """Cancels what waits to carry a post to anybody. Answers how many."""
    carrying = select(activity.c.id).where(activity.c.post_id == post_id)
    return unit.run(
        update(delivery)
        .where(delivery.c.activity_id.in_(carrying), delivery.c.state.in_(_NOT_LEFT))
        .values(
            state=DeliveryState.CANCELLED.value,
            last_reason="post-deleted",
            done_at=unit.now,
            lease_until=None,
        )
    )


def forget_refused(unit: Unit, activity_id: str, origin: Origin) -> bool:
    """What was refused or put aside here, and no person refused, may come again and is judged anew. False: it had its effect."""
    undecided = or_(inbox_item.c.verdict.is_(None), inbox_item.c.verdict != Verdict.REFUSED.value)
    refused = and_(inbox_item.c.state == ItemState.DONE.value, inbox_item.c.outcome.not_in(FINAL))
    item_id = unit.value(
        select(inbox_item.c.id).where(
            inbox_item.c.activity_digest == known_by(activity_id),
            inbox_item.c.origin == origin,
            undecided,
            or_(refused, inbox_item.c.state == ItemState.PARKED.value),
        )
    )
    if item_id is None:
        return False
    unit.run(delete(inbox_body).where(inbox_body.c.item_id == item_id))
    unit.run(delete(inbox_item).where(inbox_item.c.id == item_id))
    return True
