"""Posts in members-only groups, from publishing to every instance that has members, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.domain.pages import Page
from server.domain.posts import Standing, Visibility
from server.domain.viewers import Member
from server.services import timelines
from tests.support.exchange import Exchange, open_exchange


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as opened:
        yield opened


def test_a_member_elsewhere_posts_and_every_member_instance_has_it(net: Exchange) -> None:
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    group = society.group()
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    there, _ = net.join(chu, anna, society, group)
    net.join(clinic, bert, society, group)
    net.join(society, cleo, society, group)
    said = chu.say(anna, "@cardio@society.example An ECG", visibility=Visibility.PUBLIC)
    assert (said.visibility, said.group_id, said.standing) == (
        Visibility.FOLLOWERS,
        there.id,
        Standing.PENDING,
    )
    net.settle()
    for one, member in ((chu, anna), (clinic, bert), (society, cleo)):
        found = one.find(said.uri)
        assert found is not None and found.standing is Standing.PUBLISHED, one.outcomes
        home = one.house.read(timelines.home, Member(member.id), Page(20))
        assert [post.boost_of_id or post.id for post in home] == [found.id]
