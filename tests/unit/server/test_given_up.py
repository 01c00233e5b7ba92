"""What is given up: after how many tries, that whoever looks after the instance sees it, and that nothing waits behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from federation.iri import origin_of
from federation.testing.loopback import LoopbackPeer, answer, document
from federation.types import Iri, JsonObject, Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import Ingress, KeyRing, Lookup, TrustTable
from server.activitypub.keychain import Keychain
from server.core.http import outgoing
from server.core.i18n import Catalogue
from server.core.metrics import Metrics
from server.domain.parked import WorkKind
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.jobs.federate import FederateWorker
from server.jobs.inbound import InboundWorker
from server.jobs.unit import Units
from server.services import instances, parked, waiting
from server.services.events import happened
from server.store import parked as parked_rows
from server.store import posts, relationships, work
from server.store.session import Unit
from tests.support.house import House, open_house

pytestmark = pytest.mark.anyio

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
TRIES = 5
HOUR = timedelta(hours=1)


@dataclass
class Working:
    """A house, its workers, and one peer that is allowed."""

    house: House
    inbound: InboundWorker
    federate: FederateWorker
    peer: LoopbackPeer
    serial: int = 0

    @property
    def there(self) -> Origin:
        return origin_of(Iri(self.peer.base))

    def receives(self, kind: str, thing: Iri | JsonObject, actor: Iri) -> int:
        """An activity of the peer as the inbox stores it; its row."""
        self.serial += 1
        body = {
            "id": f"{self.peer.base}/activities/{self.serial}",
            "type": kind,
            "actor": actor,
            "object": thing,
            "to": [PUBLIC],
        }

        def store(unit: Unit) -> int:
            item_id = unit.new_id()
            values = {
                "id": item_id,
                "activity_id": body["id"],
                "actor": actor,
                "origin": self.there,
                "key_id": f"{actor}#main-key",
                "digest": "0" * 64,
                "received_at": unit.now,
            }
            assert work.accept(unit, values, json.dumps(body).encode())
            return item_id

        return self.house.run(store)

    async def works(self) -> None:
        for worker in (self.inbound, self.federate):
            for _ in range(200):
                if not await worker.work():
                    break
            else:
                pytest.fail("the worker does not come to an end")


@pytest.fixture
async def working(tmp_path: Path) -> AsyncIterator[Working]:
    with open_house(tmp_path, dangerous_private_addresses="127.0.0.0/8", scheme="http") as house:
        settings, database = house.database.context.settings, house.database
        trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
        out = outgoing(settings, trust)
        lookup = Lookup(database, settings, trust, out.plain(), out.plain(), out.plain())
        keys = KeyRing(database, house.clock, lookup.resolver)
        ingress = Ingress(database, house.clock, trust, keys, lookup, Metrics())
        egress = Egress(out, trust, Keychain(database), house.clock)
        units = Units(database)
        async with LoopbackPeer("there") as peer:
            working = Working(
                house,
                InboundWorker(units, ingress),
                FederateWorker(units, egress, lookup, house.clock, Catalogue()),
                peer,
            )
            house.run(instances.set_trust, "test", working.there, Trust.ALLOWED, "")
            try:
                yield working
            finally:
                await out.close()


async def test_an_activity_that_cannot_be_applied_is_shown_after_five_tries(working: Working) -> None:
    house = working.house
    theirs = house.remote("theirs", working.there, uri=f"{working.peer.base}/users/theirs")
    note = {
        "id": f"{working.peer.base}/notes/1",
        "type": "Note",
        "attributedTo": theirs.uri,
        "content": "Hello",
        "to": [PUBLIC],
    }
    working.peer.behaviours["/notes/1"] = answer(500)
    boost = working.receives("Announce", note["id"], theirs.uri)
    alice = house.local("alice")
    follow = working.receives("Follow", alice.uri, theirs.uri)
    for tries in range(1, TRIES):
        await working.works()
        item = house.read(work.find_item, boost)
        assert item is not None
        assert (item.state.value, item.attempts) == ("waiting", tries)
        assert house.read(parked.listed) == []
        house.clock.advance(3 * HOUR)
    assert house.read(work.find_item, follow) is None, "what is behind it in its origin went on, and is done"
    assert house.read(relationships.find_follow, theirs.id, alice.id) is not None
    await working.works()
    [shown] = house.read(parked.listed)
    assert (shown.kind, shown.state, shown.instance) == (WorkKind.INBOX, "parked", working.there)
    assert shown.reason
    assert len(working.peer.seen) == TRIES
    house.clock.advance(100 * HOUR)
    await working.works()
    assert len(working.peer.seen) == TRIES, "nobody tries it any more"
    working.peer.behaviours["/notes/1"] = document(
        {"@context": "https://www.w3.org/ns/activitystreams", **note}
    )
    house.run(parked_rows.apply_again, working.there)
    await working.works()
    assert house.read(parked.listed) == []
    assert house.read(posts.find_by_uri, Iri(note["id"])) is not None, "it was kept, and has its effect now"


async def test_an_event_that_is_poison_is_shown_after_five_tries(working: Working) -> None:
    house = working.house
    alice = house.local("alice")
    house.run(happened, EventKind.ATTESTATION_CHANGED)  # of none
    house.run(happened, EventKind.ACTOR_CHANGED, account_id=alice.id)
    for tries in range(1, TRIES + 1):
        assert house.read(parked.listed) == []
        await working.works()
        house.clock.advance(3 * HOUR)
        left = [(one.kind, one.attempts) for one in house.read(waiting.due_events, 10)]
        assert left == ([(EventKind.ATTESTATION_CHANGED, tries)] if tries < TRIES else [])
    [shown] = house.read(parked.listed)
    assert (shown.kind, shown.subject, shown.reason) == (WorkKind.EVENT, "attestation.changed", "KeyError")
