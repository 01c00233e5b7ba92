"""What moderators of a community elsewhere do (FEP-1b12), as its Announces tell it: theirs holds here, anybody else's does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from federation.types import Iri, Origin
from server.activitypub.egress import release
from server.core.errors import NotFound, NotPermitted
from server.domain.accounts import Account
from server.domain.moderation import Verb
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.services import instances, open_moderation, relationships
from server.services.posts.edit import edit
from server.services.posts.refusals import NotPublished
from server.services.posts.writing import Draft
from server.store import accounts as account_rows
from server.store import relationships as relationship_rows
from server.store import repeats
from server.store.tables.posts import mention, post
from tests.support.open_groups import World, moderated_world

KINDS = ("Delete", "Remove")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sven moderates the group; Carl follows it from elsewhere. Each test has posts of its own in it."""
    with moderated_world(tmp_path_factory.mktemp("moderation")) as made:
        yield made


@pytest.fixture
def world(opened: World) -> World:
    opened.forget()
    opened.follow(opened.clinic, opened.carl, opened.at_clinic)
    return opened


def announced(world: World, inner: dict[str, Any]) -> str:
    """What the group says to the clinic. Answers the outcome."""
    serial = len(world.clinic.outcomes)
    inner = {"id": f"{inner['actor']}#did-{serial}", **inner}
    return world.net.told(
        world.clinic,
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{world.group.uri}#announce-{serial}",
            "type": "Announce",
            "actor": world.group.uri,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [f"{world.group.uri}/followers"],
            "object": inner,
        },
    )


def by(actor: Iri, kind: str, about: object, **more: object) -> dict[str, Any]:
    return {"type": kind, "actor": actor, "object": about, **more}


def answered(world: World, post: Post) -> Post:
    """Anna answers her own question; it is at the clinic by the group alone."""
    said = world.chu.say(
        world.anna, "@cardio@society.example More", visibility=Visibility.PUBLIC, in_reply_to_id=post.id
    )
    world.net.settle()
    assert world.clinic.find(said.uri) is not None
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_moderator_removes_is_gone(world: World, kind: str) -> None:
    post = world.submit()
    reply = answered(world, post)
    for one in (reply, post):
        assert announced(world, by(world.sven.uri, kind, one.uri)) == "applied"
        assert world.clinic.find(one.uri) is None
    assert announced(world, by(world.anna.uri, "Create", {"id": post.uri, "type": "Note"})) == "tombstoned"
    assert announced(world, by(world.sven.uri, kind, post.uri)) == "ignored"
    assert world.clinic.find(post.uri) is None


@pytest.mark.parametrize("kind", [*KINDS, "Lock"])
def test_who_is_no_moderator_does_nothing(world: World, kind: str) -> None:
    """Whatever the community lets pass."""
    post = world.submit()
    stranger = world.society.doctor(f"not_{kind.lower()}")
    for who in (stranger.uri, world.carl.uri, Iri("https://nowhere.example/u/x")):
        assert announced(world, by(who, kind, post.uri)) == "ignored"
    assert world.home(world.clinic, world.carl, post.uri)
    shown = world.clinic.find(post.uri)
    assert shown is not None
    world.clinic.say(world.carl, "Still open", visibility=Visibility.PUBLIC, in_reply_to_id=shown.id)


def test_who_moderates_no_more_does_nothing(world: World) -> None:
    """The list is read when it is needed."""
    post = world.submit()
    other = world.society.doctor("other")
    assert announced(world, by(other.uri, "Delete", post.uri)) == "ignored"
    world.name_moderator(other)
    assert announced(world, by(other.uri, "Delete", post.uri)) == "applied"


def test_where_the_list_cannot_be_had_nobody_moderates(world: World) -> None:
    post = world.submit()
    world.net.withheld.add(Iri(f"{world.group.uri}/moderators"))
    assert announced(world, by(world.sven.uri, "Delete", post.uri)) == "ignored"
    assert world.clinic.find(post.uri) is not None


