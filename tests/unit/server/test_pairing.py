"""The seven steps of pairing: each says who must act, and a step that comes undone is open again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from federation.types import Origin
from server.domain.pairing import Actor
from server.domain.trust import ProbeLine, Trust
from server.services import instances, pairing, partners
from server.store.session import Unit
from tests.support.house import House
from tests.support.partners import as_partner

PEER = Origin("peer.example")


def actors(house: House) -> list[Actor]:
    def read(unit: Unit) -> list[Actor]:
        found = pairing.steps(unit, instances.find(unit, PEER), partners.find(unit, PEER))
        assert [step.number for step in found] == [1, 2, 3, 4, 5, 6, 7]
        return [step.actor for step in found]

    return house.read(read)


PASSED, REFUSED = ProbeLine("object", passed=True), ProbeLine("object", passed=False)
DONE = Actor.NOBODY


def test_each_step_says_who_must_act(house: House) -> None:
    assert actors(house)[:3] == [Actor.BOTH, Actor.BOTH, Actor.US]
    now = house.clock.now()
    ready: dict[str, Any] = {"probed_at": None, "next_probe_at": now + timedelta(days=1)}
    house.run(as_partner, PEER, **ready)
    assert actors(house)[:5] == [DONE, DONE, DONE, Actor.THEM, Actor.US]
    house.run(partners.ask_probe, "test", PEER)
    assert actors(house)[4] is Actor.SERVER
    house.run(lambda unit: partners.probed(unit, PEER, [REFUSED], unit.now))
    assert actors(house)[3:5] == [Actor.THEM, Actor.THEM]
    failing = [PASSED, ProbeLine("clock", passed=False)]
    house.run(lambda unit: partners.probed(unit, PEER, failing, unit.now))
    assert actors(house)[3:5] == [DONE, Actor.BOTH]
    house.run(lambda unit: partners.probed(unit, PEER, [PASSED], unit.now))
    assert actors(house) == [DONE, DONE, DONE, DONE, DONE, Actor.BOTH, DONE]
    house.run(instances.set_trust, "test", PEER, Trust.SUSPENDED)
    assert actors(house)[3] is Actor.US
    house.run(as_partner, PEER, mismatch_at=now)
    assert actors(house)[1] is Actor.BOTH
    house.run(as_partner, PEER, mismatch_at=None, agreement_until=now)
    assert actors(house)[2] is Actor.US


def test_every_line_of_the_probe_has_words(house: House) -> None:
    assert pairing.line_words(ProbeLine("object", passed=True)) != "object"
    assert pairing.line_words(ProbeLine("something-new", passed=True)) == "something-new"
