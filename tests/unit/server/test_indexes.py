"""On SQLite an index holds the row's id once, and still finds the newest rows without sorting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Index, event

from federation.types import Origin
from server.domain.pages import Page
from server.domain.viewers import Anonymous, Member
from server.store import audit, feeds, ledger, notifications, openings
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
    asked: list[tuple[str, object]] = []

    def noted(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    event.listen(house.database.engine, "before_cursor_execute", noted)
    house.read(read)
    event.remove(house.database.engine, "before_cursor_execute", noted)
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
