"""What the lane for purges and receipts takes, of whom, and by which keys: held before, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.types import Iri, Origin
from server.activitypub.ingress.lane import LaneGate, held_key
from server.activitypub.ingress.trust import TrustTable
from server.domain.trust import Trust
from server.services import instances, partners
from server.store.session import Unit
from tests.support.exchange import Exchange, open_exchange
from tests.unit.server.test_group_posts_forged import Scene


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as opened:
        yield opened


def test_whoever_was_decided_about_is_heard_and_nobody_else() -> None:
    own = Origin("own.example")
    levels = {Origin(f"{one.value}.example"): one for one in Trust}
    gate = LaneGate(own, TrustTable(own, lambda: {**levels, own: Trust.ALLOWED}))
    heard = {one.value for origin, one in levels.items() if gate.allows(origin)}
    assert heard == {one.value for one in Trust} - {"unknown"}
    assert not gate.allows(own)


def test_the_pinned_key_stays_held_after_the_end_and_no_persons_key_ever_is(net: Exchange) -> None:
    scene = Scene(net)
    scene.said()
    society, chu = net["society"], net["chu"]
    society.knows(chu, scene.anna)

    def pinned(unit: Unit) -> Iri:
        found = partners.find(unit, chu.origin)
        assert found is not None
        return Iri(f"{partners.instance_actor(found)}#ed25519-1")

    key_id = society.house.read(pinned)
    for level in (Trust.ALLOWED, Trust.SUSPENDED, Trust.BLOCKED):
        society.house.run(instances.set_trust, "test", chu.origin, level)
        held = society.house.read(held_key, key_id)
        assert held is not None
        assert held.key.to_multibase() == chu.key().to_multibase()
    assert society.house.read(held_key, Iri(f"{scene.anna.uri}#ed25519-1")) is None
    assert society.house.read(held_key, Iri("https://nobody.example/actor#ed25519-1")) is None
