"""On SQLite an index holds the row's id once, and still finds the newest rows without sorting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Index, event

from federation.types import Origin
from server.domain.pages import Page
from server.domain.viewers import Anonymous, Member
from server.services import interactions
from server.store import audit, feeds, ledger, memberships, notifications, openings
from server.store.session import Unit
from server.store.tables import metadata
from server.store.tables.types import is_on
from tests.support.house import House

ON_SQLITE = sorted(
    (
        index
        for table in metadata.tables.values()
        for index in table.indexes
        if index.info and is_on("sqlite", index)
    ),
    key=lambda index: str(index.name),
)
PAGE = Page(max_id=1 << 60, limit=20)
MEMBER = Member(7)


def plan(house: House, statement: str, values: object = ()) -> str:
    with house.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    return "; ".join(row[3] for row in rows)


def statements(house: House, run: Callable[[], object]) -> list[tuple[str, object]]:
    """What was asked of the database meanwhile."""
    asked: list[tuple[str, object]] = []

    def noted(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    event.listen(house.database.engine, "before_cursor_execute", noted)
    try:
        run()
    finally:
        event.remove(house.database.engine, "before_cursor_execute", noted)
    return asked


@pytest.mark.parametrize("index", ON_SQLITE, ids=lambda index: index.name)
def test_rows_of_one_kind_stand_in_the_order_of_their_ids(house: House, index: Index) -> None:
    """Also that their table has rowids, which are its ids: otherwise the id would be looked up and sorted."""
    names = [column.name for column in index.columns]
    assert "id" not in names
    known = [f"{name} IS NULL" if name == "boost_of_id" else f"{name} = 1" for name in names]
    where = index.dialect_options["sqlite"]["where"]
    conditions = " AND ".join([*known, *([] if where is None else [str(where)]), "id < 1000"])
    found = plan(house, f"SELECT id FROM {index.table.name} WHERE {conditions} ORDER BY id DESC LIMIT 20")
    asked = " AND ".join([*(f"{name}=?" for name in names), "rowid<?"])
    assert found.replace(" COVERING", "") == f"SEARCH {index.table.name} USING INDEX {index.name} ({asked})"


def test_of_each_two_one_engine_has_one() -> None:
    assert len(ON_SQLITE) == 14
    both = [
        index.info["dialect"] for table in metadata.tables.values() for index in table.indexes if index.info
    ]
    assert both.count("postgresql") == both.count("sqlite") == len(ON_SQLITE)


@pytest.mark.parametrize(
    ("index", "read"),
    [
        ("ix_post_account_id", lambda unit: feeds.of_account(unit, MEMBER, 3, PAGE, choice=feeds.Choice())),
        ("ix_post_group_id", lambda unit: feeds.of_group(unit, MEMBER, 3, PAGE)),
        ("ix_post_unboosted", lambda unit: feeds.public(unit, MEMBER, PAGE, feeds.Scope())),
        ("ix_post_unboosted", lambda unit: feeds.public(unit, Anonymous(), PAGE, feeds.Scope(remote=True))),
        ("ix_post_local", lambda unit: feeds.public(unit, MEMBER, PAGE, feeds.Scope(local=True))),
        ("ix_favourite_account_id", lambda unit: feeds.favourites(unit, MEMBER, PAGE)),
        ("ix_bookmark_account_id", lambda unit: feeds.bookmarks(unit, MEMBER, PAGE)),
        ("ix_notification_account_id", lambda unit: notifications.page(unit, 7, PAGE)),
        ("ix_audit_target", lambda unit: audit.of_target(unit, "user:7", 20)),
        ("ix_ledger_host", lambda unit: ledger.of_host(unit, Origin("there.example"))),
        ("ix_group_opening_group_id", lambda unit: openings.recent(unit, 20, group_id=3)),
    ],
)
def test_what_is_read_newest_first_is_not_sorted(
    house: House, index: str, read: Callable[[Unit], Any]
) -> None:
    asked = statements(house, lambda: house.read(read))
    plans = [plan(house, text, values) for text, values in asked if f"FROM {_table(index)}" in text]
    assert plans
    assert all(f"INDEX {index} (" in found for found in plans), plans
    assert not any("USE TEMP B-TREE" in found for found in plans), plans


def _table(index: str) -> str:
    """Whose rows the statement begins with: those that are kept are read with their posts."""
    return next(
        "post" if each.table.name in {"favourite", "bookmark"} else each.table.name
        for each in ON_SQLITE
        if each.name == index
    )


def test_a_boost_is_put_into_homes_without_a_look_through_them(house: House) -> None:
    """Who has seen the original is found from it: a home of a thousand posts costs what an empty one does."""
    author, booster = house.local("author"), house.local("booster")
    said = house.post(author)
    asked = statements(house, lambda: house.run(interactions.boost, booster, said.id))
    (into,) = [
        plan(house, text, values)
        for text, values in asked
        if text.startswith("INSERT INTO home_entry") and "follow" in text
    ]
    assert "home_entry USING COVERING INDEX ix_home_entry_post_id (post_id=?)" in into
    assert "PRIMARY KEY (account_id=?)" not in into


def test_the_instances_of_a_group_are_found_without_a_look_at_each_member(house: House) -> None:
    asked = statements(house, lambda: house.read(memberships.inboxes, 1))
    (found,) = [plan(house, text, values) for text, values in asked if "FROM membership" in text]
    assert (
        "membership USING COVERING INDEX ix_membership_group_id_state_domain (group_id=? AND state=? AND domain>?)"
        in found
    )
    assert "domain=?)" in found
    assert "SCAN membership" not in found
