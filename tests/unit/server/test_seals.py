"""The seals of the audit and decision logs: what was changed, lost or cut off afterwards is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from server.core.errors import Invalid
from server.domain.seals import Check, Damage, SealedLog
from server.services import audit, seals
from server.store.session import Unit
from server.store.tables.audit import audit as rows
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
