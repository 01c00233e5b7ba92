"""Pauses and ends of the relation with another institution: what is counted before, what happens, what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.types import Origin
from server.core.errors import Conflict, Invalid, NotFound
from server.domain.consequences import Step
from server.domain.groups import MembershipState
from server.domain.ledger import PurgeReason, PurgeState, ReceiptStatus
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.services import consequences, groups, instances, partners, purges, standstill, waiting
from server.store import memberships
from server.store import partners as partner_rows
from server.store.session import Unit
from tests.support.exchange import Exchange, open_exchange
from tests.support.house import House
from tests.support.partners import as_partner

pytestmark = pytest.mark.slow

CHU, CLINIC = Origin("chu.example"), Origin("clinic.example")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    """Anna of chu and Bert of clinic are in a group of society's, where Anna has said something."""
    with open_exchange(tmp_path, "chu", "clinic", "society") as made:
        society = made["society"]
        group = society.group()
        anna, bert = made["chu"].doctor("anna"), made["clinic"].doctor("bert")
        made.join(made["chu"], anna, society, group)
        made.join(made["clinic"], bert, society, group)
        made["chu"].say(anna, "@cardio@society.example An ECG")
        made.settle()
        yield made


def test_the_end_asks_back_what_was_given_and_ends_what_crosses(net: Exchange) -> None:
    society, clinic = net["society"], net["clinic"]
    before = society.house.read(consequences.of, Step.END, [CLINIC]).counts
    assert (before.theirs, before.ours, before.groups, before.posts) == (1, 0, 1, 1)
    society.house.run(partners.end, "test", CLINIC, "contract ended")
    assert society.house.run(_trust_changed, CLINIC) == (1, 1)
    assert society.house.run(_trust_changed, CLINIC) == (0, 0)
    net.away.add(CHU)  # it would fetch the group's document, of which this net knows nothing
    net.settle()
    [asked] = society.house.read(purges.listed, PurgeState.DONE, 10)
    assert (asked.host, asked.reason, asked.status) == (CLINIC, PurgeReason.ENDED, ReceiptStatus.GONE)
    assert clinic.find(asked.object_uri) is None
    assert net["chu"].find(asked.object_uri) is not None, "others keep what they have"
    [left] = society.house.read(_states, CLINIC)
    assert left is MembershipState.REMOVED
    after = society.house.read(consequences.of, Step.END, [CLINIC]).counts
    assert (after.theirs, after.groups, after.posts, after.follows) == (0, 0, 0, 0)
    society.house.run(instances.set_trust, "test", CLINIC, Trust.ALLOWED)
    assert not society.house.read(partners.get, CLINIC).candidate(society.house.clock.now())


def test_an_end_that_is_large_is_asked_back_in_parts(net: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    society = net["society"]
    monkeypatch.setattr(purges, "ASKED_AT_ONCE", 1)
    society.house.run(instances.set_trust, "test", CLINIC, Trust.BLOCKED)
    assert society.house.run(purges.trust_changed, CLINIC) == 1
    waiting_events = [
        one for one in society.house.read(waiting.due_events, 100) if one.kind is EventKind.TRUST_CHANGED
    ]
    assert len(waiting_events) == 2, "the block, and the rest of what was given"
    assert society.house.run(purges.trust_changed, CLINIC) == 0


def test_a_pause_ends_nothing_and_asks_nothing_back(net: Exchange) -> None:
    society = net["society"]
    society.house.run(instances.set_trust, "test", CLINIC, Trust.SUSPENDED)
    assert society.house.run(_trust_changed, CLINIC) == (1, 0)
    assert society.house.read(purges.listed, None, 10) == []
    assert society.house.read(_states, CLINIC) == [MembershipState.SUSPENDED], (
        "interrupted, and back with its end"
    )
    assert society.house.read(consequences.of, Step.PAUSE, [CLINIC, CHU]).counts.theirs == 2


def _trust_changed(unit: Unit, domain: Origin) -> tuple[int, int]:
    return groups.trust_changed(unit, domain), purges.trust_changed(unit, domain)


def _states(unit: Unit, domain: Origin) -> list[MembershipState]:
    rows = [
        memberships.at_origin(unit, group_id, domain, list(MembershipState))
        for group_id in {one.group_id for one in memberships.crossing(unit, CHU)}
    ]
    return [membership.state for row in rows for membership, _ in row]


# -- the whole house -------------------------------------------------------------------------------------


def test_the_whole_house_stands_still_and_goes_on_as_it_was(house: House) -> None:
    levels = {"a.example": Trust.ALLOWED, "b.example": Trust.LIMITED, "c.example": Trust.SUSPENDED}
    levels |= {"d.example": Trust.BLOCKED, "e.example": Trust.UNKNOWN}
    for name, level in levels.items():
        house.run(instances.set_trust, "test", Origin(name), level)
    with pytest.raises(Invalid):
        house.run(standstill.end, "test")
    begun = house.run(standstill.begin, "user:1", "incident")
    assert begun.domains == ("a.example", "b.example")
    assert house.read(standstill.find) == begun
    assert not any(trust.speaks for trust in house.read(instances.trusts).values())
    with pytest.raises(Conflict):
        house.run(standstill.begin, "user:2")
    house.run(instances.set_trust, "user:1", Origin("b.example"), Trust.BLOCKED)
    assert house.run(standstill.end, "user:1") == ["a.example"]
    assert house.read(standstill.find) is None
    expected = {**levels, "b.example": Trust.BLOCKED}
    assert house.read(instances.trusts) == expected


def test_nobody_is_connected(house: House) -> None:
    with pytest.raises(Invalid):
        house.run(standstill.begin, "test")


def test_the_end_of_an_unknown_one(house: House) -> None:
    with pytest.raises(NotFound):
        house.run(partners.end, "test", CLINIC)
    assert house.read(instances.find, CLINIC) is None


def test_the_end_ends_the_pairing(house: House) -> None:
    house.run(as_partner, CLINIC)
    assert house.run(partners.end, "test", CLINIC).trust is Trust.BLOCKED
    found = house.read(partner_rows.find, CLINIC)
    assert found is not None and found.confirmed_at is None and found.key
