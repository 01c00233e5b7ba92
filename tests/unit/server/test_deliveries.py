"""Deliveries to real sockets: what waits, what is given up, and in which order things arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from federation.iri import origin_of
from federation.testing.loopback import LoopbackPeer, answer
from federation.types import Iri, Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import TrustTable
from server.activitypub.keychain import Keychain
from server.core.clock import FixedClock
from server.core.http import outgoing
from server.core.metrics import Metrics
from server.domain.accounts import Account
from server.domain.changes import Change, ChangeKind
from server.domain.trust import Trust
from server.jobs.deliver import DeliverWorker
from server.jobs.unit import Units
from server.services import boundary, instances, keys, waiting
from server.services.boundary import Crossing
from server.store import backlog, work
from server.store.session import Unit
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

    def send(self, inbox: str = "/inbox", crossing: Crossing = boundary.ACTOR) -> int:
        """An activity for the peer; its number, which is its body as well."""
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
            work.add_deliveries(unit, row, [(self.there, Iri(f"{self.peer.base}{inbox}"))])

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

    def counts(self) -> dict[str, int]:
        return {name: n for name, n in self.house.read(backlog.counts).items() if name.startswith("delivery")}

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
