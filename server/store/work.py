"""Rows of waiting work: the inbox, events, activities and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from federation.types import Iri, Origin
from server.domain.holds import Verdict
from server.domain.work import (
    Delivery,
    DeliveryState,
    Hint,
    InboxItem,
    ItemState,
)
from server.store.pauses import MAY_LEAVE, PAUSED_IN
from server.store.session import Unit
from server.store.statement import insert_all_ignore, insert_ignore
from server.store.tables.instances import instance
from server.store.tables.work import activity, delivery, event, inbox_body, inbox_item, undone

NO_STREAMS: Mapping[Origin, str] = {}

# -- inbox -----------------------------------------------------------------------------------------------

_ADD_BODY = inbox_body.insert()
_DROP_BODY = delete(inbox_body).where(inbox_body.c.item_id == bindparam("id"))
_WITH_BODY = ("activity_id", "actor", "key_id", "scheme", "stream")
ITEMS = select(inbox_item, *(inbox_body.c[name] for name in _WITH_BODY)).join(inbox_body)
"""Those whose work is not done, whole."""
_ITEM = ITEMS.where(inbox_item.c.id == bindparam("id"))
_DUE_ITEMS = (
    ITEMS.where(
        undone,
        inbox_item.c.state == ItemState.WAITING.value,
        inbox_item.c.due_at <= bindparam("now"),
        inbox_item.c.origin.not_in(bindparam("busy", expanding=True)),
        ~PAUSED_IN,
    )
    .order_by(inbox_item.c.id)
    .limit(bindparam("most"))
)
_SETTLE_ITEM = (
    update(inbox_item)
    .where(inbox_item.c.id == bindparam("item_id"), inbox_item.c.state == ItemState.WAITING.value)
    .values(state=bindparam("to"), outcome=bindparam("with"))
)
_DIGEST = select(inbox_item.c.digest).where(inbox_item.c.activity_digest == bindparam("key"))


def known_by(activity_id: str) -> bytes:
    """What is kept of an activity's id for ever: the first 16 bytes of its SHA-256."""
    return sha256(activity_id.encode()).digest()[:16]


def accept(unit: Unit, values: dict[str, Any], body: bytes) -> bool:
    """Stores an accepted activity. False when its id is already there (with whatever content)."""
    rest = {"scheme": "cavage", "stream": None} | values
    with_body = {"item_id": values["id"], "body": body} | {name: rest.pop(name) for name in _WITH_BODY}
    actor, key_id = with_body["actor"], with_body["key_id"]
    if key_id.startswith(f"{actor}#"):
        with_body["key_id"] = key_id.removeprefix(actor)
    waiting = {"state": ItemState.WAITING.value, "attempts": 0, "due_at": unit.now, "outcome": ""}
    waiting["activity_digest"] = known_by(with_body["activity_id"])
    fresh = insert_ignore(unit, inbox_item, waiting | rest)
    if fresh:
        unit.run(_ADD_BODY, with_body)
        unit.hint(Hint.INBOUND)
    return fresh


def body_of(unit: Unit, item_id: int) -> bytes | None:
    """What was received, verbatim; None where the work on it is done."""
    found: bytes | None = unit.value(select(inbox_body.c.body).where(inbox_body.c.item_id == item_id))
    return found


def digest_of(unit: Unit, activity_id: str) -> str | None:
    """The digest of the body first accepted under an activity id."""
    found: str | None = unit.value(_DIGEST, {"key": known_by(activity_id)})
    return found


def due_items(unit: Unit, limit: int, busy: Iterable[Origin] = ()) -> list[InboxItem]:
    """Oldest first, of all origins but the busy ones."""
    values = {"now": unit.now, "most": limit, "busy": sorted(busy)}
    return [_item(row) for row in unit.all(_DUE_ITEMS, values)]


def find_item(unit: Unit, item_id: int) -> InboxItem | None:
    """None where its work is done."""
    row = unit.first(_ITEM, {"id": item_id})
    return _item(row) if row else None


def hold_item(unit: Unit, item_id: int) -> InboxItem | None:
    """An item for as long as the transaction takes. None where another process holds it, a pause does, or it is done."""
    held = _ITEM.where(~PAUSED_IN)
    row = unit.first(
        held if unit.is_sqlite else held.with_for_update(skip_locked=True, of=inbox_item), {"id": item_id}
    )
    return _item(row) if row else None


def settle_item(unit: Unit, item_id: int, state: ItemState, outcome: str) -> None:
    """Ends the work on an item. The body of a done one is dropped: its digest stays to know a repeat."""
    unit.run(_SETTLE_ITEM, {"item_id": item_id, "to": state.value, "with": outcome})
    if state is ItemState.DONE:
        unit.run(_DROP_BODY, {"id": item_id})