def test_a_list_on_another_host_is_not_believed(world: World) -> None:
    post = world.submit()
    shown = json.loads(world.society.house.run(_document, world, world.clinic.origin))
    elsewhere = Iri(f"{world.anna.uri}/moderators")
    world.net.served[world.group.uri] = {**shown, "attributedTo": elsewhere}
    world.net.served[elsewhere] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": elsewhere,
        "type": "OrderedCollection",
        "orderedItems": [world.sven.uri],
    }
    assert announced(world, by(world.sven.uri, "Delete", post.uri)) == "ignored"


def test_what_was_removed_by_mistake_comes_back(world: World) -> None:
    post = world.submit()
    removal = {"id": f"{world.sven.uri}#gone", **by(world.sven.uri, "Delete", post.uri)}
    assert announced(world, removal) == "applied"
    assert world.clinic.find(post.uri) is None
    assert announced(world, by(world.anna.uri, "Undo", {**removal, "actor": world.anna.uri})) == "ignored"
    assert announced(world, by(world.sven.uri, "Undo", removal)) == "applied"
    assert world.home(world.clinic, world.carl, post.uri)


def test_whom_somebody_here_follows_stays_outside_the_community(world: World) -> None:
    post = world.submit()
    anna = world.clinic.house.read(account_rows.find_by_uri, world.anna.uri)
    assert anna is not None
    world.clinic.house.run(relationships.follow, world.carl, anna)
    world.net.settle()
    assert announced(world, by(world.sven.uri, "Delete", post.uri)) == "applied"
    assert world.clinic.find(post.uri) is not None
    assert not world.home(world.clinic, world.carl, post.uri)
    world.clinic.house.run(relationships.unfollow, world.carl, anna)


def test_a_member_here_keeps_the_post_and_is_told(world: World) -> None:
    post = world.clinic.say(world.carl, "@cardio@society.example Mine", visibility=Visibility.PUBLIC)
    world.net.settle()
    assert world.home(world.clinic, world.carl, post.uri)
    before = _told(world, world.carl)
    assert announced(world, by(world.sven.uri, "Delete", post.uri)) == "applied"
    world.net.settle()
    assert world.clinic.find(post.uri) is not None
    assert not world.home(world.clinic, world.carl, post.uri)
    assert _told(world, world.carl) == before + 1
    assert announced(world, by(world.sven.uri, "Delete", post.uri)) == "ignored"
    world.net.settle()
    assert _told(world, world.carl) == before + 1


def test_a_post_that_never_named_the_community_is_taken_out_of_it_and_left_alone(world: World) -> None:
    quiet = world.chu.say(world.anna, "Said to nobody", visibility=Visibility.PUBLIC)
    assert announced(world, by(world.anna.uri, "Create", {"id": quiet.uri, "type": "Note"})) == "applied"
    assert world.home(world.clinic, world.carl, quiet.uri)
    assert announced(world, by(world.sven.uri, "Lock", quiet.uri)) == "ignored"
    assert announced(world, by(world.sven.uri, "Delete", quiet.uri)) == "applied"
    assert world.clinic.find(quiet.uri) is not None
    assert not world.home(world.clinic, world.carl, quiet.uri)


@pytest.mark.parametrize("listed", ["featured", "moderators"])
def test_taken_off_a_list_is_not_taken_out(world: World, listed: str) -> None:
    post = world.submit()
    off = by(world.sven.uri, "Remove", post.uri, target=f"{world.group.uri}/{listed}")
    assert announced(world, off) == "not-ours"
    assert world.home(world.clinic, world.carl, post.uri)


