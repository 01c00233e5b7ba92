"""A database that cannot now ends no work: what was acknowledged waits, and is done when it can again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Timer

import pytest

from federation.types import Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import Lookup, TrustTable
from server.activitypub.keychain import Keychain
from server.core.errors import Overloaded
from server.core.http import outgoing
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.jobs.federate import FederateWorker
from server.jobs.unit import Units
from server.services import instances, waiting
from server.services.events import happened
from server.store import instances as rows
from tests.support.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_an_event_is_not_parked_because_somebody_else_was_writing(house: House) -> None:
    alice = house.local("alice")
    house.run(lambda unit: happened(unit, EventKind.ACTOR_CHANGED, account_id=alice.id))
    settings, clock = house.database.context.settings, house.database.context.clock
    trust = TrustTable(settings.origin, dict)
    out = outgoing(settings, trust)
    lookup = Lookup(house.database, settings, trust, out.plain(), out.plain())
    worker = FederateWorker(
        Units(house.database), Egress(out, Keychain(house.database), clock), lookup, clock
    )
    try:
        with closing(
            sqlite3.connect(
                settings.data_dir / "consilium.sqlite", isolation_level=None, check_same_thread=False
            )
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            # longer than the first try waits, shorter than a second one would
            ends = Timer(7, other.execute, ["ROLLBACK"])
            ends.start()
            with pytest.raises(Overloaded):
                await worker.work()
            ends.join()
        assert [event.kind for event in house.read(waiting.due_events, 10)] == [EventKind.ACTOR_CHANGED]
        assert await worker.work()
        assert house.read(waiting.due_events, 10) == []
        assert "event.parked" not in house.read(waiting.counts)
    finally:
        await out.close()


def test_a_peer_that_said_when_to_come_is_not_woken_by_its_own_words(house: House) -> None:
    """Otherwise what was written later would overtake what it put off."""
    peer = Origin("there.example")
    house.run(instances.set_trust, "test", peer, Trust.ALLOWED, "")
    later = house.clock.now() + timedelta(minutes=5)
    house.run(rows.record_breaker, peer, None, 0, later)
    house.run(instances.seen, peer, verifies_rfc9421=False)
    assert house.read(instances.get, peer).next_probe_at == later
    house.run(rows.record_breaker, peer, house.clock.now(), 3, later)
    house.run(instances.seen, peer, verifies_rfc9421=False)
    assert house.read(instances.get, peer).next_probe_at is None, "one that was failing is alive again"
