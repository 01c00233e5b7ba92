"""Waiting work as jobs, commands and health checks see it: what is due, leased, settled, parked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.types import Origin
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Action, ContentForm, Direction, Effect
from server.domain.trust import Instance, Partner
from server.domain.work import LOOKUP_KINDS, Delivery, DeliveryState, Event, InboxItem, ItemState
from server.services import boundary, holds, streams
from server.store import accounts, backlog, destinations, events, instances, memberships, partners
from server.store import work as rows
from server.store.session import Unit

BACKLOG_LIMIT = 10_000
ORIGIN_LIMIT = 2_000
OLDEST_WAITING = timedelta(minutes=5)
LEASE = timedelta(seconds=60)
DESTINATIONS = 64
KEEP_DONE = timedelta(days=7)


def due_items(unit: Unit, limit: int, busy: frozenset[Origin] = frozenset()) -> list[InboxItem]:
    return rows.due_items(unit, limit, busy)


def due_events(unit: Unit, limit: int) -> list[Event]:
    """Those that need nothing but our own rows."""
    return events.due(unit, limit, but=LOOKUP_KINDS)


def due_lookups(unit: Unit, limit: int, busy: frozenset[int], after: int = 0) -> list[Event]:
    """Those for which a peer has to be asked. busy: ids of those under way. after: an id, to look on from."""
    return events.due_lookups(unit, limit, busy, after)


@dataclass(frozen=True, slots=True)
class Overload:
    """Who is asked to come again later: they keep what they send until we answer 202."""

    everybody: bool = False
    origins: frozenset[Origin] = frozenset()


def overload(unit: Unit) -> Overload:
    """As it is now. What one origin sends is worked in its order: when that takes long, it is nobody else's fault."""
    found = rows.inbox_backlog(unit)
    late = {
        origin
        for origin, number, oldest in found
        if number > ORIGIN_LIMIT or unit.now - oldest > OLDEST_WAITING
    }
    return Overload(sum(number for _, number, _ in found) > BACKLOG_LIMIT, frozenset(late))


def to_send(unit: Unit) -> int:
    """How many deliveries wait to be sent; what is held is counted apart."""
    return backlog.counts(unit).get("delivery.waiting", 0)


def settle_event(unit: Unit, event: Event, outcome: str) -> bool:
    """Ends an event. False when it had ended before: then its effect must not be made again."""
    return events.settle(unit, event.id, ItemState.DONE, outcome)


def event_failed(unit: Unit, event: Event, again_at: datetime | None, outcome: str) -> None:
    """Tries an event again later, or parks it where `again_at` is None."""
    if again_at is None:
        events.settle(unit, event.id, ItemState.PARKED, outcome)
    else:
        events.retry(unit, event.id, again_at, outcome)


@dataclass(frozen=True, slots=True)
class Load:
    """What one destination gets now, oldest first. instance: as it stands. versions: of the accounts that speak."""

    destination: Origin
    instance: Instance
    deliveries: tuple[Delivery, ...]
    versions: Mapping[int, int]


def lease(unit: Unit, most: int, busy: frozenset[Origin], process: int) -> list[Load]:
    """Leases what is due. What may no longer cross is cancelled here, in the same transaction.

    A destination that has been failing gets a single probe. process: ours, where several work at once: then a
    destination belongs to one of them at a time; 0 where nobody works beside us.
    """
    if process:
        taken = destinations.take(unit, rows.due_destinations(unit, DESTINATIONS, busy), process, LEASE)
        loads = _loads(unit, rows.due_deliveries_to(unit, most, taken) if taken else [])
        destinations.drop(unit, set(taken) - {load.destination for load in loads}, process)
    else:
        loads = _loads(unit, rows.due_deliveries(unit, most, busy))
    rows.lease_deliveries(unit, [one.id for load in loads for one in load.deliveries], LEASE)
    return loads


