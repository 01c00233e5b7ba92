"""Transactions that PostgreSQL ends because of each other: tried again, and if that does not help, nobody's fault."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import select, update

from server.core.errors import Overloaded
from server.store.session import Unit
from server.store.tables.accounts import account
from tests.support.house import POSTGRESQL, House, open_house

pytestmark = pytest.mark.slow

TRIES = 4
CODES = ["40001", "40P01"]


@pytest.fixture
def remote_house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, POSTGRESQL) as opened:
        yield opened


def ended_by(unit: Unit, code: str) -> None:
    """As the database ends a transaction that another was in the way of."""
    unit.connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


@pytest.mark.parametrize("code", CODES)
def test_a_unit_that_was_ended_is_tried_again_and_has_one_effect(remote_house: House, code: str) -> None:
    alice = remote_house.local("alice")
    tries: list[int] = []

    def count(unit: Unit) -> None:
        tries.append(1)
        unit.run(
            update(account).where(account.c.id == alice.id).values(posts_count=account.c.posts_count + 1)
        )
        if len(tries) < TRIES:
            ended_by(unit, code)

    remote_house.run(count)
    assert len(tries) == TRIES
    assert remote_house.account(alice).posts_count == 1


@pytest.mark.parametrize("code", CODES)
def test_a_storm_is_a_moment_to_wait_and_no_defect(remote_house: House, code: str) -> None:
    """What is worked then waits as it did: it must not be given up for it."""
    with pytest.raises(Overloaded):
        remote_house.run(ended_by, code)


def test_two_that_wait_for_each_other_both_have_their_effect(remote_house: House) -> None:
    pair = [remote_house.local("alice").id, remote_house.local("bob").id]
    both_hold = Barrier(2)

    def in_order(unit: Unit, ids: list[int]) -> None:
        for number, account_id in enumerate(ids):
            counted = account.c.posts_count + 1
            unit.run(update(account).where(account.c.id == account_id).values(posts_count=counted))
            if number == 0:
                with suppress(BrokenBarrierError):  # when one of them is tried again, the other holds nothing
                    both_hold.wait(2)

    with ThreadPoolExecutor(2) as pool:
        write = remote_house.database.run_write
        for one in [pool.submit(write, in_order, ids) for ids in (pair, pair[::-1])]:
            one.result(20)
    found = remote_house.read(lambda unit: unit.all(select(account.c.posts_count)))
    assert [row.posts_count for row in found] == [2, 2]
