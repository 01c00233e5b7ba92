"""Open groups: what ordinary software says to them is announced, as FEP-1b12 wants it, to whoever follows them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from server.core.errors import Conflict, NotFound
from server.domain.accounts import Account, FollowState
from server.domain.boundary import GroupAccess
from server.domain.posts import Post, Visibility
from server.domain.work import Delivery
from server.services import groups, interactions
from server.services.groups import members
from server.services.posts.delete import delete
from server.services.posts.edit import edit
from server.services.posts.writing import Draft
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import relationships as relationship_rows
from server.store.session import Unit
from tests.support.exchange import Instance
from tests.support.open_groups import World, opened, world
from tests.support.shared import shared_path

__all__ = ["opened", "world"]


def test_a_follow_is_accepted_at_once(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    found = world.clinic.house.read(relationship_rows.find_follow, world.carl.id, world.at_clinic.id)
    assert found is not None
    assert found.state.value == "accepted"


def test_joining_one_elsewhere_from_our_page_follows_it_and_leaving_stops(world: World) -> None:
    """Other software knows a Follow, and need not know a Join."""
    chu, anna, group = world.chu, world.anna, world.at_chu
    chu.house.run(a_record, group)
    with pytest.raises(Conflict):
        chu.house.run(groups.confirm_join, anna, group, 7)
    chu.house.run(groups.confirm_join, anna, group, 1)
    assert chu.house.read(groups.find_for, anna, group).follows is FollowState.PENDING
    world.net.settle()
    assert chu.house.read(groups.find_for, anna, group).follows is FollowState.ACCEPTED
    assert _sent(world) == ["Follow"]
    chu.house.run(groups.leave, anna, group)
    world.net.settle()
    assert _sent(world) == ["Follow", "Undo"]
    assert chu.house.read(groups.find_for, anna, group).follows is None
    with pytest.raises(NotFound):
        chu.house.run(groups.leave, anna, group)


def a_record(unit: Unit, group: Account) -> None:
    """As what was read of a group elsewhere is kept."""
    group_rows.add(unit, {"account_id": group.id, "access": GroupAccess.OPEN.value, "rules_version": 1})


def _sent(world: World) -> list[str]:
    """What the hospital sent to the society, by type."""
    return [
        json.loads(one.body)["type"]
        for origin, one in world.net.carried
        if origin == world.chu.origin and one.destination == world.society.origin
    ]


def test_a_post_is_announced_as_it_came_and_as_a_boost(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    [announce] = world.announced(world.clinic, "Create")
    assert announce["actor"] == world.group.uri
    assert announce["audience"] == world.group.uri
    assert "https://www.w3.org/ns/activitystreams#Public" in announce["to"]
    inner = announce["object"]
    assert inner["actor"] == world.anna.uri
    assert inner["object"]["id"] == post.uri
    assert world.group.uri in (inner["audience"], *inner["audience"])
    boosts = [one["object"] for one in world.said_by_group(world.clinic) if one["type"] == "Announce"]
    assert post.uri in boosts
    assert world.home(world.clinic, world.carl, post.uri)


def test_what_a_member_of_the_groups_own_instance_says_is_announced_too(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.society.say(world.sven, "@cardio From here", visibility=Visibility.PUBLIC)
    world.net.settle()
    [announce] = world.announced(world.clinic, "Create")
    assert announce["object"]["object"]["id"] == post.uri
    assert world.home(world.clinic, world.carl, post.uri)


def test_edits_likes_and_deletions_are_announced(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    far = world.society.find(post.uri)
    assert far is not None
    world.society.house.run(interactions.favourite, world.sven, far.id)
    world.net.settle()
    [like] = world.announced(world.clinic, "Like")
    assert like["object"]["object"] == post.uri
    world.society.house.run(interactions.unfavourite, world.sven, far.id)
    world.net.settle()
    assert len(world.announced(world.clinic, "Undo")) == 1
    world.chu.house.run(edit, world.anna, post.id, Draft(text="@cardio@society.example Another question"))
    world.net.settle()
    [update] = world.announced(world.clinic, "Update")
    assert "Another" in update["object"]["object"]["content"]
    shown = world.clinic.find(post.uri)
    assert shown is not None
    assert "Another" in shown.content
    world.chu.house.run(delete, world.anna, post.id)
    world.net.settle()
    [gone] = world.announced(world.clinic, "Delete")
    assert gone["object"]["actor"] == world.anna.uri
    assert world.clinic.find(post.uri) is None


def test_an_answer_goes_to_the_group_although_its_name_is_not_repeated(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    asked = world.clinic.find(post.uri)
    assert asked is not None
    answer = world.clinic.say(
        world.carl, "@anna@chu.example An answer", visibility=Visibility.PUBLIC, in_reply_to_id=asked.id
    )
    world.net.settle()
    found = [one["object"]["object"]["id"] for one in world.announced(world.clinic, "Create")]
    assert answer.uri in found
    boosted = [one["object"] for one in world.said_by_group(world.clinic) if one["type"] == "Announce"]
    assert answer.uri not in boosted  # an answer is no post of its own in anybody's home


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
def test_what_is_not_for_everybody_is_not_announced(world: World, visibility: Visibility) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    world.chu.say(world.anna, "@cardio@society.example In confidence", visibility=visibility)
    world.net.settle()
    assert not world.announced(world.clinic, "Create")
    assert not any("In confidence" in json.dumps(one) for one in world.said_by_group(world.clinic))


def test_an_identifier_is_not_announced(world: World) -> None:
    """What software elsewhere lets pass is not spread from here."""
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    before = len(world.announced(world.clinic, "Create"))
    delivery = next(
        one
        for _, one in world.net.carried
        if json.loads(one.body)["type"] == "Create" and one.destination == world.society.origin
    )
    document = json.loads(delivery.body.replace(post.uri.encode(), f"{post.uri}9".encode()))
    document["id"] += "9"
    document["object"]["content"] = "<p>@cardio NIR 2 69 05 49 588 157 80</p>"
    _hand(world, delivery, document)
    world.net.settle()
    assert world.society.find(f"{post.uri}9") is not None
    assert len(world.announced(world.clinic, "Create")) == before


def _hand(world: World, like: Delivery, document: dict[str, Any]) -> str:
    return world.net.hand_over(
        world.chu, world.society, replace(like, body=json.dumps(document).encode(), profile=False)
    )


def test_whom_the_moderators_excluded_neither_follows_nor_is_announced(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    world.submit()
    far = world.society.house.read(account_rows.find_by_uri, world.anna.uri)
    assert far is not None
    world.society.house.run(members.ban, "test", world.group, far)
    world.net.settle()
    before = len(world.announced(world.clinic, "Create"))
    world.submit("@cardio@society.example Again")
    assert len(world.announced(world.clinic, "Create")) == before
    # its instance knows of the exclusion; one that does not care gets a Reject
    assert world.chu.house.run(relationship_rows.end_block, world.at_chu.id, world.anna.id) is not None
    world.follow(world.chu, world.anna, world.at_chu)
    found = world.chu.house.read(relationship_rows.find_follow, world.anna.id, world.at_chu.id)
    assert found is None
    world.society.house.run(members.unban, "test", world.group, far)


def test_a_community_cannot_put_words_into_anybodys_mouth(world: World) -> None:
    """What is embedded is not believed: the post is had from its own origin."""
    world.follow(world.clinic, world.carl, world.at_clinic)
    world.submit()
    [announce] = [
        one
        for _, one in world.net.carried
        if one.destination == world.clinic.origin and b'"Create"' in one.body and b'"Announce"' in one.body
    ]
    quiet = world.chu.say(world.anna, "Said to nobody in particular", visibility=Visibility.PUBLIC)
    document = json.loads(announce.body)
    document["id"] += "x"
    document["object"]["object"]["id"] = quiet.uri
    document["object"]["object"]["content"] = "<p>Forged</p>"
    world.net.hand_over(world.society, world.clinic, replace(announce, body=json.dumps(document).encode()))
    found = world.clinic.find(quiet.uri)
    assert found is not None
    assert "Forged" not in found.content
    assert "in particular" in found.content


@pytest.mark.parametrize("withheld", [False, True])
def test_a_community_cannot_delete_what_its_origin_still_has(world: World, withheld: bool) -> None:
    """Nor what its origin does not show: that is no word about it."""
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    if withheld:
        world.net.withheld.add(post.uri)
    _announce_deletion(world, post)
    assert world.clinic.find(post.uri) is not None
    assert not world.home(world.clinic, world.carl, post.uri)  # it took back what it showed, and nothing else


def test_a_community_is_believed_where_the_origin_has_it_no_more(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    post = world.submit()
    world.net.away.add(world.clinic.origin)  # the author's own word does not arrive
    world.chu.house.run(delete, world.anna, post.id)
    _announce_deletion(world, post)
    assert world.clinic.find(post.uri) is None


def _announce_deletion(world: World, post: Post) -> None:
    """The group says at the clinic that the author deleted a post."""
    announce = next(
        one
        for _, one in world.net.carried
        if one.destination == world.clinic.origin and b'"Create"' in one.body and b'"Announce"' in one.body
    )
    document = json.loads(announce.body)
    document["id"] += "x"
    document["object"] = {
        "id": f"{world.anna.uri}#gone",
        "type": "Delete",
        "actor": world.anna.uri,
        "object": post.uri,
    }
    world.net.hand_over(world.society, world.clinic, replace(announce, body=json.dumps(document).encode()))


def _recorded(name: str, replaced: dict[str, str]) -> dict[str, Any]:
    """A document that other software emitted, with our names in it; skips where the recordings are not at hand."""
    text = (shared_path("corpus") / name).read_text()
    for theirs, ours in replaced.items():
        text = text.replace(theirs, ours)
    found: dict[str, Any] = json.loads(text)
    return found


def _carried(world: World, to: Instance, *words: bytes) -> Delivery:
    """Any delivery to an instance, whose way another document takes."""
    return next(
        one
        for _, one in world.net.carried
        if one.destination == to.origin and all(word in one.body for word in words)
    )


@pytest.mark.parametrize("kind", ["create_page", "create_comment"])
def test_what_lemmy_sends_to_a_community_is_announced(world: World, kind: str) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    world.submit()
    base = f"https://{world.chu.origin}"
    document = _recorded(
        f"lemmy/lemmy__activities__create_or_update__{kind}-2.json",
        {
            "http://ds9.lemmy.ml/u/lemmy_alpha": world.anna.uri,
            "http://enterprise.lemmy.ml/c/main": world.group.uri,
            "https://enterprise.lemmy.ml/c/main": world.group.uri,
            "http://ds9.lemmy.ml": base,
        },
    )
    _hand(world, _carried(world, world.society, b'"Create"'), document)
    world.net.settle()
    found = [one["object"] for one in world.announced(world.clinic, "Create")]
    assert document["object"] in [one["object"] for one in found]


def test_what_mbin_announces_is_had_from_its_origin_and_shown(world: World) -> None:
    world.follow(world.clinic, world.carl, world.at_clinic)
    world.submit()
    quiet = world.chu.say(world.anna, "Said where nobody follows", visibility=Visibility.PUBLIC)
    document = _recorded(
        "mbin/Unit__ActivityPub__Outbox__JsonSnapshots__AnnounceTest__testAnnounceCreateEntry__1-2.json",
        {
            "https://kbin.test/u/user": world.anna.uri,
            "https://kbin.test/m/test": world.group.uri,
            "SCRUBBED_DATE": "2026-03-02T09:00:00Z",
        },
    )
    document["id"] = f"{world.group.uri}#announce"
    document["object"]["id"] = f"{world.anna.uri}#create"
    document["object"]["object"]["id"] = quiet.uri
    announce = _carried(world, world.clinic, b'"Create"', b'"Announce"')
    outcome = world.net.hand_over(
        world.society, world.clinic, replace(announce, body=json.dumps(document).encode())
    )
    assert outcome == "applied"
    assert world.home(world.clinic, world.carl, quiet.uri)