def test_a_closed_discussion_takes_no_answers_until_it_is_opened(world: World) -> None:
    post = world.submit()
    shown = world.clinic.find(post.uri)
    assert shown is not None
    lock = {"id": f"{world.sven.uri}#lock", **by(world.sven.uri, "Lock", post.uri)}
    assert announced(world, lock) == "applied"
    with pytest.raises(NotPublished):
        world.clinic.say(world.carl, "Too late", visibility=Visibility.PUBLIC, in_reply_to_id=shown.id)
    beside = "@anna@chu.example In private"
    world.clinic.say(world.carl, beside, visibility=Visibility.DIRECT, in_reply_to_id=shown.id)
    assert announced(world, by(world.anna.uri, "Undo", {**lock, "actor": world.anna.uri})) == "ignored"
    assert announced(world, by(world.sven.uri, "Undo", lock)) == "applied"
    world.clinic.say(world.carl, "In time", visibility=Visibility.PUBLIC, in_reply_to_id=shown.id)


def test_whom_moderators_exclude_follows_no_more_until_they_are_let_in_again(world: World) -> None:
    block = {
        "id": f"{world.sven.uri}#block",
        **by(world.sven.uri, "Block", world.carl.uri, target=world.group.uri),
    }
    stranger = {**block, "id": f"{world.anna.uri}#block", "actor": world.anna.uri}
    assert announced(world, stranger) == "ignored"
    assert announced(world, {**block, "target": f"https://{world.society.origin}/"}) == "not-ours"
    assert announced(world, {**block, "endTime": "2030-01-01T00:00:00Z"}) == "ignored"
    assert _follows(world)
    assert announced(world, block) == "applied"
    assert not _follows(world)
    with pytest.raises(NotPermitted):
        world.clinic.house.run(relationships.follow, world.carl, world.at_clinic)
    # the announces above came by whoever follows; nobody does now, and the word still holds
    assert announced(world, by(world.sven.uri, "Undo", block)) == "applied"
    world.follow(world.clinic, world.carl, world.at_clinic)
    assert _follows(world)


def test_the_group_itself_moderates(world: World) -> None:
    post = world.submit()
    assert announced(world, by(world.group.uri, "Delete", post.uri)) == "applied"
    assert world.clinic.find(post.uri) is None


def test_moderators_cannot_touch_a_members_only_discussion(world: World) -> None:
    """Nor what is for fewer than everybody."""
    said = world.clinic.say(world.carl, "@cardio@society.example Between us", visibility=Visibility.DIRECT)
    for kind in (*KINDS, "Lock"):
        assert announced(world, by(world.sven.uri, kind, said.uri)) == "ignored"
    assert world.clinic.find(said.uri) is not None
    assert world.clinic.house.read(repeats.find_tombstone, said.uri) is None


# -- our own collection ----------------------------------------------------------------------------------


def _document(unit: Any, world: World, origin: Origin) -> bytes:
    from_rows = release.Peer(origin)
    return release.actor(unit, from_rows, world.group.uri.rsplit("/", 1)[1], {})


def _listed(unit: Any, group: Account, origin: Origin) -> bytes:
    return release.moderators(unit, origin, group.uri.rsplit("/", 1)[1])


def test_an_open_group_names_its_moderators(world: World) -> None:
    document = json.loads(world.society.house.run(_document, world, world.clinic.origin))
    assert document["attributedTo"] == f"{world.group.uri}/moderators"
    listed = msgspec.json.decode(world.society.house.run(_listed, world.group, world.clinic.origin))
    assert listed["id"] == document["attributedTo"]
    assert listed["type"] == "OrderedCollection"
    assert world.sven.uri in listed["orderedItems"]
    assert world.carl.uri not in listed["orderedItems"]


@pytest.mark.parametrize("access", ["closed", "secret"])
def test_who_moderates_another_group_is_told_to_nobody(world: World, access: str) -> None:
    group = world.society.group(f"a{access}", access=access)
    with pytest.raises(NotFound):
        world.society.house.run(_listed, group, world.clinic.origin)
    with pytest.raises(NotFound):
        world.society.house.run(_listed, world.sven, world.clinic.origin)


