"""The test round with a partner, between two houses: each side's turn, and the receipt at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.types import Origin
from server.core.errors import Conflict, Invalid, NotFound
from server.domain.groups import MembershipState
from server.domain.ledger import PurgeState
from server.domain.posts import Visibility
from server.services import instances, pairing, partners, purges, trials
from server.store import groups, memberships
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

CLINIC = Origin("clinic.example")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic") as made:
        yield made


def seen(chu: Instance) -> list[str]:
    def read(unit: Unit) -> list[str]:
        found = trials.find(unit, CLINIC)
        assert found is not None
        return [one.check for one in trials.lines(unit, found) if one.passed]

    return chu.house.read(read)


def go_on(chu: Instance) -> None:
    chu.house.run(trials.go_on, "test", CLINIC, trials.CASE)


def test_a_round_from_the_group_to_the_receipt(net: Exchange) -> None:
    chu, clinic = net["chu"], net["clinic"]
    anna, bert = chu.doctor("anna"), clinic.doctor("bert")
    begun = chu.house.run(trials.begin, "test", CLINIC, anna, "Test round")
    assert seen(chu) == ["group"]
    go_on(chu)
    assert seen(chu) == ["group"], "it is their turn"
    with pytest.raises(Conflict):
        chu.house.run(trials.begin, "test", CLINIC, anna, "Another")
    group = chu.house.read(trials.group_of, begun)
    net.join(clinic, bert, chu, group)
    go_on(chu)
    net.settle()
    assert seen(chu) == ["group", "joined", "posted"]
    trial = chu.house.read(trials.find, CLINIC)
    assert trial is not None and trial.post_uri is not None
    case = clinic.find(trial.post_uri)
    assert case is not None and "invented case" in case.content
    go_on(chu)
    assert seen(chu) == ["group", "joined", "posted"], "it is their turn again"
    clinic.say(bert, "I have seen it", in_reply_to_id=case.id, visibility=Visibility.FOLLOWERS)
    net.settle()
    assert seen(chu) == ["group", "joined", "posted", "answered"]
    go_on(chu)
    net.settle()
    assert clinic.find(trial.post_uri) is None
    assert seen(chu) == ["group", "joined", "posted", "answered", "withdrawn", "receipted"]
    go_on(chu)
    assert seen(chu) == list(trials.SAID)
    ended = chu.house.read(trials.find, CLINIC)
    assert ended is not None and ended.passed
    steps = chu.house.read(
        lambda unit: pairing.steps(unit, instances.find(unit, CLINIC), partners.find(unit, CLINIC))
    )
    assert steps[5].says == "Done."
    with pytest.raises(Conflict):
        go_on(chu)
    assert chu.house.run(trials.begin, "test", CLINIC, anna, "Again").group_id != begun.group_id


def test_a_round_is_given_up_and_its_group_is_dissolved(net: Exchange) -> None:
    chu = net["chu"]
    anna = chu.doctor("anna")
    with pytest.raises(NotFound):
        chu.house.run(trials.give_up, "test", CLINIC)
    begun = chu.house.run(trials.begin, "test", CLINIC, anna, "Test round")
    chu.house.run(trials.give_up, "test", CLINIC)
    found = chu.house.read(groups.find, begun.group_id)
    assert found is not None and found.dissolved_at is not None
    left = chu.house.read(memberships.find, begun.group_id, anna.id)
    assert left is not None and left.state is MembershipState.REMOVED
    assert not chu.house.read(trials.find, CLINIC).passed


def test_given_up_after_the_case_was_sent_it_is_asked_back(net: Exchange) -> None:
    chu, clinic = net["chu"], net["clinic"]
    anna, bert = chu.doctor("anna"), clinic.doctor("bert")
    begun = chu.house.run(trials.begin, "test", CLINIC, anna, "Test round")
    net.join(clinic, bert, chu, chu.house.read(trials.group_of, begun))
    go_on(chu)
    net.settle()
    trial = chu.house.read(trials.find, CLINIC)
    assert trial is not None and trial.post_uri is not None and clinic.find(trial.post_uri) is not None
    chu.house.run(trials.give_up, "test", CLINIC)
    net.settle()
    assert chu.house.run(purges.ask_due) == 1
    net.settle()
    assert clinic.find(trial.post_uri) is None
    assert [one.state for one in chu.house.read(purges.of_object, trial.post_uri)] == [PurgeState.DONE]


def test_no_round_with_whoever_is_no_partner(net: Exchange) -> None:
    chu = net["chu"]
    anna = chu.doctor("anna")
    chu.house.run(partners.unpair, "test", CLINIC)
    with pytest.raises(Invalid):
        chu.house.run(trials.begin, "test", CLINIC, anna, "Test round")
    with pytest.raises(Invalid):
        chu.house.run(trials.begin, "test", Origin("stranger.example"), anna, "Test round")