def retry_item(unit: Unit, item_id: int, due_at: datetime, outcome: str) -> None:
    unit.run(
        update(inbox_item)
        .where(inbox_item.c.id == item_id)
        .values(attempts=inbox_item.c.attempts + 1, due_at=due_at, outcome=outcome)
    )


def inbox_backlog(unit: Unit) -> list[tuple[Origin, int, datetime]]:
    """By origin: how many items wait for their first try, and since when the oldest. What is tried again or paused waits by design."""
    counted = select(
        inbox_item.c.origin, func.count().label("waiting"), func.min(inbox_item.c.received_at).label("since")
    )
    untried = counted.where(
        undone, inbox_item.c.state == ItemState.WAITING.value, inbox_item.c.attempts == 0, ~PAUSED_IN
    )
    return [
        (Origin(row.origin), row.waiting, row.since)
        for row in unit.all(untried.group_by(inbox_item.c.origin))
    ]


def _item(row: Row[Any]) -> InboxItem:
    return InboxItem(
        id=row.id,
        activity_id=Iri(row.activity_id),
        actor=Iri(row.actor),
        origin=Origin(row.origin),
        key_id=Iri(row.actor + row.key_id if row.key_id.startswith("#") else row.key_id),
        digest=row.digest,
        received_at=row.received_at,
        state=ItemState(row.state),
        attempts=row.attempts,
        scheme=row.scheme,
        verdict=Verdict(row.verdict) if row.verdict else None,
        stream=row.stream,
        lane=row.lane,
    )


# -- activities and deliveries ---------------------------------------------------------------------------


def add_activity(
    unit: Unit,
    *,
    uri: str,
    kind: str,
    account_id: int,
    post_id: int | None,
    crossing: dict[str, Any],
    body: bytes,
) -> int:
    """Stores the bytes of an activity of ours once; answers its row's id. Stored again, it stays what it was."""
    row_id = unit.new_id()
    values = {
        "id": row_id,
        "uri": uri,
        "kind": kind,
        "account_id": account_id,
        "post_id": post_id,
        "crossing": crossing,
        "body": body,
        "created_at": unit.now,
    }
    if insert_ignore(unit, activity, values):
        return row_id
    found = unit.value(select(activity.c.id).where(activity.c.uri == uri))
    assert found is not None
    return int(found)


def find_activity(unit: Unit, uri: str) -> Row[Any] | None:
    return unit.first(select(activity).where(activity.c.uri == uri))


def get_activity(unit: Unit, row_id: int) -> Row[Any]:
    row = unit.first(select(activity).where(activity.c.id == row_id))
    assert row is not None
    return row


def forget_activities(unit: Unit, post_id: int, before: datetime | None = None) -> int:
    """Drops the bytes of whatever carried a post, and what waits to carry it. Answers how many. before: only what is older."""
    carrying = delete(activity).where(activity.c.post_id == post_id)
    return unit.run(carrying if before is None else carrying.where(activity.c.created_at < before))


def forget_activity(unit: Unit, activity_id: int) -> None:
    """Drops the bytes of one, and what waits to carry them."""
    unit.run(delete(activity).where(activity.c.id == activity_id))


def add_deliveries(
    unit: Unit,
    activity_id: int,
    inboxes: Iterable[tuple[Origin, Iri]],
    *,
    streams: Mapping[Origin, str] = NO_STREAMS,
    profile: bool = False,
    lane: bool = False,
    held: Collection[Origin] = (),
) -> None:
    """inboxes: destination and address. One that is there already stays as it is.

    streams: the header Consilium-Stream of each destination. profile, lane: see `domain.work.Delivery`. held:
    destinations for which it waits for a person.
    """
    values = [
        {
            "id": unit.new_id(),
            "activity_id": activity_id,
            "destination": destination,
            "inbox": inbox,
            "state": (DeliveryState.HELD if destination in held else DeliveryState.WAITING).value,
            "attempts": 0,
            "due_at": unit.now,
            "last_reason": "",
            "created_at": unit.now,
            "stream": streams.get(destination),
            "profile": profile,
            "lane": lane,
        }
        for destination, inbox in inboxes
    ]
    if values:
        insert_all_ignore(unit, delivery, values)
        unit.hint(Hint.DELIVER)


def forget_ended(unit: Unit, activity_id: int) -> None:
    """Deliveries that are over, so that the same bytes can leave once more."""
    over = [DeliveryState.DONE.value, DeliveryState.DEAD.value, DeliveryState.PARKED.value]
    unit.run(delete(delivery).where(delivery.c.activity_id == activity_id, delivery.c.state.in_(over)))


