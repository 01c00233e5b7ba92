"""The author's preview: the institutions that sending then serves, the refusals of publishing, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.core.errors import Invalid
from server.domain.accounts import Account, FollowState
from server.domain.boundary import Effect
from server.domain.policies import Link, OwnRules
from server.domain.posts import Visibility
from server.services import policies, previews
from server.services.posts.writing import Draft
from server.services.previews import Preview
from server.store import relationships
from server.store.session import Unit
from server.store.tables import metadata
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.house import House


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society", posts="public") as opened:
        yield opened


def look(one: Instance, author: Account, text: str, **draft: object) -> Preview:
    return one.house.run(previews.preview, author, Draft(**{"text": text, **draft}))  # type: ignore[arg-type]


def effects(preview: Preview) -> dict[Origin, Effect]:
    return {one.peer: one.decision.effect for one in preview.meant}


def served(net: Exchange, one: Instance) -> set[Origin]:
    """Where the instance sends, from now until nothing is left to do."""
    before = len(net.carried)
    net.settle()
    return {
        origin_of(Iri(delivery.inbox)) for origin, delivery in net.carried[before:] if origin == one.origin
    }


def rows_of(house: House) -> dict[str, int]:
    def count(unit: Unit) -> dict[str, int]:
        return {name: len(unit.all(table.select())) for name, table in metadata.tables.items()}

    return house.read(count)


def followed_from(one: Instance, target: Account, follower: Account) -> None:
    values = {
        "account_id": follower.id,
        "target_id": target.id,
        "state": FollowState.ACCEPTED.value,
        "uri": f"{follower.uri}/follows/1",
    }
    one.house.run(lambda unit: relationships.add_follow(unit, {"id": unit.new_id(), **values}))


def test_a_preview_leaves_nothing_behind(any_house: House) -> None:
    author = any_house.local("alice")
    before = rows_of(any_house)
    heard: list[object] = []
    any_house.database.listeners.append(lambda changes, hints: heard.extend([*changes, *hints]))
    seen = any_house.run(previews.preview, author, Draft(text="Hello #tag", visibility=Visibility.FOLLOWERS))
    assert "Hello" in seen.post.content
    assert (rows_of(any_house), heard) == (before, [])
    assert any_house.post(author, "Hello").id  # the house goes on


def test_what_publishing_refuses_has_no_preview(house: House) -> None:
    author = house.local("alice")
    with pytest.raises(Invalid):
        house.run(previews.preview, author, Draft(text=" "))


def test_it_names_the_institutions_that_are_served_then(net: Exchange) -> None:
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    followed_from(chu, anna, chu.knows(clinic, bert))
    chu.knows(society, cleo)
    for text, visibility, hosts in (
        ("to followers", Visibility.FOLLOWERS, {clinic.origin}),
        ("@cleo@society.example to you", Visibility.DIRECT, {society.origin}),
        ("@cleo@society.example to you and them", Visibility.PUBLIC, {clinic.origin, society.origin}),
        ("to nobody", Visibility.DIRECT, set()),
    ):
        seen = look(chu, anna, text, visibility=visibility)
        assert effects(seen) == dict.fromkeys(hosts, Effect.ALLOW)
        assert set(seen.others) == {clinic.origin, society.origin} - hosts
        chu.say(anna, text, visibility=visibility)
        assert served(net, chu) == hosts


def test_a_rule_that_keeps_it_back_says_so(net: Exchange) -> None:
    chu, clinic = net["chu"], net["clinic"]
    anna, bert = chu.doctor("anna"), clinic.doctor("bert")
    followed_from(chu, anna, chu.knows(clinic, bert))
    rule = Link("house.nothing", "template.peer-receives-nothing", peer=clinic.origin)
    chu.house.run(policies.propose, "user:1", OwnRules(links=(rule,)))
    [told] = look(chu, anna, "to followers", visibility=Visibility.FOLLOWERS).meant
    assert (told.peer, told.decision.effect) == (clinic.origin, Effect.DENY)
    assert [one.rule for one in told.because] == ["house.nothing"]
    chu.say(anna, "to followers", visibility=Visibility.FOLLOWERS)
    assert served(net, chu) == set()


def test_a_group_of_ours_and_one_elsewhere(net: Exchange) -> None:
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    group = society.group()
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    there, _ = net.join(chu, anna, society, group)
    net.join(clinic, bert, society, group)
    net.join(society, cleo, society, group)
    net.settle()

    here = look(society, cleo, "@cardio An ECG")
    assert here.group is not None and here.group.id == group.id
    assert effects(here) == {chu.origin: Effect.ALLOW, clinic.origin: Effect.ALLOW}
    assert {one.host for one in here.readers} == {chu.origin, clinic.origin, society.origin}
    society.say(cleo, "@cardio An ECG")
    assert served(net, society) == {chu.origin, clinic.origin}

    away = look(chu, anna, "@cardio@society.example An ECG")
    assert away.group is not None and away.group.id == there.id
    assert effects(away) == {society.origin: Effect.ALLOW}
    chu.say(anna, "@cardio@society.example An ECG")
    assert served(net, chu) == {society.origin}
