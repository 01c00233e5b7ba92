"""Deliveries to real sockets: what waits, what is given up, and in which order things arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from federation.iri import origin_of
from federation.testing.loopback import LoopbackPeer, answer, drip, endless, hang, hang_up
from federation.types import Iri, Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import TrustTable
from server.activitypub.keychain import Keychain
from server.core.clock import FixedClock
from server.core.http import outgoing
from server.core.metrics import Metrics
from server.domain.accounts import Account
from server.domain.changes import Change, ChangeKind
from server.domain.parked import WorkKind
from server.domain.trust import Trust
from server.jobs.deliver import DeliverWorker
from server.jobs.unit import Units
from server.services import boundary, instances, keys, parked, waiting
from server.services.boundary import Crossing
from server.services.waiting import DESTINATIONS
from server.store import backlog, work
from server.store import instances as instance_rows
from server.store.session import Database, Unit
from server.store.tables.work import activity, delivery
from tests.support.house import House, open_house

pytestmark = pytest.mark.anyio


@dataclass
class Sending:
    """A house with a member, a worker, and one peer that is allowed."""

    house: House
    author: Account
    trust: TrustTable
    worker: DeliverWorker
    peer: LoopbackPeer
    serial: int = 0

    @property
    def there(self) -> Origin:
        return origin_of(Iri(self.peer.base))

    def send(self, inbox: str = "/inbox", crossing: Crossing = boundary.ACTOR, base: str = "") -> int:
        """An activity for the peer, or for another; its number, which is its body as well."""
        there = Iri(f"{base or self.peer.base}{inbox}")
        self.serial += 1
        number = self.serial

        def add(unit: Unit) -> None:
            row = work.add_activity(
                unit,
                uri=f"https://here.example/activities/{number}",
                kind="Update",
                account_id=self.author.id,
                post_id=None,
                crossing=crossing.record(),
                body=str(number).encode(),
            )
            work.add_deliveries(unit, row, [(origin_of(there), there)])

        self.house.run(add)
        return number

    async def works(self) -> None:
        """What is due now, once."""
        for _ in range(200):
            if not await self.worker.work():
                return
        pytest.fail("the worker does not come to an end")

    def arrived(self) -> list[int]:
        return [int(frame.body) for frame in self.peer.seen]

    def rows(self) -> dict[int, tuple[str, int]]:
        """By number: the state of each delivery, and how often it was tried."""

        def read(unit: Unit) -> dict[int, tuple[str, int]]:
            both = select(activity.c.body, delivery.c.state, delivery.c.attempts).join_from(
                delivery, activity
            )
            return {int(row.body): (row.state, row.attempts) for row in unit.all(both)}

        return self.house.read(read)

    def due_again(self) -> timedelta:
        """Lets the time pass until the first that waits is due and its destination rests no more. Answers how long that was."""
        before = self.clock.now()

        def first(unit: Unit) -> datetime:
            waits = delivery.c.state == "waiting"
            found: datetime = unit.value(select(func.min(delivery.c.due_at)).where(waits))
            peer = instance_rows.find(unit, self.there)
            rests = None if peer is None else peer.next_probe_at
            return max(found, rests or found)

        self.clock.advance(max(self.house.read(first) - before, timedelta()))
        return self.clock.now() - before

    def counts(self) -> dict[str, int]:
        return {name: n for name, n in self.house.read(backlog.counts).items() if name.startswith("delivery")}

    def restarted(self) -> Sending:
        """The same rows, and nothing remembered."""
        database = Database(self.house.database.context)
        egress = self.worker._egress
        worker = DeliverWorker(Units(database), egress, self.clock, Random(2), Metrics(), 0)
        return replace(self, house=House(database, self.clock), worker=worker)

    @property
    def clock(self) -> FixedClock:
        return self.house.clock


@pytest.fixture
async def sending(tmp_path: Path) -> AsyncIterator[Sending]:
    with open_house(tmp_path, dangerous_private_addresses="127.0.0.0/8") as house:
        author = house.local("alice")
        house.run(keys.make, author.id, author.uri)
        settings, database = house.database.context.settings, house.database
        trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
        out = outgoing(settings, trust)
        egress = Egress(out, trust, Keychain(database), house.clock)
        worker = DeliverWorker(Units(database), egress, house.clock, Random(1), Metrics(), 0)
        async with LoopbackPeer("there", fallback=answer(202)) as peer:
            sending = Sending(house, author, trust, worker, peer)
            house.run(instances.set_trust, "test", sending.there, Trust.ALLOWED, "")
            try:
                yield sending
            finally:
                await out.close()
        await asyncio.sleep(0)


async def test_a_table_that_has_not_heard_of_the_end_of_a_pause_loses_nothing(sending: Sending) -> None:
    """A command ends the pause; the serving process hears of it a moment after the first post."""
    house = sending.house
    house.run(instances.set_trust, "test", sending.there, Trust.SUSPENDED, "")
    assert not sending.trust.allows(sending.there)
    house.run(instances.resume, "test", sending.there)
    first, second = sending.send(), sending.send()
    await sending.works()
    assert sending.arrived() == [first, second]
    assert sending.counts() == {}


async def test_a_pause_that_begins_while_a_removal_is_under_way_lets_it_wait(sending: Sending) -> None:
    sending.send(crossing=boundary.REMOVAL)
    [load] = sending.house.run(waiting.lease, 10, frozenset(), 0)
    sending.house.run(instances.set_trust, "test", sending.there, Trust.SUSPENDED, "")
    sending.trust.heard([Change(ChangeKind.TRUST, sending.there)])
    await sending.worker._serve(load)
    assert sending.arrived() == []
    assert sending.counts() == {"delivery.waiting": 1}
    sending.house.clock.advance(timedelta(days=20))
    assert sending.house.run(waiting.lease, 10, frozenset(), 0) == []
    sending.house.run(instances.resume, "test", sending.there)
    await sending.works()
    assert len(sending.arrived()) == 1
    assert sending.counts() == {}


async def test_a_rest_that_a_peer_asked_for_is_not_ended_by_what_it_says(sending: Sending) -> None:
    """It is alive, and not ready: what comes later must not overtake what it put off."""
    sending.peer.behaviours["/inbox"] = answer(429, retry_after="600")
    first = sending.send()
    await sending.works()
    assert sending.arrived() == [first]
    sending.house.run(instances.seen, sending.there, verifies_rfc9421=True)
    sending.peer.behaviours["/inbox"] = answer(202)
    second = sending.send()
    await sending.works()
    assert sending.arrived() == [first], "it rests"
    sending.clock.advance(timedelta(minutes=13))
    await sending.works()
    assert sending.arrived() == [first, first, second]


async def test_a_peer_that_failed_is_woken_by_what_it_says(sending: Sending) -> None:
    sending.peer.behaviours["/inbox"] = answer(500)
    first = sending.send()
    await sending.works()
    sending.peer.behaviours["/inbox"] = answer(202)
    second = sending.send()
    await sending.works()
    assert sending.arrived() == [first], "the way is closed for a while"
    sending.house.run(instances.seen, sending.there, verifies_rfc9421=True)
    await sending.works()
    assert sending.arrived() == [first, first, second]


@pytest.mark.parametrize(
    ("status", "state"), [(401, "parked"), (403, "parked"), (400, "dead"), (422, "dead"), (302, "dead")]
)
async def test_what_a_peer_will_never_take_is_shown_and_holds_up_nothing(
    sending: Sending, status: int, state: str
) -> None:
    sending.peer.behaviours["/inbox"] = answer(status)
    first, second = sending.send(), sending.send("/other")
    await sending.works()
    assert sending.arrived() == [first, second]
    assert sending.rows()[first][0] == state
    assert sending.rows()[second][0] == "done"
    [shown] = sending.house.read(parked.listed)
    assert (shown.kind, shown.state, shown.instance) == (WorkKind.DELIVERY, state, sending.there)
    sending.clock.advance(timedelta(days=13))
    await sending.works()
    assert sending.arrived() == [first, second], "it is not tried again by itself"


@pytest.mark.parametrize("status", [404, 410])
async def test_an_inbox_counts_as_gone_after_three_days(sending: Sending, status: int) -> None:
    sending.peer.behaviours["/inbox"] = answer(status)
    first, second = sending.send(), sending.send("/other")
    began = sending.clock.now()
    for _ in range(100):
        await sending.works()
        assert sending.rows()[second] == ("done", 0), "one inbox says nothing of its neighbours"
        if sending.rows()[first][0] != "waiting":
            break
        sending.due_again()
    assert sending.rows()[first][0] == "dead"
    assert timedelta(days=3) <= sending.clock.now() - began < timedelta(days=3, hours=8)


async def test_a_failing_peer_is_tried_by_the_schedule_for_fourteen_days(sending: Sending) -> None:
    sending.peer.behaviours["/inbox"] = hang_up
    first, second = sending.send(), sending.send()
    began = sending.clock.now()
    waits: list[float] = []
    for tries in range(1, 100):
        await sending.works()
        if sending.rows()[first][0] != "waiting":
            break
        assert len(sending.peer.seen) == tries, "one probe each time, whatever waits"
        waits.append(sending.due_again().total_seconds())
    assert sending.rows()[first][0] == "dead"
    assert timedelta(days=14) <= sending.clock.now() - began < timedelta(days=14, hours=8)
    for waited, step in zip_longest(waits, (30, 120, 600, 1800, 3600, 10_800), fillvalue=21_600):
        assert 0.8 * step <= waited <= 1.2 * step + 2
    assert sending.rows()[second][0] != "done"
    assert (WorkKind.DELIVERY, "dead") in {(one.kind, one.state) for one in sending.house.read(parked.listed)}


async def test_an_activity_that_a_peer_cannot_digest_holds_up_the_others_five_times_at_most(
    sending: Sending,
) -> None:
    sending.peer.behaviours["/inbox"] = answer(500)
    first, second = sending.send(), sending.send("/other")
    for _ in range(4):
        await sending.works()
        assert sending.rows()[second] == ("waiting", 0)
        sending.due_again()
    await sending.works()
    assert sending.rows()[first] == ("waiting", 5)
    sending.due_again()
    await sending.works()
    assert sending.rows()[second][0] == "done"


async def test_after_a_restart_a_peer_that_failed_still_rests_and_gets_one_probe(sending: Sending) -> None:
    sending.peer.behaviours["/inbox"] = hang_up
    numbers = [sending.send() for _ in range(3)]
    for _ in range(2):
        await sending.works()
        sending.due_again()
    await sending.works()
    assert sending.arrived() == [numbers[0]] * 3
    again = sending.restarted()
    try:
        await again.works()
        assert sending.arrived() == [numbers[0]] * 3, "it rests, as before"
        sending.due_again()
        await again.works()
        assert sending.arrived() == [numbers[0]] * 4
        sending.peer.behaviours["/inbox"] = answer(202)
        sending.due_again()
        await again.works()
        assert sending.arrived() == [numbers[0]] * 4 + numbers, "caught up with, in order"
    finally:
        again.house.database.close()


@pytest.mark.slow
async def test_whoever_is_silent_endless_or_nowhere_takes_nobody_s_turn(sending: Sending) -> None:
    """More of them than destinations are served side by side; each ends within the deadline, the healthy one at once."""
    async with AsyncExitStack() as stack:
        bases = ["https://nowhere.invalid"]
        for number, behaviour in enumerate([hang] * DESTINATIONS + [drip, endless]):
            bad = LoopbackPeer(f"bad{number}", fallback=behaviour)
            bases.append((await stack.enter_async_context(bad)).base)
        for base in bases:
            sending.house.run(instances.set_trust, "test", origin_of(Iri(base)), Trust.ALLOWED, "")
        failing = [sending.send(base=base) for base in bases]
        healthy = sending.send()
        loop = asyncio.get_running_loop()
        began = loop.time()
        arrived = None
        while await sending.worker.work():
            if arrived is None and sending.arrived():
                arrived = loop.time() - began
            assert loop.time() - began < 60, "the worker does not come to an end"
        assert sending.arrived() == [healthy]
        assert arrived is not None
        assert arrived < 8, "it waits for none of them"
        found = sending.rows()
        *silent, dripping, without_end = (found[number] for number in failing)
        assert set(silent) == {("waiting", 1)}, "none is lost, and each was tried once"
        assert (dripping[0], without_end[0]) == ("done", "done"), "they said 200 before they went on and on"
