"""Open groups and the software that people use elsewhere, in recorded shapes and both directions.

Their people follow, post, answer, like and delete in a group of ours; and members here follow a community of theirs, see what is announced once,
like, answer, and see removed what its moderators remove.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.types import JsonObject
from server.domain.accounts import Account
from server.domain.posts import Post, Visibility
from server.services import interactions, relationships
from server.store import posts
from server.store import relationships as relationship_rows
from tests.support import other_software
from tests.support.open_groups import World, opened, world
from tests.support.other_software import COMMUNITIES, PEOPLE, Spoken, wrapped

pytestmark = pytest.mark.slow

__all__ = ["opened", "world"]


def told(world: World, document: JsonObject) -> str:
    """What an instance of other software says to the society."""
    outcome = world.net.told(world.society, document)
    world.net.settle()
    return outcome


def carried(world: World, origin: str) -> list[dict[str, Any]]:
    """What the society said to an instance of other software."""
    return [json.loads(one.body) for _, one in world.net.carried if one.destination == origin]


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_their_people_in_a_group_of_ours(world: World, name: str) -> None:
    question = world.society.say(world.sven, "@cardio A question", visibility=Visibility.PUBLIC)
    world.net.settle()
    shapes = PEOPLE[name](world.group.uri, question.uri)
    somebody = other_software.introduce(world.society, shapes.actor)

    assert told(world, wrapped("Follow", shapes.me, world.group.uri)) == "applied"
    assert [one["type"] for one in carried(world, shapes.origin)] == ["Accept"]
    assert world.society.house.read(relationship_rows.find_follow, somebody.id, world.group.id) is not None

    post, reply = str(shapes.create["object"]["id"]), str(shapes.reply["object"]["id"])
    assert told(world, shapes.create) == "applied"
    assert told(world, shapes.reply) == "applied"
    found, answer = world.society.find(post), world.society.find(reply)
    assert found is not None
    assert answer is not None
    assert (found.summary, found.sensitive) == ("", False)
    assert found.title == (shapes.create["object"].get("name") or "")
    assert answer.in_reply_to_id == question.id
    announced = [one["object"] for one in carried(world, shapes.origin) if one["type"] == "Announce"]
    assert shapes.create in announced  # as it came
    assert shapes.reply in announced
    assert post in announced
    assert reply not in announced

    like = shapes.like(post)
    assert told(world, like) == "applied"
    assert _likes(world, post) == 1
    assert told(world, wrapped("Undo", shapes.me, like)) == "applied"
    assert _likes(world, post) == 0
    boost = wrapped("Announce", shapes.me, question.uri, to=[other_software.PUBLIC])
    assert told(world, boost) == "applied"
    assert told(world, shapes.delete(post)) == "applied"
    assert world.society.find(post) is None
    kinds = [_kind(one["object"]) for one in carried(world, shapes.origin) if one["type"] == "Announce"]
    assert [kinds.count(kind) for kind in ("Like", "Undo", "Delete")] == [1, 1, 1]


def _likes(world: World, uri: str) -> int:
    found = world.society.find(uri)
    assert found is not None
    return found.favourites_count


def _kind(said: Any) -> str:
    return str(said["type"]) if isinstance(said, dict) else ""


# -- towards their communities ---------------------------------------------------------------------------


def joined(world: World, name: str) -> tuple[Spoken, Account]:
    """Sven follows a community there, which has accepted it."""
    community = COMMUNITIES[name]()
    other_software.serve(world.net, community)
    group = other_software.introduce(world.society, community.group)
    world.society.house.run(relationships.follow, world.sven, group)
    world.net.settle()
    [follow] = [one for one in carried(world, community.origin) if one["type"] == "Follow"]
    assert follow["object"] == community.uri
    assert told(world, wrapped("Accept", community.uri, follow)) == "applied"
    found = world.society.house.read(relationship_rows.find_follow, world.sven.id, group.id)
    assert found is not None
    assert found.state.value == "accepted"
    return community, group


def shown(world: World, community: Spoken, group: Account) -> Post:
    """The post, which the community shows here."""
    post = world.society.find(str(community.post["id"]))
    assert post is not None
    assert world.society.house.read(posts.find_boost, group.id, post.id) is not None
    return post


@pytest.mark.parametrize("name", sorted(COMMUNITIES))
def test_members_here_in_their_communities(world: World, name: str) -> None:
    community, group = joined(world, name)
    assert told(world, community.said) == "applied"
    post = shown(world, community, group)
    assert post.title == (community.post.get("name") or "")
    assert post.content
    assert not post.sensitive
    for one in [*community.again, community.announce(community.said["object"], "again")]:
        assert told(world, one) == "duplicate"
    assert post.boosts_count <= 1

    world.net.carried.clear()
    world.society.house.run(interactions.favourite, world.sven, post.id)
    world.net.settle()
    [like] = carried(world, community.origin)  # one inbox for all of them there
    assert (like["type"], like["object"]) == ("Like", post.uri)
    answer = world.society.say(world.sven, "An answer", visibility=Visibility.PUBLIC, in_reply_to_id=post.id)
    world.net.settle()
    create = carried(world, community.origin)[-1]
    assert create["object"]["id"] == answer.uri
    assert community.uri in [*create["object"]["to"], *create["object"]["cc"]]
    assert create["object"]["inReplyTo"] == post.uri

    by_author = wrapped("Delete", str(community.person["id"]), post.uri)
    del world.net.served[post.uri]
    assert told(world, community.announce(by_author, "gone")) == "applied"
    assert (
        world.society.find(post.uri) is not None
    )  # its origin was silent: the community alone has dropped it
    assert world.society.house.read(posts.find_boost, group.id, post.id) is None
    world.net.served[post.uri] = {"@context": other_software.AS, "id": post.uri, "type": "Tombstone"}
    assert told(world, community.announce(by_author, "really-gone")) == "applied"
    assert world.society.find(post.uri) is None


@pytest.mark.parametrize("name", sorted(set(COMMUNITIES) - {"nodebb"}))
def test_their_moderators_remove(world: World, name: str) -> None:
    """NodeBB names none: there the category itself speaks."""
    community = COMMUNITIES[name]()
    assert community.moderators is not None
    moderator = f"https://{community.origin}/u/owner"
    uri = f"{community.post['id']}9"
    community.post["id"] = uri
    community.said["object"]["object"]["id"] = uri
    other_software.serve(world.net, community)
    group = other_software.introduce(world.society, community.group)
    world.society.house.run(relationships.follow, world.sven, group)
    assert told(world, community.announce(community.said["object"], "moderated")) == "applied"
    post = shown(world, community, group)
    removal = wrapped("Delete", moderator, {"id": post.uri, "type": "Tombstone"}, summary=" ")
    listed = other_software.recorded(
        "lemmy/lemmy__collections__group_moderators-2.json",
        {
            "https://enterprise.lemmy.ml/c/tenforward/moderators": community.moderators,
            "https://enterprise.lemmy.ml/u/picard": moderator,
        },
    )
    world.net.served[community.moderators] = {"@context": other_software.AS, **listed, "orderedItems": []}
    assert told(world, community.announce(removal, "by-nobody")) == "ignored"
    shown(world, community, group)
    world.net.served[community.moderators] = {"@context": other_software.AS, **listed}
    assert told(world, community.announce(removal, "by-moderator")) == "applied"
    assert world.society.find(post.uri) is None
