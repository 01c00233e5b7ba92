"""What stands on the disk when the power fails: all that was acknowledged, and nothing half done. SQLite."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import update

from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Unit
from server.store.tables.accounts import account
from tests.support.house import House

FULL = 2


def as_on_the_disk(house: House, folder: Path) -> list[str]:
    """The texts of the posts in a copy of the files as they are now, with what readers share in memory left out."""
    folder.mkdir()
    for file in house.database.context.settings.data_dir.glob("consilium.sqlite*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, folder)
    with closing(sqlite3.connect(folder / "consilium.sqlite")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
        counted = copy.execute("SELECT posts_count FROM account WHERE username = 'alice'").fetchone()
        found = [text for (text,) in copy.execute("SELECT content FROM post ORDER BY id")]
        assert counted == (len(found),), "a post and its count are one transaction"
        return found


def test_the_power_fails_between_and_within_transactions(house: House, tmp_path: Path) -> None:
    alice = house.local("alice")
    house.post(alice, "first")
    assert as_on_the_disk(house, tmp_path / "between") == ["<p>first</p>"]
    within: list[str] = []

    def interrupted(unit: Unit) -> None:
        publish(unit, alice, Draft(text="second"))
        unit.run(update(account).where(account.c.id == alice.id).values(display_name="Changed"))
        within.extend(as_on_the_disk(house, tmp_path / "within"))

    house.run(interrupted)
    assert within == ["<p>first</p>"]
    assert as_on_the_disk(house, tmp_path / "after") == ["<p>first</p>", "<p>second</p>"]


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(house: House) -> None:
    """NORMAL would survive a killed process, and lose the last commits when the power fails."""
    assert house.run(lambda unit: unit.connection.exec_driver_sql("PRAGMA synchronous").scalar()) == FULL
    assert house.run(lambda unit: unit.connection.exec_driver_sql("PRAGMA journal_mode").scalar()) == "wal"
