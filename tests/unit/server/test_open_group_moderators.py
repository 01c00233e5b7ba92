"""Moderators of an open group of ours who live on instances of other software, in recorded shapes: what they do holds, nobody else's does."""

from __future__ import annotations

import pytest

from server.activitypub.egress import release
from server.core.errors import NotFound
from server.domain.groups import MembershipState
from server.domain.moderation import Verb
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.viewers import Peer
from server.services import audit, instances, open_moderation
from server.services.posts.refusals import NotPublished
from server.store import accounts as account_rows
from server.store import relationships as relationship_rows
from tests.support.moderators_elsewhere import (
    SERIAL,
    Speaker,
    boosted,
    featured,
    moderators,
    opened,
    passed_on,
    said,
    speaker,
    standing,
    told,
    world,
)
from tests.support.open_groups import World

__all__ = ["opened", "speaker", "world"]


# -- what holds ------------------------------------------------------------------------------------------


def test_a_discussion_is_closed_and_opened_again(world: World, speaker: Speaker) -> None:
    post = world.submit()
    near = world.clinic.find(post.uri)
    assert near is not None
    lock = speaker.says("lock", post.uri, world.group.uri)
    assert told(world, lock) == "applied"
    assert passed_on(world, lock)
    with pytest.raises(NotPublished):
        far = world.society.find(post.uri)
        assert far is not None
        world.society.say(world.sven, "Late", visibility=Visibility.PUBLIC, in_reply_to_id=far.id)
    assert said(world, speaker, "lock", post.uri) == "ignored"
    unlock = speaker.says("unlock", post.uri, world.group.uri)
    assert told(world, unlock) == "applied"
    assert passed_on(world, unlock)
    world.clinic.say(world.carl, "In time", visibility=Visibility.PUBLIC, in_reply_to_id=near.id)
    entries = world.society.house.read(audit.of_target, post.uri)
    assert [(one["action"], one["actor"]) for one in entries] == [
        ("group.post.unlock", speaker.me),
        ("group.post.lock", speaker.me),
    ]


def test_a_post_is_taken_out_and_brought_back(world: World, speaker: Speaker) -> None:
    post = world.submit()
    removal = speaker.says("remove", post.uri, world.group.uri)
    assert told(world, removal) == "applied"
    assert passed_on(world, removal)
    assert world.society.find(post.uri) is None
    assert world.clinic.find(post.uri) is None
    assert said(world, speaker, "remove", post.uri) == "ignored"
    assert said(world, speaker, "restore", post.uri) == "applied"
    assert boosted(world, post.uri)
    assert world.home(world.clinic, world.carl, post.uri)
    assert said(world, speaker, "restore", post.uri) == "not-ours"


def test_a_person_is_excluded_and_let_in_again(world: World, speaker: Speaker) -> None:
    block = speaker.says("exclude", world.carl.uri, world.group.uri)
    assert told(world, block) == "applied"
    assert standing(world, world.carl.uri).state is MembershipState.BANNED
    carl = world.society.house.read(account_rows.find_by_uri, world.carl.uri)
    assert carl is not None
    assert world.society.house.read(relationship_rows.find_follow, carl.id, world.group.id) is None
    assert world.society.house.read(relationship_rows.find_block_by_uri, block["id"]) is None
    assert said(world, speaker, "exclude", world.carl.uri) == "ignored"
    assert said(world, speaker, "admit", world.carl.uri) == "applied"
    world.follow(world.clinic, world.carl, world.at_clinic)
    found = world.clinic.house.read(relationship_rows.find_follow, world.carl.id, world.at_clinic.id)
    assert found is not None
    assert found.state.value == "accepted"


def test_who_follows_becomes_a_moderator_and_is_relieved(world: World, speaker: Speaker) -> None:
    nobody = world.society.knows(world.chu, world.chu.doctor(f"nobody{next(SERIAL)}"))
    assert said(world, speaker, "promote", nobody.uri) == "not_found"  # and is subscribed to nothing
    addition = speaker.says("promote", world.carl.uri, world.group.uri)
    assert told(world, addition) == "applied"
    assert passed_on(world, addition)
    assert world.carl.uri in moderators(world)
    assert said(world, speaker, "promote", world.carl.uri) == "ignored"
    assert said(world, speaker, "exclude", world.carl.uri) == "conflict"
    removal = speaker.says("demote", world.carl.uri, world.group.uri)
    assert told(world, removal) == "applied"
    assert passed_on(world, removal)
    assert world.carl.uri not in moderators(world)


def test_a_post_isfeatured(world: World, speaker: Speaker) -> None:
    post = world.submit()
    assert said(world, speaker, "feature", post.uri) == "applied"
    assert featured(world) == [post.uri]
    assert said(world, speaker, "feature", post.uri) == "ignored"
    assert said(world, speaker, "unfeature", post.uri) == "applied"
    assert featured(world) == []
    assert said(world, speaker, "feature", post.uri) == "applied"
    assert said(world, speaker, "remove", post.uri) == "applied"
    assert featured(world) == []


def test_who_may_see_what_isfeatured(world: World) -> None:
    name = world.group.uri.rsplit("/", 1)[1]
    with pytest.raises(NotFound):
        group = world.society.group(f"shut{next(SERIAL)}")
        world.society.house.run(release.featured, Peer(world.clinic.origin), group.uri.rsplit("/", 1)[1])
    post = world.submit()
    at = world.society.house
    assert at.run(open_moderation.moderate, world.group, world.group, Verb.FEATURE, post.uri)
    assert post.uri in featured(world)
    [addition] = [one["object"] for one in world.announced(world.clinic, "Add")] or [None]
    world.net.settle()
    [addition] = [one["object"] for one in world.announced(world.clinic, "Add")]
    assert addition["target"] == f"{world.group.uri}/featured"
    at.run(instances.set_trust, "test", world.clinic.origin, Trust.BLOCKED)
    with pytest.raises(NotFound):
        at.run(release.featured, Peer(world.clinic.origin), name)
    at.run(instances.set_trust, "test", world.clinic.origin, Trust.ALLOWED)
