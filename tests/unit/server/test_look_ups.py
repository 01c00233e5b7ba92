"""What is asked of peers: keys of senders, and posts that are answered; from real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from federation.errors import FederationError, Unreachable
from federation.iri import origin_of
from federation.testing.loopback import LoopbackPeer, answer, document, hang
from federation.types import Iri, JsonObject
from server.activitypub.egress import Egress
from server.activitypub.handlers.arrived import Absent, Kind, Wanted
from server.activitypub.ingress import Ingress, KeyRing, Lookup, TrustTable
from server.activitypub.keychain import Keychain
from server.core.http import outgoing
from server.core.i18n import Catalogue
from server.core.metrics import Metrics
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.jobs.federate import FederateWorker
from server.jobs.unit import Units
from server.services import instances, waiting
from server.services.events import happened
from server.services.posts import visible
from tests.support.house import House, open_house

pytestmark = pytest.mark.anyio


@dataclass
class Looking:
    house: House
    keys: KeyRing
    worker: FederateWorker
    ingress: Ingress
    peer: LoopbackPeer
    other: LoopbackPeer

    def wants(self, uri: str) -> None:
        self.house.run(lambda unit: happened(unit, EventKind.PARENT_WANTED, post_id=1, uri=uri, above=1))

    async def works(self, rounds: int = 50) -> None:
        for _ in range(rounds):
            if not await self.worker.work():
                return

    def waits(self) -> list[int]:
        """How often each was tried that waits."""
        return [one.attempts for one in self.house.read(waiting.due_lookups, 1000, frozenset())]

    def later(self, **span: int) -> None:
        self.house.clock.advance(timedelta(**span))


@pytest.fixture
async def looking(tmp_path: Path) -> AsyncIterator[Looking]:
    with open_house(tmp_path, dangerous_private_addresses="127.0.0.0/8") as house:
        settings, database = house.database.context.settings, house.database
        trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
        out = outgoing(settings, trust)
        lookup = Lookup(database, settings, trust, out.plain(), out.plain(), out.plain())
        worker = FederateWorker(
            Units(database),
            Egress(out, trust, Keychain(database), house.clock),
            lookup,
            house.clock,
            Catalogue(),
        )
        async with LoopbackPeer("peer") as peer, LoopbackPeer("other") as other:
            for one in (peer, other):
                house.run(instances.set_trust, "test", origin_of(Iri(one.base)), Trust.ALLOWED, "")
            try:
                keys = KeyRing(database, house.clock, lookup.resolver)
                ingress = Ingress(database, house.clock, trust, keys, lookup, Metrics())
                yield Looking(house, keys, worker, ingress, peer, other)
            finally:
                await worker.stop()
                await out.close()


# -- keys ------------------------------------------------------------------------------------------------


async def test_a_flood_by_a_new_sender_costs_one_fetch(looking: Looking) -> None:
    key_id = Iri(looking.peer.actor("mallory").rsa_signer.key_id)
    found = await asyncio.gather(*(looking.keys.refresh(key_id) for _ in range(20)))
    assert len({one.key for one in found}) == 1
    assert [frame.method for frame in looking.peer.seen] == ["GET"]


async def test_who_looked_before_another_fetched_it_gets_the_key(looking: Looking) -> None:
    """Two first requests side by side: the second asks just after the first has stored the key."""
    key_id = Iri(looking.peer.actor("mallory").rsa_signer.key_id)
    assert await looking.keys.find(key_id) is None
    first = await looking.keys.refresh(key_id)
    assert (await looking.keys.refresh(key_id)).key == first.key
    assert len(looking.peer.seen) == 1, "and it is not fetched again so soon"
    looking.later(minutes=2)
    await looking.keys.refresh(key_id)
    assert len(looking.peer.seen) == 2


async def test_a_key_that_cannot_be_had_is_not_asked_for_again_at_once(looking: Looking) -> None:
    looking.peer.behaviours["/actors/mallory"] = answer(500)
    key_id = Iri(f"{looking.peer.base}/actors/mallory#main-key")
    for _ in range(3):
        with pytest.raises(FederationError):
            await looking.keys.refresh(key_id)
    assert len(looking.peer.seen) == 1


# -- what is answered ------------------------------------------------------------------------------------


def article(peer: LoopbackPeer, author: str) -> JsonObject:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{peer.base}/notes/1",
        "type": "Note",
        "attributedTo": author,
        "content": "The first word",
        "published": "2026-03-01T10:00:00Z",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
    }


async def test_a_parent_whose_instance_was_away_is_asked_for_again(looking: Looking) -> None:
    uri = f"{looking.peer.base}/notes/1"
    author = looking.peer.actor("mallory")
    looking.peer.behaviours["/notes/1"] = answer(503)
    looking.wants(uri)
    await looking.works()
    assert looking.waits() == [], "not at once"
    looking.later(minutes=3)
    assert looking.waits() == [1]
    looking.peer.behaviours["/notes/1"] = document(article(looking.peer, author.id))
    await looking.works()
    looking.later(days=3)
    assert looking.waits() == []
    found = looking.house.read(visible.find_by_uri, uri)
    assert found is not None and "The first word" in found.content


async def test_a_parent_that_is_gone_or_never_comes_is_given_up(looking: Looking) -> None:
    looking.wants(f"{looking.peer.base}/notes/2")  # 404
    looking.peer.behaviours["/notes/3"] = answer(500)
    looking.wants(f"{looking.peer.base}/notes/3")
    for _ in range(10):
        await looking.works()
        looking.later(days=3)
    assert looking.waits() == []
    paths = [frame.url.removeprefix(looking.peer.base) for frame in looking.peer.seen]
    assert (paths.count("/notes/2"), paths.count("/notes/3")) == (1, 6)


async def test_one_instance_for_which_many_wait_is_not_in_the_way_of_others(looking: Looking) -> None:
    looking.peer.fallback = hang
    for number in range(120):
        looking.wants(f"{looking.peer.base}/notes/{number}")
    looking.wants(f"{looking.other.base}/notes/1")
    for _ in range(10):
        await looking.worker.work()
        if looking.other.seen:
            break
    assert len(looking.other.seen) == 1
    assert len(looking.peer.seen) <= 2, "two at a time"


# -- what a handler wants --------------------------------------------------------------------------------


async def test_only_an_origin_that_says_so_has_something_no_more(looking: Looking) -> None:
    wanted = Wanted(Kind.OBJECT, Iri(f"{looking.peer.base}/posts/1"))
    for status in (404, 410):
        looking.peer.behaviours["/posts/1"] = answer(status)
        assert await looking.ingress._fetch(wanted) is Absent.GONE
    for odd in (document({"type": "Note", "id": "https://elsewhere.example/1"}), answer(200)):
        looking.peer.behaviours["/posts/1"] = odd
        assert await looking.ingress._fetch(wanted) is Absent.WITHHELD
    for status in (401, 403, 500):  # another time it may answer, and until then nothing is concluded
        looking.peer.behaviours["/posts/1"] = answer(status)
        with pytest.raises(Unreachable):
            await looking.ingress._fetch(wanted)


async def test_nothing_is_concluded_of_an_origin_that_is_not_asked(looking: Looking) -> None:
    looking.house.run(instances.set_trust, "test", origin_of(Iri(looking.peer.base)), Trust.BLOCKED, "")
    wanted = Wanted(Kind.OBJECT, Iri(f"{looking.peer.base}/posts/1"))
    looking.peer.behaviours["/posts/1"] = answer(404)
    assert await looking.ingress._fetch(wanted) is Absent.WITHHELD
    assert looking.peer.seen == []
