"""The purge register: every deletion once, and taken away again from a database that knows nothing of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from server.core.errors import StorageFull
from server.services import register
from server.services.posts import delete
from server.services.register import Line, Restored
from server.store import groups, meta, repeats
from server.store import posts as post_rows
from server.store.session import Unit
from tests.support.groups import a_group
from tests.support.house import House, house  # noqa: F401  a fixture


def test_each_deletion_is_on_disk_before_it_is_committed(house: House) -> None:  # noqa: F811
    path = house.database.context.settings.purge_register_path
    house.database.write_ahead = register.write_ahead
    ada = house.local("ada")
    posts = [house.post(ada, f"Number {number}") for number in range(3)]
    house.run(delete.delete, ada, posts[0].id)

    def before_commit(unit: Unit) -> None:
        register.write_ahead(unit)
        assert house.read(post_rows.find, posts[1].id) is not None
        assert posts[1].uri in {line.object for line in register.read(path)}

    house.database.write_ahead = before_commit
    house.run(delete.delete, ada, posts[1].id)
    assert house.read(post_rows.find, posts[1].id) is None

    def looked_at(unit: Unit) -> None:
        with unit.undone():
            delete.delete(unit, ada, posts[2].id)

    house.run(looked_at)
    assert [line.object for line in register.read(path)] == [post.uri for post in posts[:2]]
    assert "Number" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_down_is_not_deleted(house: House) -> None:  # noqa: F811
    path = house.database.context.settings.purge_register_path
    house.database.write_ahead = register.write_ahead
    ada = house.local("ada")
    post = house.post(ada, "Stays")
    path.mkdir()
    with pytest.raises(StorageFull):
        house.run(delete.delete, ada, post.id)
    assert house.read(post_rows.find, post.id) is not None
    path.rmdir()
    house.run(delete.delete, ada, post.id)
    assert [line.object for line in register.read(path)] == [post.uri]


def test_what_an_older_version_left_out_is_added_once(house: House, tmp_path: Path) -> None:  # noqa: F811
    ada, path = house.local("ada"), tmp_path / "purges.jsonl"
    posts = [house.post(ada, f"Number {number}") for number in range(2)]
    for post, missing in zip(posts, (1, 1), strict=True):
        house.run(delete.delete, ada, post.id)
        assert house.read(register.complete, path) == missing
        assert house.read(register.complete, path) == 0
    assert [line.object for line in register.read(path)] == [post.uri for post in posts]


def test_a_line_that_was_cut_off_is_passed_over_and_the_next_one_is_whole(
    house: House,  # noqa: F811
    tmp_path: Path,
) -> None:
    path, now = tmp_path / "purges.jsonl", house.clock.now()
    first = Line(now, "https://here.example/objects/1", "https://here.example/actors/1")
    second = Line(now, "https://here.example/objects/2", "https://here.example/actors/1")
    register.append(path, [first])
    with path.open("ab") as file:
        file.write(b'{"at":"2026-')
    register.append(path, [second])
    assert list(register.read(path)) == [first, second]
    assert list(register.read(tmp_path / "nowhere")) == []


def test_what_was_deleted_since_the_backup_is_taken_away_again(house: House) -> None:  # noqa: F811
    ada, cardio = house.local("ada"), a_group(house)
    wrong, right = house.post(ada, "Wrong patient"), house.post(ada, "Right patient")
    found = Restored(at="now", made_at=house.clock.now())
    house.clock.advance(timedelta(hours=1))
    epoch = house.read(groups.find, cardio.id).epoch  # type: ignore[union-attr]
    old = Line(found.made_at - timedelta(days=1), right.uri, ada.uri)  # the backup is newer, and has it still
    line = Line(house.clock.now(), wrong.uri, ada.uri)
    never_here = Line(house.clock.now(), "https://there.example/1", "https://there.example/a", kept=True)
    assert house.run(register.catch_up, found, [old, line, never_here]) == 1
    assert house.read(post_rows.find, wrong.id) is None
    assert house.read(post_rows.find, right.id) is not None
    for uri in (wrong.uri, never_here.object):
        assert house.read(repeats.find_tombstone, uri) is not None
    assert house.read(groups.find, cardio.id).epoch == epoch + 1  # type: ignore[union-attr]
    assert ("group.changed", {"group_id": cardio.id}) in house.events()
    assert house.read(meta.get, register.CAUGHT_UP) == "now"
