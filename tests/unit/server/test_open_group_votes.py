"""Likes and dislikes of what is said in open groups, ours and elsewhere: each person counts once, and nobody speaks for anybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.types import Iri, JsonObject
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.services import instances, interactions, relationships
from server.store import accounts as account_rows
from tests.support import other_software
from tests.support.exchange import Instance
from tests.support.moderators_elsewhere import SERIAL, announce
from tests.support.open_groups import World, opened, world
from tests.support.other_software import COMMUNITIES, PEOPLE, Spoken, recorded, wrapped

__all__ = ["opened", "world"]
DISLIKES = ("friendica", "lemmy", "mbin", "nodebb", "piefed")


def dislike(software: str, who: str, about: str) -> JsonObject:
    """As Friendica was recorded to say it; the others in the plain form."""
    if software != "friendica":
        return {**wrapped("Dislike", who, about), "id": f"{who}#dislike-{next(SERIAL)}"}
    found: JsonObject = recorded("friendica/friendica__activities__dislike_page-2.json", {})
    plain = {name: found[name] for name in ("@context", "type", "published", "instrument", "to", "cc")}
    return {**plain, "id": f"{who}#dislike-{next(SERIAL)}", "actor": who, "object": about}


def like(who: str, about: str) -> JsonObject:
    return {**wrapped("Like", who, about), "id": f"{who}#like-{next(SERIAL)}"}


def undo(vote: JsonObject) -> JsonObject:
    return {**wrapped("Undo", str(vote["actor"]), vote), "id": f"{vote['id']}-undone"}


def told(world: World, at: Instance, document: JsonObject) -> str:
    outcome = world.net.told(at, document)
    world.net.settle()
    return outcome


def likes(at: Instance, uri: str) -> int:
    found = at.find(uri)
    assert found is not None
    return found.favourites_count


def passed_on(world: World, kind: str) -> list[Any]:
    return [one["object"] for one in world.announced(world.clinic, kind)]


@pytest.fixture
def asked(world: World) -> Post:
    """A question in our group, which the clinic has as well."""
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    world.net.carried.clear()
    return post


def person(world: World, at: Instance, software: str = "lemmy") -> str:
    """Of other software, known at an instance of ours, which is connected with theirs."""
    name = "lemmy" if software == "friendica" else software
    shapes = PEOPLE[name]("", "")
    uri = f"https://{software}.third.example/u/voter{next(SERIAL)}"
    document = json.loads(json.dumps(shapes.actor).replace(shapes.me, uri))
    other_software.introduce(at, {**document, "preferredUsername": uri.rsplit("/", 1)[1]})
    return uri


# -- of posts in a group of ours -------------------------------------------------------------------------


@pytest.mark.parametrize("software", DISLIKES)
def test_a_dislike_is_accepted_passed_on_and_shown_to_nobody(
    world: World, asked: Post, software: str
) -> None:
    who = person(world, world.society, software)
    vote = dislike(software, who, asked.uri)
    assert told(world, world.society, vote) == "applied"
    assert passed_on(world, "Dislike") == [vote]
    assert [outcome for kind, outcome in world.clinic.outcomes if kind == "Announce"][-1] == "ignored"
    for at in (world.society, world.clinic):
        assert likes(at, asked.uri) == 0
    assert told(world, world.society, vote) == "duplicate"
    assert told(world, world.society, dislike(software, who, asked.uri)) == "duplicate"  # in other words
    assert len(passed_on(world, "Dislike")) == 1
    back = undo(vote)
    assert told(world, world.society, back) == "applied"
    assert passed_on(world, "Undo") == [back]
    assert told(world, world.society, {**back, "id": f"{back['id']}-2"}) == "ignored"
    assert len(passed_on(world, "Undo")) == 1
    assert told(world, world.society, dislike(software, who, asked.uri)) == "applied"


def test_an_undo_by_the_id_alone_takes_a_dislike_back(world: World, asked: Post) -> None:
    who = person(world, world.society)
    vote = dislike("lemmy", who, asked.uri)
    assert told(world, world.society, vote) == "applied"
    assert told(world, world.society, {**undo(vote), "object": vote["id"]}) == "applied"
    assert len(passed_on(world, "Undo")) == 1


def test_who_dislikes_likes_no_more(world: World, asked: Post) -> None:
    """Lemmy says it in one word, without taking the Like back."""
    who = person(world, world.society)
    world.clinic.house.run(instances.set_trust, "test", "lemmy.third.example", Trust.ALLOWED)
    world.net.served[Iri(who)] = _document(world.society, who)
    assert told(world, world.society, like(who, asked.uri)) == "applied"
    assert (likes(world.society, asked.uri), likes(world.clinic, asked.uri)) == (1, 1)
    assert told(world, world.society, dislike("lemmy", who, asked.uri)) == "applied"
    assert (likes(world.society, asked.uri), likes(world.clinic, asked.uri)) == (0, 0)
    assert told(world, world.society, like(who, asked.uri)) == "applied"
    assert (likes(world.society, asked.uri), likes(world.clinic, asked.uri)) == (1, 1)


def _document(at: Instance, uri: str) -> JsonObject:
    """Of somebody of other software, as it was introduced."""
    found = at.house.read(account_rows.find_by_uri, uri)
    assert found is not None
    shapes = PEOPLE["lemmy"]("", "")
    document: JsonObject = json.loads(json.dumps(shapes.actor).replace(shapes.me, uri))
    return {**document, "preferredUsername": found.username}


def test_nobody_dislikes_what_was_said_for_few(world: World) -> None:
    post = world.society.say(world.sven, "For one", visibility=Visibility.FOLLOWERS)
    who = person(world, world.society)
    assert told(world, world.society, dislike("lemmy", who, post.uri)) == "not-ours"
    assert told(world, world.society, dislike("lemmy", who, f"{post.uri}0")) == "not-ours"


def test_a_dislike_beyond_groups_is_accepted_and_nothing_more(world: World) -> None:
    post = world.society.say(world.sven, "To everybody", visibility=Visibility.PUBLIC)
    world.net.settle()
    world.net.carried.clear()
    vote = dislike("lemmy", person(world, world.society), post.uri)
    assert told(world, world.society, vote) == "ignored"
    assert told(world, world.society, undo(vote)) == "ignored"
    assert not world.net.carried


# -- as a community elsewhere announces them -------------------------------------------------------------


@pytest.fixture(params=sorted(COMMUNITIES))
def community(world: World, request: pytest.FixtureRequest) -> tuple[Spoken, Post]:
    """Sven follows it, and has a post that was said there."""
    found = COMMUNITIES[request.param]()
    other_software.serve(world.net, found)
    group = other_software.introduce(world.society, found.group)
    follow = world.society.house.run(relationships.follow, world.sven, group)
    told(
        world,
        world.society,
        {**wrapped("Accept", found.uri, follow.uri), "id": f"{found.uri}#{next(SERIAL)}"},
    )
    told(world, world.society, found.announce(found.said["object"], f"again-{next(SERIAL)}"))
    post = world.society.find(str(found.post["id"]))
    assert post is not None
    return found, post


def test_likes_by_third_instances_count_once_until_they_are_taken_back(
    world: World, community: tuple[Spoken, Post]
) -> None:
    there, post = community
    who = person(world, world.society)
    before, vote = likes(world.society, post.uri), like(who, post.uri)
    assert told(world, world.society, announce(there.uri, vote)) == "applied"
    assert told(world, world.society, announce(there.uri, vote)) == "duplicate"
    assert told(world, world.society, announce(there.uri, like(who, post.uri))) == "duplicate"
    assert told(world, world.society, like(who, post.uri)) == "duplicate"  # and from themselves
    assert likes(world.society, post.uri) == before + 1
    assert told(world, world.society, announce(there.uri, undo(vote))) == "applied"
    assert likes(world.society, post.uri) == before
    assert told(world, world.society, announce(there.uri, undo(vote))) == "not-ours"
    assert likes(world.society, post.uri) == before
    assert told(world, world.society, announce(there.uri, like(who, post.uri))) == "applied"
    assert told(world, world.society, announce(there.uri, dislike("lemmy", who, post.uri))) == "applied"
    assert likes(world.society, post.uri) == before


def test_a_community_speaks_for_what_was_said_there_alone(
    world: World, community: tuple[Spoken, Post]
) -> None:
    there, post = community
    own = world.society.say(world.sven, "Somewhere else", visibility=Visibility.PUBLIC)
    who = person(world, world.society)
    assert told(world, world.society, announce(there.uri, like(who, own.uri))) == "ignored"
    forged = {**like(who, post.uri), "id": f"{there.uri}#made-up-{next(SERIAL)}"}
    assert told(world, world.society, announce(there.uri, forged)) == "ignored"
    assert (likes(world.society, own.uri)) == 0


def test_a_community_cannot_say_what_people_here_like(world: World, community: tuple[Spoken, Post]) -> None:
    there, post = community
    before = likes(world.society, post.uri)
    vote = like(world.sven.uri, post.uri)
    assert told(world, world.society, announce(there.uri, vote)) == "ignored"
    assert likes(world.society, post.uri) == before
    world.society.house.run(interactions.favourite, world.sven, post.id)
    for said in (undo(vote), dislike("lemmy", world.sven.uri, post.uri)):
        assert told(world, world.society, announce(there.uri, said)) == "ignored"
    assert likes(world.society, post.uri) == before + 1
    world.society.house.run(interactions.unfavourite, world.sven, post.id)


@pytest.mark.parametrize("trust", [Trust.BLOCKED, Trust.SUSPENDED, Trust.LIMITED])
def test_of_whoever_is_not_connected_nothing_counts(
    world: World, community: tuple[Spoken, Post], trust: Trust
) -> None:
    """Whether they were known before or not."""
    there, post = community
    who = person(world, world.society, "mbin")
    host = who.split("/")[2]
    world.society.house.run(instances.set_trust, "test", host, trust)
    before = likes(world.society, post.uri)
    assert told(world, world.society, announce(there.uri, like(who, post.uri))) == "ignored"
    unknown = f"https://nowhere{next(SERIAL)}.example/u/1"
    assert told(world, world.society, announce(there.uri, like(unknown, post.uri))) == "ignored"
    assert world.society.house.read(account_rows.find_by_uri, unknown) is None
    assert likes(world.society, post.uri) == before
    world.society.house.run(instances.set_trust, "test", host, Trust.ALLOWED)