def _loads(unit: Unit, found: list[Delivery]) -> list[Load]:
    if not found:
        return []
    peers = instances.find_many(unit, {delivery.destination for delivery in found})
    papers = partners.find_many(unit, peers)
    senders = accounts.many(unit, {delivery.account_id for delivery in found})
    readers = _readers(unit, found, senders)
    owing = boundary.owing(unit)
    loads: dict[Origin, list[Delivery]] = {}
    for delivery in found:
        peer = peers[delivery.destination]
        removes = delivery.crossing["form"] == ContentForm.REMOVAL.value
        # what a suspended member had waiting stays here; taking things back goes on
        silenced = senders[delivery.account_id].suspended_at is not None and not removes
        if not delivery.lane and (
            peer is None
            or silenced
            or _reads_no_more(delivery, readers)
            or not _crosses(unit, delivery, peer, papers.get(delivery.destination), owing)
        ):
            # what `_crosses` has put into the review queue is settled already, and stays as it is
            rows.settle_delivery(unit, delivery.id, DeliveryState.CANCELLED, None, "not-permitted")
            continue
        assert peer is not None  # the query joins it
        if delivery.released and delivery.stream is not None:
            streams.let_go(unit, delivery.activity_id, delivery.destination)
        waiting = loads.setdefault(delivery.destination, [])
        if not waiting or peer.failing_since is None:
            waiting.append(delivery)
    known = {origin: peer for origin, peer in peers.items() if peer is not None}
    versions = {account_id: sender.version for account_id, sender in senders.items()}
    return [Load(origin, known[origin], tuple(waiting), versions) for origin, waiting in loads.items()]


def _reads_no_more(delivery: Delivery, readers: Mapping[int, frozenset[Origin]]) -> bool:
    """Of what a group distributes, not of what it tells who was a member: that they are out."""
    distributed = delivery.stream is not None and delivery.account_id in readers
    return distributed and delivery.destination not in readers[delivery.account_id]


def _crosses(
    unit: Unit, delivery: Delivery, peer: Instance, papers: Partner | None, owing: boundary.Owing
) -> bool:
    """False where it may not leave now; what a new rule holds is put into the review queue."""
    made = boundary.still(
        unit,
        Action.DELIVER,
        delivery.destination,
        peer,
        papers,
        delivery.crossing,
        owing,
        released=delivery.released,
    )
    if made.effect is Effect.HOLD:
        rows.settle_delivery(unit, delivery.id, DeliveryState.HELD, None, "")
        holds.hold(
            unit,
            Direction.OUT,
            delivery.id,
            delivery.destination,
            delivery.activity_uri,
            made,
            delivery.crossing["group"][0],
        )
    return made.allowed


def _readers(
    unit: Unit, found: list[Delivery], senders: Mapping[int, Account]
) -> dict[int, frozenset[Origin]]:
    """By group: where its members live at this moment. What it distributes goes to no other place."""
    speaking = {
        delivery.account_id
        for delivery in found
        if delivery.stream is not None and senders[delivery.account_id].kind is AccountKind.GROUP
    }
    return {
        group_id: frozenset(host for host, _ in memberships.inboxes(unit, group_id)) for group_id in speaking
    }


def finished(unit: Unit, load: Load, arrived: list[Delivery], rest: list[Delivery], process: int) -> None:
    """The end of the work on a load. arrived: done, and a breaker that was open closes. rest: not tried, given back."""
    if arrived:
        rows.settle_done(unit, [one.id for one in arrived])
        if load.instance.failing_since is not None:
            instances.record_breaker(unit, load.destination, None, 0, None)
    if rest:
        rows.release_leases(unit, [one.id for one in rest])
    if process:
        destinations.drop(unit, [load.destination], process)


def ended(unit: Unit, delivery: Delivery, state: DeliveryState, status: int | None, reason: str) -> None:
    rows.settle_delivery(unit, delivery.id, state, status, reason)


def again(
    unit: Unit,
    delivery: Delivery,
    due_at: datetime,
    status: int | None,
    reason: str,
    breaker: tuple[datetime | None, int, datetime | None] | None,
) -> None:
    """Later. breaker: failing_since, failures, next_probe_at of the destination, where it is to rest."""
    rows.retry_delivery(unit, delivery.id, due_at, status, reason)
    if breaker is not None:
        instances.record_breaker(unit, delivery.destination, *breaker)


def take_over(unit: Unit) -> int:
    """At the start of the only runner: what a killed one had leased is due again."""
    return rows.release_all_leases(unit)


def forget_done(unit: Unit) -> int:
    return rows.forget_done(unit, unit.now - KEEP_DONE)


def ask_for_verdicts(unit: Unit) -> int:
    """What members here said to groups elsewhere and what was not answered is said again. Answers how many."""
    return backlog.send_pending_again(unit)
