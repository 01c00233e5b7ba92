"""A database that cannot now ends no work: what was acknowledged waits, and is done when it can again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from threading import Timer

import pytest

from server.activitypub.egress import Egress
from server.activitypub.ingress import Lookup, TrustTable
from server.activitypub.keychain import Keychain
from server.core.errors import Overloaded
from server.core.http import outgoing
from server.core.i18n import Catalogue
from server.domain.work import EventKind
from server.jobs.federate import FederateWorker
from server.jobs.unit import Units
from server.services import waiting
from server.services.events import happened
from server.store import backlog
from tests.support.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_an_event_is_not_parked_because_somebody_else_was_writing(house: House) -> None:
    alice = house.local("alice")
    house.run(lambda unit: happened(unit, EventKind.ACTOR_CHANGED, account_id=alice.id))
    settings, clock = house.database.context.settings, house.database.context.clock
    trust = TrustTable(settings.origin, dict)
    out = outgoing(settings, trust)
    lookup = Lookup(house.database, settings, trust, out.plain(), out.plain(), out.plain())
    worker = FederateWorker(
        Units(house.database), Egress(out, trust, Keychain(house.database), clock), lookup, clock, Catalogue()
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
        assert "event.parked" not in house.read(backlog.counts)
    finally:
        await out.close()
