"""The purge register: every deletion once, and taken away again from a database that knows nothing of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from server.services import register
from server.services.posts import delete
from server.services.register import File, Line, Restored
from server.store import groups, meta, repeats
from server.store import posts as post_rows
from tests.support.groups import a_group
from tests.support.house import House, house  # noqa: F401  a fixture


def test_each_deletion_is_written_once(house: House, tmp_path: Path) -> None:  # noqa: F811
    ada, path = house.local("ada"), tmp_path / "purges.jsonl"
    posts = [house.post(ada, f"Number {number}") for number in range(3)]
    for post in posts[:2]:
        house.run(delete.delete, ada, post.id)
    file = File(path)
    found = house.read(register.since, house.clock.now() - timedelta(hours=1))
    assert [line.object for line in found] == [post.uri for post in posts[:2]]
    assert file.append(found) == 2
    assert file.append(found) == 0
    house.run(delete.delete, ada, posts[2].id)
    again = File(path)  # another process, after a restart
    assert again.from_here is not None
    assert again.append(house.read(register.since, again.from_here)) == 1
    assert [line.object for line in register.read(path)] == [post.uri for post in posts]
    assert "Number" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_a_line_that_was_cut_off_is_passed_over_and_the_next_one_is_whole(
    house: House,  # noqa: F811
    tmp_path: Path,
) -> None:
    path, now = tmp_path / "purges.jsonl", house.clock.now()
    first = Line(now, "https://here.example/objects/1", "https://here.example/actors/1")
    second = Line(now, "https://here.example/objects/2", "https://here.example/actors/1")
    File(path).append([first])
    with path.open("ab") as file:
        file.write(b'{"at":"2026-')
    File(path).append([second])
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
