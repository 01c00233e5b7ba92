"""Whose answers a list shows, and what is not shown of instances that a member blocks."""

from __future__ import annotations

import pytest

from server.domain.lists import RepliesPolicy
from server.domain.pages import Page
from server.domain.viewers import Member
from server.services import interactions, lists, relationships, timelines
from server.store.session import Unit
from tests.support.house import House

PAGE = Page(limit=40)


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        (RepliesPolicy.NONE, {"alone", "thread"}),
        (RepliesPolicy.LIST, {"alone", "thread", "to the list"}),
        (RepliesPolicy.FOLLOWED, {"alone", "thread", "to the list", "to the followed"}),
    ],
)
def test_a_list_shows_answers_by_its_policy(any_house: House, policy: RepliesPolicy, shown: set[str]) -> None:
    house = any_house
    ana, ben, cleo, dan, eve = (house.local(name) for name in ("ana", "ben", "cleo", "dan", "eve"))

    def made(unit: Unit) -> int:
        for one in (ben, cleo, dan):
            relationships.follow(unit, ana, one)
        kept = lists.make(unit, ana.id, "Ward", policy)
        lists.add_members(unit, ana.id, kept.id, [ben.id, cleo.id])
        return kept.id

    list_id = house.run(made)
    house.post(dan, "not on the list")
    alone = house.post(ben, "alone")
    house.post(ben, "thread", in_reply_to_id=alone.id)
    answered = {name: house.post(one, "asked") for name, one in (("cleo", cleo), ("dan", dan), ("eve", eve))}
    house.post(ben, "to the list", in_reply_to_id=answered["cleo"].id)
    house.post(ben, "to the followed", in_reply_to_id=answered["dan"].id)
    house.post(ben, "to a stranger", in_reply_to_id=answered["eve"].id)
    found = house.read(timelines.list_, Member(ana.id), PAGE, list_id)
    assert {one.source for one in found} == shown | {"asked"}


def test_nothing_of_a_blocked_instance_is_shown_to_who_blocks_it(any_house: House) -> None:
    house = any_house
    ana, ben = house.local("ana"), house.local("ben")
    far, near = house.remote("far", "far.example"), house.remote("near", "near.example")
    posts = [house.arrive(one, tags=("icu",)) for one in (far, near)]
    house.run(relationships.follow, ana, ben)
    for one in posts:
        house.run(interactions.boost, ben, one.id, None)
    for reader in (ana, ben):
        assert len(house.read(timelines.public, Member(reader.id), PAGE)) == 2
    assert len(house.read(timelines.home, Member(ana.id), PAGE)) == 2
    house.run(relationships.block_domain, ana, "far.example")
    tags = timelines.Tags(any=("icu",))
    assert [one.id for one in house.read(timelines.public, Member(ana.id), PAGE)] == [posts[1].id]
    assert [one.id for one in house.read(timelines.tag, Member(ana.id), PAGE, tags)] == [posts[1].id]
    assert [one.boost_of_id for one in house.read(timelines.home, Member(ana.id), PAGE)] == [posts[1].id]
    assert [one.original_id for one in house.read(timelines.home_outline, Member(ana.id), PAGE)] == [
        posts[1].id
    ]
    assert len(house.read(timelines.public, Member(ben.id), PAGE)) == 2
    house.run(relationships.unblock_domain, ana, "far.example")
    assert len(house.read(timelines.home, Member(ana.id), PAGE)) == 2
