"""Partners keep where each other's logs end: what was cut off is shown by the copy, whatever the database says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from federation.types import Origin
from server.domain.seals import SealedLog
from server.services import audit, partner_heads, seals
from server.store.session import Unit
from server.store.tables.audit import audit as rows
from server.store.tables.audit import seal as head_rows
from tests.support.house import House

PEER = Origin("peer.example")


def _sealed(house: House, number: int) -> list[str]:
    for place in range(number):
        house.run(audit.record, "command", "instance.trust", f"{place}.example")
    while house.run(seals.seal):
        pass
    return house.read(partner_heads.own)


def _entries(house: House, action: str) -> list[dict[str, str]]:
    return [one["detail"] for one in house.read(audit.entries, action=action)]


def test_a_copy_goes_back_with_the_next_answer(any_house: House) -> None:
    house = any_house
    first = f"audit:5:{'a1' * 32}"
    assert house.run(partner_heads.heard, PEER, [first]) == []
    house.clock.advance(timedelta(days=1))
    grown = [f"audit:9:{'b2' * 32}", f"decisions:1:{'c3' * 32}"]
    assert house.run(partner_heads.heard, PEER, grown) == [first]
    assert house.run(partner_heads.heard, PEER, [f"audit:12:{'d4' * 32}"]) == grown
    assert {one.words() for one in house.read(partner_heads.of, PEER)} == {
        first,
        *grown,
    }  # the first of a day
    assert _entries(house, "partner.log-cut") == []


@pytest.mark.parametrize("told", [f"audit:4:{'a1' * 32}", f"audit:5:{'ff' * 32}"])
def test_a_chain_that_ends_before_its_copy_was_cut(house: House, told: str) -> None:
    kept = f"audit:5:{'a1' * 32}"
    house.run(partner_heads.heard, PEER, [kept])
    house.run(partner_heads.heard, PEER, [told])
    assert _entries(house, "partner.log-cut") == [{"kept": kept, "told": told}]
    assert [one.words() for one in house.read(partner_heads.of, PEER)] == [kept]


@pytest.mark.parametrize(
    "words", ["", "audit", "audit:x:00", f"other:1:{'0' * 64}", f"audit:{'9' * 19}:{'0' * 64}"]
)
def test_what_is_no_end_is_not_kept(house: House, words: str) -> None:
    house.run(partner_heads.heard, PEER, [words])
    house.run(partner_heads.returned, PEER, [words])
    assert house.read(partner_heads.of, PEER) == []
    assert _entries(house, "seals.contradicted") == []


def test_a_log_that_was_wiped_and_written_anew_is_told_by_the_copy(house: House) -> None:
    """`audit verify` alone finds nothing wrong: whoever did it had the secret too."""
    copy = _sealed(house, 4)
    assert _sealed(house, 2) != copy
    house.run(partner_heads.returned, PEER, copy)
    assert _entries(house, "seals.contradicted") == []  # grown, and unchanged

    def wipe(unit: Unit) -> None:
        unit.run(delete(rows))
        unit.run(delete(head_rows))

    house.run(wipe)
    _sealed(house, 9)
    check = house.read(seals.begin, SealedLog.AUDIT)
    while not check.finished:
        check = house.read(seals.go_on, check)
    assert check.damage is None
    house.run(partner_heads.returned, PEER, copy)
    assert _entries(house, "seals.contradicted") == [{"head": copy[0]}]
