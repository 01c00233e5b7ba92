"""The seals of the audit and decision logs: what was changed, lost or cut off afterwards is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from federation.types import Origin
from server.core.errors import Invalid
from server.domain.boundary import Action, Direction
from server.domain.seals import Check, Damage, SealedLog
from server.domain.trust import Trust
from server.services import audit, boundary, instances, seals
from server.store import seals as rows_of_seals
from server.store.session import Unit
from server.store.tables.audit import audit as rows
from server.store.tables.audit import decision, ruling
from server.store.tables.audit import seal as head_rows
from tests.support.house import House, open_house


def _write(house: House, number: int) -> None:
    for place in range(number):
        house.run(audit.record, "command", "instance.trust", f"{place}.example", was="new", big=2**62 + place)


def _sealed(house: House) -> None:
    while house.run(seals.seal):
        pass


def _verify(house: House, log: SealedLog = SealedLog.AUDIT) -> Check:
    check = house.read(seals.begin, log)
    while not check.finished:
        check = house.read(seals.go_on, check)
    return check


def _row_id(unit: Unit, sequence: int) -> int:
    found: int = unit.value(select(rows.c.id).where(rows.c.sequence == sequence))
    return found


def test_what_is_sealed_is_found_unchanged(any_house: House) -> None:
    house = any_house
    assert _verify(house).sequence == 0
    _write(house, seals.BATCH + 3)
    assert house.read(seals.waiting, SealedLog.AUDIT).count == seals.BATCH + 3
    _sealed(house)
    assert house.read(seals.waiting, SealedLog.AUDIT).count == 0
    _write(house, 2)
    _sealed(house)
    found = _verify(house)
    assert (found.sequence, found.damage) == (seals.BATCH + 5, None)
    assert found.head is not None
    assert house.read(seals.against, found.head.words())


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "system"},
        {"target": "else.example"},
        {"detail": {"was": "allowed"}},
        {"action": "instance.block"},
    ],
)
def test_a_changed_row(house: House, change: dict[str, object]) -> None:
    _write(house, 5)
    _sealed(house)
    house.run(lambda unit: unit.run(update(rows).where(rows.c.sequence == 3).values(**change)))
    found = _verify(house)
    assert (found.damage, found.sequence + 1) == (Damage.CHANGED, 3)


def test_a_changed_time(house: House) -> None:
    _write(house, 3)
    _sealed(house)
    house.run(lambda unit: unit.run(update(rows).where(rows.c.sequence == 2).values(at=unit.now)))
    assert _verify(house).damage is Damage.CHANGED


def test_a_missing_row(house: House) -> None:
    _write(house, 5)
    _sealed(house)
    house.run(lambda unit: unit.run(delete(rows).where(rows.c.sequence == 3)))
    found = _verify(house)
    assert (found.damage, found.sequence + 1) == (Damage.MISSING, 3)


def test_a_log_that_was_cut(house: House) -> None:
    _write(house, 5)
    _sealed(house)
    house.run(lambda unit: unit.run(delete(rows).where(rows.c.sequence > 3)))
    found = _verify(house)
    assert (found.damage, found.sequence + 1) == (Damage.TRUNCATED, 4)
    _write(house, 1)
    _sealed(house)  # the chain goes on where it stood, so the gap stays to be seen
    assert _verify(house).damage is Damage.MISSING


def test_a_cut_with_the_head_moved_back(house: House) -> None:
    """Whoever writes to the database alone cannot make the code of another head."""
    _write(house, 5)
    _sealed(house)

    def cut(unit: Unit) -> None:
        row = unit.first(select(rows).where(rows.c.sequence == 3))
        assert row is not None
        unit.run(delete(rows).where(rows.c.sequence > 3))
        unit.run(update(head_rows).where(head_rows.c.log == "audit").values(sequence=3, seal=row.seal))

    house.run(cut)
    assert _verify(house).damage is Damage.HEAD


def test_a_head_that_is_gone(house: House) -> None:
    _write(house, 2)
    _sealed(house)
    house.run(lambda unit: unit.run(delete(head_rows)))
    assert _verify(house).damage is Damage.HEAD


def test_a_whole_log_that_is_gone_is_found_by_a_head_written_down(house: House) -> None:
    _write(house, 4)
    _sealed(house)
    written_down = house.read(seals.heads)[0].words()

    def wipe(unit: Unit) -> None:
        unit.run(delete(rows))
        unit.run(delete(head_rows))

    house.run(wipe)
    _write(house, 9)
    _sealed(house)
    assert _verify(house).damage is None
    assert not house.read(seals.against, written_down)


@pytest.mark.parametrize("words", ["", "audit", "audit:x:00", "other:1:" + "0" * 64, "audit:1:00"])
def test_a_head_that_cannot_be_read(house: House, words: str) -> None:
    with pytest.raises(Invalid):
        house.read(seals.against, words)


# -- decisions, which have what repeats in rulings --------------------------------------------------------


def _decide(house: House, *peers: str) -> None:
    for place, peer in enumerate(peers):
        subject = f"https://{peer}/notes/{place}"
        house.run(
            boundary.decide, Direction.IN, Action.ACCEPT, Origin(peer), boundary.RELATION, subject=subject
        )


@pytest.mark.parametrize(
    "change",
    [
        {"direction": "out"},
        {"action": "fetch"},
        {"peer": "else.example"},
        {"effect": "allow"},
        {"rules": ["base.some-rule"]},
        {"policy_version": "v0"},
        {"facts": {}},
    ],
)
def test_a_changed_ruling_is_found_at_the_first_row_that_names_it(
    any_house: House, change: dict[str, object]
) -> None:
    house = any_house
    _decide(house, "one.example", "one.example", "two.example", "one.example", "two.example")
    _sealed(house)
    assert _verify(house, SealedLog.DECISIONS).damage is None
    changed = update(ruling).where(ruling.c.peer == "two.example").values(**change)
    assert house.run(lambda unit: unit.run(changed)) == 1
    found = _verify(house, SealedLog.DECISIONS)
    assert (found.damage, found.sequence + 1) == (Damage.CHANGED, 3)


def test_a_changed_ruling_is_found_at_each_row_that_names_it(house: House) -> None:
    _decide(house, "one.example", "two.example", "two.example", "one.example")
    _sealed(house)
    changed = update(ruling).where(ruling.c.peer == "two.example").values(effect="allow")
    house.run(lambda unit: unit.run(changed))
    for start, is_found in ((1, True), (2, True), (3, False)):  # as if those before it had been let go
        before = house.read(rows_of_seals.at_sequence, SealedLog.DECISIONS, start)
        check = replace(house.read(seals.begin, SealedLog.DECISIONS), sequence=start, seal=before or b"")
        assert (house.read(seals.go_on, check).damage is Damage.CHANGED) is is_found


def test_a_row_that_names_another_ruling_or_none_is_found(house: House) -> None:
    _decide(house, "one.example", "two.example", "one.example")
    _sealed(house)
    other = house.read(lambda unit: unit.value(select(ruling.c.id).where(ruling.c.peer == "two.example")))
    third = update(decision).where(decision.c.sequence == 3)

    def moved(unit: Unit) -> None:
        unit.run(third.values(ruling_id=other))

    def taken_away(unit: Unit) -> None:
        unit.connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        unit.run(third.values(ruling_id=99))
        found = seals.go_on(unit, seals.begin(unit, SealedLog.DECISIONS))
        assert (found.damage, found.sequence + 1) == (Damage.CHANGED, 3), "it must not be passed over"
        unit.run(third.values(ruling_id=other))

    house.run(moved)
    found = _verify(house, SealedLog.DECISIONS)
    assert (found.damage, found.sequence + 1) == (Damage.CHANGED, 3)
    house.run(taken_away)


def test_a_ruling_of_a_unit_that_failed_is_written_down_by_the_next(any_house: House) -> None:
    def failing(unit: Unit) -> None:
        boundary.decide(
            unit, Direction.IN, Action.ACCEPT, Origin("one.example"), boundary.RELATION, subject="x"
        )
        raise Invalid("no")

    with pytest.raises(Invalid):
        any_house.run(failing)
    _decide(any_house, "one.example", "two.example", "one.example")
    logged = any_house.read(audit.decisions)
    assert [row["peer"] for row in logged] == ["one.example", "two.example", "one.example"]
    assert any_house.read(lambda unit: unit.value(select(func.count()).select_from(ruling))) == 2


def test_decisions_are_listed_newest_first_by_peer_and_effect(any_house: House) -> None:
    house = any_house
    peers = [f"{'abc'[place % 3]}.example" for place in range(30)]
    house.run(instances.set_trust, "command", Origin("a.example"), Trust.ALLOWED)
    _decide(house, *peers)
    logged = house.read(audit.decisions, 1000)
    assert [row["peer"] for row in logged] == peers[::-1]
    for peer in ("a.example", "b.example", "nobody.example"):
        for effect in ("", "allow", "deny"):
            wanted = [row for row in logged if row["peer"] == peer and effect in {"", row["effect"]}]
            assert house.read(audit.decisions, 1000, peer=peer, effect=effect) == wanted
            assert house.read(audit.decisions, 3, peer=peer, effect=effect) == wanted[:3]
    denied = [row for row in logged if row["effect"] == "deny"]
    assert len(denied) == 20
    for most in (1, 7, 40):
        assert house.read(audit.decisions, most, effect="deny") == denied[:most]
        assert house.read(audit.decisions, most, effect="deny", before=denied[4]["id"]) == denied[5:][:most]


@settings(max_examples=12, deadline=None)
@given(parts=st.lists(st.integers(1, 4), min_size=1, max_size=4), struck=st.integers(0, 200))
def test_any_struck_row_is_the_one_that_is_told(
    tmp_path_factory: pytest.TempPathFactory, parts: list[int], struck: int
) -> None:
    """However the rows were sealed, in one go or in several, the first one that was touched is named."""
    with open_house(tmp_path_factory.mktemp("sealed")) as house:
        for part in parts:
            _write(house, part)
            _sealed(house)
        sequence = 1 + struck % sum(parts)
        house.run(lambda unit: unit.run(update(rows).where(rows.c.sequence == sequence).values(target="no")))
        found = _verify(house)
        assert (found.damage, found.sequence + 1) == (Damage.CHANGED, sequence)
