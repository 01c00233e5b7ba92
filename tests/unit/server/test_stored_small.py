"""What is stored in fewer bytes is read as it came: bodies of activities to the letter, key ids whole."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, cast, event, select, update

from federation.types import Origin
from server.domain.work import ItemState
from server.store import backlog, parked, posts, search, work
from server.store.session import Unit
from server.store.tables.posts import post
from server.store.tables.work import activity, inbox_body, inbox_item
from tests.support.house import House

URI = "https://hospital.example/activities/1"
BODY = '{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","content":"<p>Ça va 🙂</p>"}'.encode()


def add(unit: Unit, account_id: int) -> None:
    work.add_activity(
        unit, uri=URI, kind="Create", account_id=account_id, post_id=None, crossing={}, body=BODY
    )


def stored(unit: Unit) -> bytes:
    """The bytes in the row, as the database holds them."""
    found: bytes = unit.value(select(cast(activity.c.body, LargeBinary)))
    return found


def read(unit: Unit) -> bytes:
    found = work.find_activity(unit, URI)
    assert found is not None
    body: bytes = found.body
    return body


def test_a_body_is_packed_and_read_to_the_letter(any_house: House) -> None:
    alice = any_house.local("alice")
    any_house.run(add, alice.id)
    assert len(any_house.read(stored)) < len(BODY) * 3 // 4
    assert any_house.read(read) == BODY


def test_a_row_of_an_older_version_is_read_as_it_is(any_house: House) -> None:
    alice = any_house.local("alice")
    any_house.run(add, alice.id)
    any_house.run(lambda unit: unit.run(update(activity).values(body=cast(BODY, LargeBinary))))
    assert any_house.read(stored) == BODY
    assert any_house.read(read) == BODY


ACTOR = "https://there.example/users/ann"


@pytest.mark.parametrize(
    ("key_id", "kept"),
    [
        (f"{ACTOR}#main-key", "#main-key"),
        ("https://there.example/keys/7", "https://there.example/keys/7"),
        (f"{ACTOR}/key", f"{ACTOR}/key"),
    ],
)
def test_the_key_of_an_activity_is_known_whole(house: House, key_id: str, kept: str) -> None:
    values = {
        "id": 1,
        "activity_id": "https://there.example/activities/1",
        "actor": ACTOR,
        "origin": "there.example",
        "key_id": key_id,
        "digest": "0" * 64,
        "received_at": house.clock.now(),
    }
    house.run(work.accept, values, b"{}")
    assert house.read(lambda unit: unit.value(select(inbox_body.c.key_id))) == kept
    item = house.read(work.find_item, 1)
    assert item is not None
    assert item.key_id == key_id


def test_what_is_done_is_not_looked_through(house: House) -> None:
    """Items are kept for ever by their ids: whatever asks for work finds it through an index of what is undone."""
    asked: list[tuple[str, object]] = []

    def noted(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        if "FROM inbox_item" in text or text.startswith("UPDATE inbox_item"):
            asked.append((text, values))

    event.listen(house.database.engine, "before_cursor_execute", noted)
    house.read(work.due_items, 10)
    house.read(work.inbox_backlog)
    house.read(backlog.counts)
    house.read(backlog.newest_waiting)
    house.run(backlog.due_again)
    house.read(parked.listed, 10)
    house.read(parked.counts_of, Origin("there.example"))
    house.read(parked.oldest_due)
    house.run(parked.apply_again, Origin("there.example"))
    event.remove(house.database.engine, "before_cursor_execute", noted)
    assert len(asked) == 9
    with house.database.engine.connect() as connection:
        for text, values in asked:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all())
            assert "ix_inbox_item_state_due_at" in plan, (text, plan)


def test_an_address_that_is_the_posts_id_is_kept_once_and_read_whole(house: House) -> None:
    ann = house.remote("ann")
    same, other = house.arrive(ann), house.arrive(ann, url="https://there.example/@ann/2")
    assert house.read(lambda unit: [row.url for row in unit.all(select(post.c.url).order_by(post.c.id))]) == [
        "",
        other.url,
    ]
    for each in (same, other):
        found = house.read(posts.find, each.id)
        assert found is not None
        assert found.url == (each.uri if each is same else "https://there.example/@ann/2")
        assert house.read(search.post_ids_by_address, found.url) == [each.id]


def test_of_what_is_done_no_address_stays(house: House) -> None:
    values = {
        "id": 1,
        "activity_id": "https://there.example/activities/1",
        "actor": ACTOR,
        "origin": "there.example",
        "key_id": f"{ACTOR}#main-key",
        "digest": "0" * 64,
        "received_at": house.clock.now(),
    }
    assert house.run(work.accept, values, b"{}")
    house.run(work.settle_item, 1, ItemState.DONE, "applied")
    assert house.read(work.find_item, 1) is None
    row = house.read(lambda unit: unit.first(select(inbox_item)))
    assert row is not None
    assert not [value for value in row if "https" in str(value)]
    assert not house.run(work.accept, values | {"id": 2, "digest": "1" * 64}, b"{ }"), "its id is known"
    assert house.read(work.digest_of, "https://there.example/activities/1") == "0" * 64