_IS_DUE = (
    delivery.c.state == DeliveryState.WAITING.value,
    delivery.c.due_at <= bindparam("now"),
    or_(instance.c.next_probe_at.is_(None), instance.c.next_probe_at <= bindparam("now")),
    MAY_LEAVE,
)
_IS_FREE = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until < bindparam("now"))
_DUE = (
    select(delivery, activity.c.uri, activity.c.account_id, activity.c.crossing, activity.c.body)
    .join(activity, activity.c.id == delivery.c.activity_id)
    .join(instance, instance.c.domain == delivery.c.destination)
    .where(*_IS_DUE)
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
_DUE_DESTINATIONS = (
    select(delivery.c.destination)
    .join(instance, instance.c.domain == delivery.c.destination)
    .where(*_IS_DUE)
    .distinct()
    .limit(bindparam("most"))
)


def due_deliveries(unit: Unit, most: int, busy: frozenset[Origin]) -> list[Delivery]:
    """The oldest deliveries that are due, in order, to destinations that are neither busy nor resting."""
    statement = _DUE.where(_IS_FREE, delivery.c.destination.not_in(sorted(busy)))
    return _deliveries(unit, statement, most)


def due_destinations(unit: Unit, most: int, busy: frozenset[Origin]) -> list[Origin]:
    """Where deliveries are due, but for those that are busy or resting."""
    statement = _DUE_DESTINATIONS.where(delivery.c.destination.not_in(sorted(busy)))
    return [Origin(row.destination) for row in unit.all(statement, {"now": unit.now, "most": most})]


def due_deliveries_to(unit: Unit, most: int, destinations: Iterable[Origin]) -> list[Delivery]:
    """The oldest deliveries that are due to these destinations, in order."""
    return _deliveries(unit, _DUE.where(delivery.c.destination.in_(sorted(destinations))), most)


def _deliveries(unit: Unit, statement: Select[Any], most: int) -> list[Delivery]:
    rows = unit.all(statement, {"now": unit.now, "most": most})
    return [
        Delivery(
            id=row.id,
            activity_id=row.activity_id,
            activity_uri=Iri(row.uri),
            account_id=row.account_id,
            destination=Origin(row.destination),
            inbox=Iri(row.inbox),
            crossing=row.crossing,
            body=row.body,
            attempts=row.attempts,
            created_at=row.created_at,
            stream=row.stream,
            profile=row.profile,
            lane=row.lane,
            released=row.released,
        )
        for row in rows
    ]


_LEASE = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(lease_until=bindparam("until"))
)
_SETTLE_DONE = (
    update(delivery)
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)), delivery.c.state == DeliveryState.WAITING.value
    )
    .values(
        state=DeliveryState.DONE.value,
        last_status=202,
        last_reason="",
        done_at=bindparam("now"),
        lease_until=None,
    )
)


def lease_deliveries(unit: Unit, delivery_ids: Iterable[int], lease_for: timedelta) -> None:
    unit.run(_LEASE, {"ids": list(delivery_ids), "until": unit.now + lease_for})


def settle_delivery(
    unit: Unit, delivery_id: int, state: DeliveryState, status: int | None, reason: str
) -> None:
    unit.run(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.WAITING.value)
        .values(state=state.value, last_status=status, last_reason=reason, done_at=unit.now, lease_until=None)
    )


def settle_done(unit: Unit, delivery_ids: Iterable[int]) -> None:
    """Many deliveries that arrived, in one statement."""
    unit.run(_SETTLE_DONE, {"ids": list(delivery_ids), "now": unit.now})


def retry_delivery(unit: Unit, delivery_id: int, due_at: datetime, status: int | None, reason: str) -> None:
    unit.run(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.state == DeliveryState.WAITING.value)
        .values(
            attempts=delivery.c.attempts + 1,
            due_at=due_at,
            last_status=status,
            last_reason=reason,
            lease_until=None,
        )
    )


def release_leases(unit: Unit, delivery_ids: Iterable[int]) -> None:
    unit.run(update(delivery).where(delivery.c.id.in_(list(delivery_ids))).values(lease_until=None))


def release_all_leases(unit: Unit) -> int:
    """At the start of the only runner there is: what a killed one had leased is due again."""
    return unit.run(
        update(delivery)
        .where(delivery.c.state == DeliveryState.WAITING.value, delivery.c.lease_until.is_not(None))
        .values(lease_until=None)
    )


def forget_done(unit: Unit, before: datetime) -> int:
    """Drops finished events and deliveries older than `before`."""
    gone = unit.run(delete(event).where(event.c.state == ItemState.DONE.value, event.c.created_at < before))
    ended = [DeliveryState.DONE.value, DeliveryState.CANCELLED.value]
    return gone + unit.run(
        delete(delivery).where(delivery.c.state.in_(ended), delivery.c.created_at < before)
    )