def test_a_blocked_instance_learns_of_no_moderator(world: World) -> None:
    world.society.house.run(instances.set_trust, "test", world.clinic.origin, Trust.BLOCKED)
    with pytest.raises(NotFound):
        world.society.house.run(_listed, world.group, world.clinic.origin)
    world.society.house.run(instances.set_trust, "test", world.clinic.origin, Trust.ALLOWED)


def _follows(world: World) -> bool:
    found = world.clinic.house.read(relationship_rows.find_follow, world.carl.id, world.at_clinic.id)
    return found is not None and found.state.value == "accepted"


def _told(world: World, reader: Account) -> int:
    """How many direct messages the instance wrote."""

    count = (
        select(func.count())
        .select_from(post.join(mention, mention.c.post_id == post.c.id))
        .where(mention.c.account_id == reader.id, post.c.visibility == Visibility.DIRECT.value)
    )
    return int(world.clinic.house.read(lambda unit: unit.value(count)))


# -- in an open group of ours ----------------------------------------------------------------------------


def test_what_a_moderator_elsewhere_deletes_leaves_a_group_of_ours(world: World) -> None:
    """Nora moderates from the clinic; she says so in the words of Lemmy, to the group's instance."""
    post = world.submit()
    nora = world.clinic.doctor("nora")
    far = world.society.knows(world.clinic, nora)
    deletion = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{nora.uri}#delete-{post.id}",
        **by(nora.uri, "Delete", post.uri, cc=[world.group.uri], summary="off topic"),
    }
    assert world.net.told(world.society, deletion) == "not-a-moderator"
    assert world.society.find(post.uri) is not None
    world.name_moderator(far)
    assert world.net.told(world.society, {**deletion, "id": f"{deletion['id']}-again"}) == "applied"
    world.net.settle()
    assert world.society.find(post.uri) is None
    assert world.clinic.find(post.uri) is None
    assert world.chu.find(post.uri) is not None  # Anna's own
    [said] = world.announced(world.clinic, "Delete")
    assert said["object"]["actor"] == nora.uri


def test_an_open_group_of_ours_removes_and_closes(world: World) -> None:
    """As the command does, in the group's own name."""
    post = world.submit()
    far = world.society.find(post.uri)
    near = world.clinic.find(post.uri)
    assert far is not None
    assert near is not None
    at = world.society.house
    assert at.run(open_moderation.moderate, world.group, world.group, Verb.LOCK, far.uri)
    assert not at.run(open_moderation.moderate, world.group, world.group, Verb.LOCK, far.uri)
    world.net.settle()
    with pytest.raises(NotPublished):
        world.clinic.say(world.carl, "Too late", visibility=Visibility.PUBLIC, in_reply_to_id=near.id)
    assert at.run(open_moderation.moderate, world.group, world.group, Verb.UNLOCK, far.uri)
    world.net.settle()
    world.clinic.say(world.carl, "In time", visibility=Visibility.PUBLIC, in_reply_to_id=near.id)
    world.net.settle()
    assert at.run(open_moderation.moderate, world.group, world.group, Verb.REMOVE, far.uri)
    world.net.settle()
    assert world.society.find(post.uri) is None
    assert world.clinic.find(post.uri) is None


def test_what_was_removed_is_not_announced_again_by_an_edit(world: World) -> None:
    """Sven follows its author, and so keeps it at the group's own instance."""
    post = world.submit()
    far = world.society.find(post.uri)
    assert far is not None
    author = world.society.knows(world.chu, world.anna)
    world.follow(world.society, world.sven, author)
    at = world.society.house
    assert at.run(open_moderation.moderate, world.group, world.group, Verb.REMOVE, far.uri)
    world.net.settle()
    world.chu.house.run(edit, world.anna, post.id, Draft(text="@cardio@society.example Once more"))
    world.net.settle()
    kept = world.society.find(post.uri)
    assert kept is not None
    assert "Once more" in kept.content
    assert world.announced(world.clinic, "Update") == []
