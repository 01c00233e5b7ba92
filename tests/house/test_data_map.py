"""The data map is silent about no table, and calls secret what is stored sealed or hashed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from server.store.tables import metadata
from server.store.tables.purposes import PURPOSES, DataClass

TABLES = sorted(metadata.tables.values(), key=lambda one: one.name)
GUARDED = re.compile(r"(^|_)(sealed|hash)$")


def test_every_table_says_what_it_is_for_and_no_other_does() -> None:
    assert set(PURPOSES) == set(metadata.tables)


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_a_table_and_its_columns_are_described(table: Table) -> None:
    held = PURPOSES[table.name]
    assert held.purpose
    assert held.retention
    assert set(held.apart) - set(table.columns.keys()) == set(), "a class is given to a column that is gone"
    for column in table.columns:
        if GUARDED.search(column.name):
            assert held.of(column.name) is DataClass.SECRET, column.name
