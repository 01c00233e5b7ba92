"""Two units at the same moment: an effect happens once, and counts are right, whichever comes first."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Table, select

from federation.types import Iri
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.services import relationships
from server.services.posts.delete import delete
from server.store.session import Unit
from server.store.tables.accounts import follow
from server.store.tables.posts import post
from tests.support.house import House

BOTH_WAIT = 0.5


def at_once(house: House, table: Table, *works: Callable[[Unit], Any]) -> list[Any]:
    """Starts the works while a row is held which each of them will want to write; answers what each came to.

    On PostgreSQL all have read it by then; on SQLite units come one after another anyhow.
    """

    def work(one: Callable[[Unit], Any]) -> Any:
        try:
            return house.database.run_write(one)
        except NotFound:
            return NotFound

    if house.database.is_sqlite:
        return [work(one) for one in works]
    with ThreadPoolExecutor(len(works)) as pool:
        with house.database.engine.begin() as connection:
            connection.execute(select(table.c.id).with_for_update())
            started = [pool.submit(work, one) for one in works]
            time.sleep(BOTH_WAIT)
        return [one.result() for one in started]


def counts(house: House, *accounts: Account) -> list[tuple[int, int, int]]:
    found = [house.account(one) for one in accounts]
    return [(one.followers_count, one.following_count, one.posts_count) for one in found]


def asked(house: House) -> tuple[Account, Account]:
    alice, bob = house.local("alice", locked=True), house.remote("bob")
    house.run(relationships.receive_follow, bob, alice, Iri(f"{bob.uri}/follow"))
    return alice, bob


def test_a_request_that_is_accepted_twice_counts_once(any_house: House) -> None:
    alice, bob = asked(any_house)

    def accept(unit: Unit) -> None:
        relationships.accept_request(unit, alice, bob.id)

    assert sorted(at_once(any_house, follow, accept, accept), key=repr) == [NotFound, None]
    assert counts(any_house, alice, bob) == [(1, 0, 0), (0, 1, 0)]


def test_a_request_that_is_taken_back_while_it_is_accepted_counts_for_nothing(any_house: House) -> None:
    alice, bob = asked(any_house)
    at_once(
        any_house,
        follow,
        lambda unit: relationships.accept_request(unit, alice, bob.id),
        lambda unit: relationships.receive_undo_follow(unit, bob, Iri(f"{bob.uri}/follow"), alice),
    )
    relation = any_house.read(relationships.find_follow, bob.id, alice.id)
    assert relation is None
    assert counts(any_house, alice, bob) == [(0, 0, 0), (0, 0, 0)]


def test_an_answer_that_comes_twice_counts_once(any_house: House) -> None:
    alice, bob = any_house.local("alice"), any_house.remote("bob", locked=True)
    made = any_house.run(relationships.follow, alice, bob)
    accept = [lambda unit: relationships.receive_accept(unit, bob, made.uri)] * 2
    assert sorted(map(str, at_once(any_house, follow, *accept))) == ["done", "repeated"]
    assert counts(any_house, alice, bob) == [(0, 1, 0), (1, 0, 0)]


@pytest.mark.parametrize("others", [0, 2])
def test_a_post_that_is_deleted_twice_counts_once(any_house: House, others: int) -> None:
    alice = any_house.local("alice")
    for _ in range(others):
        any_house.post(alice)
    gone = any_house.post(alice)
    at_once(any_house, post, *[lambda unit: delete(unit, alice, gone.id)] * 2)
    assert counts(any_house, alice) == [(0, 0, others)]
