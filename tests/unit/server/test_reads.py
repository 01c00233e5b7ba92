"""Who was given a post of a members-only group to read: one row for a reader, post and day; names for the auditor alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from server.domain.accounts import Account
from server.domain.reads import Depth, Read
from server.domain.retention import RetentionKind
from server.services import audit, reads, retention
from server.store import posts
from server.store.session import Unit
from server.store.tables.ledger import legal_hold
from tests.support.groups import a_group
from tests.support.house import House

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def said(house: House, author: Account, group: Account) -> tuple[int, str]:
    def store(unit: Unit) -> tuple[int, str]:
        post_id = unit.new_id()
        values: dict[str, Any] = {
            "id": post_id,
            "uri": f"{author.uri}/{post_id}",
            "url": "",
            "account_id": author.id,
            "local": True,
            "thread_id": post_id,
            "published_at": unit.now,
            "visibility": "followers",
            "group_id": group.id,
            "content": "<p>ECG</p>",
        }
        posts.add(unit, values)
        return post_id, values["uri"]

    return house.run(store)


def test_a_reader_a_post_and_a_day_are_one_row(any_house: House) -> None:
    house = any_house
    anna, bert, group = house.local("anna"), house.local("bert"), a_group(house)
    post_id, uri = said(house, anna, group)
    noon, next_day = MORNING + timedelta(hours=4), MORNING + timedelta(days=1)
    house.run(reads.record, [Read(bert.id, post_id, Depth.IMAGE, MORNING, MORNING)])
    house.run(reads.record, [Read(bert.id, post_id, Depth.LISTED, noon, noon)])
    house.run(reads.record, [Read(bert.id, post_id, Depth.LISTED, next_day, next_day)])
    found = house.run(reads.of_object, "user:7", uri)
    assert [(one.username, one.read) for one in found] == [
        ("bert", Read(bert.id, post_id, Depth.IMAGE, MORNING, noon)),
        ("bert", Read(bert.id, post_id, Depth.LISTED, next_day, next_day)),
    ]
    assert house.read(reads.readers, uri) == 1
    [asked] = house.read(audit.of_target, uri)
    assert (asked["actor"], asked["action"], asked["detail"]) == ("user:7", "audit.access", {"readers": 1})


def test_a_question_about_nothing_is_written_down_too(any_house: House) -> None:
    assert any_house.run(reads.of_object, "command", "https://house.example/nothing") == []
    assert any_house.read(audit.of_target, "https://house.example/nothing")


def test_the_record_outlives_the_post_and_ends_after_twelve_months(any_house: House) -> None:
    house = any_house
    anna, bert, group = house.local("anna"), house.local("bert"), a_group(house)
    post_id, uri = said(house, anna, group)
    now = house.read(lambda unit: unit.now)
    old, recent = now - reads.KEPT - timedelta(days=1), now - reads.KEPT + timedelta(days=1)
    house.run(reads.record, [Read(bert.id, post_id, Depth.OPENED, when, when) for when in (old, recent)])
    house.run(posts.remove, post_id)
    house.run(reads.record, [Read(anna.id, post_id, Depth.OPENED, now, now)])
    assert [one.read.first_at for one in house.run(reads.of_object, "command", uri)] == [old, recent]
    keep = {"object_uri": uri, "reason": "order 1", "by": "command", "since": now}
    house.run(lambda unit: unit.run(legal_hold.insert(), keep))
    assert house.run(reads.forget_old) == 0
    [due] = [one for one in house.read(retention.preview) if one.kind is RetentionKind.READS]
    assert (due.count, due.oldest, due.kept) == (0, None, 1)
    house.run(lambda unit: unit.run(legal_hold.delete()))
    [due] = [one for one in house.read(retention.preview) if one.kind is RetentionKind.READS]
    assert (due.count, due.oldest, due.kept) == (1, old, 0)
    assert house.run(reads.forget_old) == 1
    assert [one.read.first_at for one in house.run(reads.of_object, "command", uri)] == [recent]
