"""A glance at a row or two: at once on SQLite, on a thread elsewhere; never older than the last commit."""

from __future__ import annotations

import threading

import pytest

from server.core.errors import NotFound
from server.services import accounts
from server.store import accounts as rows
from server.store.session import Unit
from tests.support.house import House

pytestmark = pytest.mark.anyio


def thread(_unit: Unit) -> int:
    return threading.get_ident()


async def test_it_runs_where_a_hop_can_be_saved(any_house: House) -> None:
    database = any_house.database
    assert (await database.glance(thread) == threading.get_ident()) is database.is_sqlite
    assert await database.read(thread) != threading.get_ident()


async def test_it_sees_what_was_committed_before(any_house: House) -> None:
    database = any_house.database
    alice = any_house.local("alice")
    for number in range(5):
        name = f"Alice {number}"
        await database.write(lambda unit, name=name: rows.change(unit, alice.id, {"display_name": name}))
        assert (await database.glance(accounts.get, alice.id)).display_name == name


async def test_what_it_raises_reaches_the_caller_and_leaves_nothing_open(any_house: House) -> None:
    database = any_house.database
    for _ in range(3):
        with pytest.raises(NotFound):
            await database.glance(accounts.get, 1)
    alice = any_house.local("alice")
    assert (await database.glance(accounts.get, alice.id)).id == alice.id
