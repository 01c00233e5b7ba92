"""Federation lists over real sockets: fetched from their own address, caught up from their history, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from federation.iri import origin_of
from federation.testing.loopback import LoopbackPeer, answer, redirect
from federation.types import Iri
from server.activitypub.ingress import FederationListReader, TrustTable, federation_list
from server.core.http import outgoing
from server.domain.federation_lists import Received
from server.domain.trust import Trust
from server.jobs.federation_lists import FederationListKeeper
from server.jobs.unit import Units
from server.services import federation_lists, instances
from tests.support.federation_lists import Publisher
from tests.support.house import House, open_house

pytestmark = pytest.mark.anyio


@dataclass
class Following:
    house: House
    peer: LoopbackPeer
    reader: FederationListReader
    publisher: Publisher
    first: bytes

    @property
    def url(self) -> str:
        return f"{self.peer.base}/list.json"

    def put(self, path: str, raw: bytes) -> None:
        self.peer.behaviours[path] = answer(200, raw, "application/json")

    def version(self, number: int, name: str, after: bytes) -> bytes:
        return self.publisher.version(number, [name], after=after, id=self.url)

    async def read(self) -> Received | None:
        return await self.reader.read(self.house.read(federation_lists.get, self.url))

    def known(self) -> int:
        return self.house.read(federation_lists.get, self.url).version


@pytest.fixture
async def following(tmp_path: Path) -> AsyncIterator[Following]:
    with open_house(tmp_path, dangerous_private_addresses="127.0.0.0/8", scheme="http") as house:
        database, settings = house.database, house.database.context.settings
        trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
        out = outgoing(settings, trust)
        async with LoopbackPeer("society") as peer:
            publisher = Publisher()
            first = publisher.version(1, ["a.example"], id=f"{peer.base}/list.json")
            house.run(instances.set_trust, "test", origin_of(Iri(peer.base)), Trust.ALLOWED)
            given = federation_list.judge(first, house.clock.now() + timedelta(minutes=1))
            house.run(federation_lists.follow, "test", given, publisher.fingerprints())
            reader = FederationListReader(database, out.plain(), house.clock)
            try:
                yield Following(house, peer, reader, publisher, first)
            finally:
                await out.close()


async def test_missing_versions_are_fetched_in_order(following: Following) -> None:
    versions = {1: following.first}
    for number in range(2, 6):
        versions[number] = following.version(number, f"v{number}.example", versions[number - 1])
        following.put(f"/list.json/{number}", versions[number])
    following.put("/list.json", versions[5])
    assert await following.read() is Received.NEW
    assert following.known() == 5
    assert await following.read() is Received.SAME


async def test_a_hole_in_the_history_stays_where_it_was(following: Following) -> None:
    second = following.version(2, "b.example", following.first)
    third = following.version(3, "c.example", second)
    following.put("/list.json", following.version(4, "d.example", third))
    following.put("/list.json/2", second)
    assert await following.read() is None
    assert following.known() == 2


async def test_what_the_publisher_may_answer(following: Following) -> None:
    second = following.version(2, "b.example", following.first)
    for behaviour in (
        answer(404),
        answer(500),
        answer(200, b"", "application/json"),
        answer(200, b"x" * (federation_list.LARGEST + 1), "application/json"),
        answer(200, following.publisher.version(2, [], after=following.first), "application/json"),
        redirect(f"{following.peer.base}/elsewhere"),
    ):
        following.put("/elsewhere", second)
        following.peer.behaviours["/list.json"] = behaviour
        assert await following.read() is None
        assert following.known() == 1


async def test_the_keeper_looks_when_it_is_due(following: Following) -> None:
    following.put("/list.json", following.version(2, "b.example", following.first))
    keeper = FederationListKeeper(Units(following.house.database), following.reader)
    await keeper.fetch_due()
    assert following.known() == 1
    following.house.clock.advance(timedelta(hours=1, minutes=1))
    await keeper.fetch_due()
    assert following.known() == 2
