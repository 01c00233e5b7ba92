"""What a unit's caller hears, whatever the unit does."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from server.core.errors import Overloaded
from server.domain.changes import ChangeKind
from server.domain.work import Hint
from server.store.session import Database, Unit
from server.store.tables.work import change
from tests.support.house import House, open_house

pytestmark = pytest.mark.anyio


def exhausted(_unit: Unit) -> None:
    next(iter(()))


async def test_a_unit_that_raises_stop_iteration_is_an_error_and_no_silence(any_house: House) -> None:
    database = any_house.database
    for run in (database.read, database.write, database.glance):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(run(exhausted), 10)
    for run_now in (database.run_read, database.run_write):
        with pytest.raises(RuntimeError, match="StopIteration"):
            run_now(exhausted)


async def test_a_file_that_cannot_be_opened_now_is_a_matter_of_coming_later(tmp_path: Path) -> None:
    with open_house(tmp_path / "here") as house:
        file = house.database.context.settings.data_dir / "consilium.sqlite"
        other = Database(house.database.context)
        try:
            away = file.rename(tmp_path / "away")
            file.mkdir()  # nothing can be opened there
            for run in (other.read, other.write):
                with pytest.raises(Overloaded):
                    await run(lambda unit: unit.new_id())
            file.rmdir()
            away.rename(file)
            assert await other.read(lambda unit: unit.new_id())
        finally:
            other.close()


async def test_a_file_that_somebody_else_holds_is_a_matter_of_coming_later(house: House) -> None:
    database = house.database
    writer = sqlite3.connect(database.context.settings.data_dir / "consilium.sqlite", isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(Overloaded):  # after the five seconds for which it waits
            await asyncio.wait_for(database.write(lambda unit: unit.new_id()), 30)
        assert await database.read(lambda unit: unit.new_id())
        writer.execute("ROLLBACK")
        assert await database.write(lambda unit: unit.new_id())
    finally:
        writer.close()


def test_work_that_nobody_in_this_process_does_is_told_to_those_who_do_it(any_house: House) -> None:
    """A command works nothing itself: without this the server would find what it left at its next look only."""
    database = any_house.database

    def left(unit: Unit) -> None:
        unit.hint(Hint.DELIVER)

    def told(unit: Unit) -> int:
        return len(unit.all(select(change.c.id).where(change.c.kind == ChangeKind.WORK.value)))

    any_house.run(lambda unit: unit.new_id())
    assert any_house.read(told) == 0
    any_house.run(left)
    assert any_house.read(told) == 1
    database.listeners.append(lambda _changes, hints: heard.update(hints))
    heard: set[Hint] = set()
    any_house.run(left)
    assert (any_house.read(told), heard) == (1, {Hint.DELIVER})
