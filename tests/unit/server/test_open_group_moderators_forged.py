"""Who is no moderator of an open group of ours, or none for this, has no effect there, and leaves nothing."""

from __future__ import annotations

import pytest

from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipRole, MembershipState
from server.domain.pages import Page
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.viewers import Member
from server.services import accounts, groups, instances, timelines
from server.services.groups import founding
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store import memberships, repeats
from server.store import relationships as relationship_rows
from tests.support import other_software
from tests.support.moderators_elsewhere import (
    SERIAL,
    Speaker,
    announce,
    another,
    boosted,
    community,
    left_behind,
    moderators,
    opened,
    passed_on,
    said,
    said_of,
    speaker,
    standing,
    told,
    world,
)
from tests.support.open_groups import World
from tests.support.other_software import AS, PUBLIC

__all__ = ["opened", "speaker", "world"]


ON_POSTS = ("lock", "unlock", "remove", "feature", "unfeature")
ON_PEOPLE = ("exclude", "admit", "promote", "demote")


@pytest.mark.parametrize("what", [*ON_POSTS, *ON_PEOPLE])
def test_who_is_no_moderator_is_refused_and_leaves_nothing(world: World, speaker: Speaker, what: str) -> None:
    post = world.submit()
    forger = another(speaker)
    stranger = other_software.introduce(world.society, forger.actor)
    before, about = left_behind(world), post.uri if what in ON_POSTS else world.carl.uri
    world.net.carried.clear()
    assert forger.me == stranger.uri
    assert said(world, forger, what, about) == "not-a-moderator"
    assert left_behind(world) == before
    assert world.said_by_group(world.clinic) == []
    assert boosted(world, post.uri)


def test_who_moderated_a_moment_ago_is_refused(world: World, speaker: Speaker) -> None:
    post = world.submit()
    account = world.society.house.read(account_rows.find_by_uri, speaker.me)
    assert account is not None
    lock = speaker.says("lock", post.uri, world.group.uri)
    world.society.house.run(groups.set_role, "test", world.group, account, MembershipRole.MEMBER)
    assert told(world, lock) == "not-a-moderator"
    unlock = speaker.says("unlock", post.uri, world.group.uri)
    assert told(world, unlock) == "not-a-moderator"


def test_the_same_word_again_has_no_second_effect(world: World, speaker: Speaker) -> None:
    """Nor does it, where it comes again in an Announce of its own instance."""
    post = world.submit()
    lock = speaker.says("lock", post.uri, world.group.uri)
    assert told(world, lock) == "applied"
    assert said(world, speaker, "unlock", post.uri) == "applied"
    assert told(world, lock) == "duplicate"
    assert told(world, announce(community(world, speaker), lock)) == "duplicate"
    world.clinic.say(
        world.carl,
        "In time",
        visibility=Visibility.PUBLIC,
        in_reply_to_id=world.clinic.find(post.uri).id,  # type: ignore[union-attr]
    )


def test_what_was_taken_back_before_it_came_has_no_effect(world: World, speaker: Speaker) -> None:
    post = world.submit()
    lock = speaker.says("lock", post.uri, world.group.uri)
    unlock = {**speaker.says("unlock", post.uri, world.group.uri), "object": lock}
    assert told(world, unlock) == "ignored"
    assert told(world, lock) == "tombstoned"


def test_an_announce_of_its_own_instance_carries_it(world: World, speaker: Speaker) -> None:
    post = world.submit()
    lock = speaker.says("lock", post.uri, world.group.uri)
    stranger = other_software.introduce(world.society, other_software.lemmy_community().group)
    assert told(world, announce(stranger.uri, lock)) == "announced-by-another-origin"
    assert told(world, announce(community(world, speaker), lock)) == "applied"
    assert passed_on(world, lock)


def test_the_authors_own_instance_cannot_close_a_discussion(world: World, speaker: Speaker) -> None:
    """A moderator of the group can, and so its own; whoever administers where the author is cannot."""
    post = world.submit()
    staff = world.society.knows(world.chu, world.chu.doctor(f"staff{next(SERIAL)}"))
    for who in (staff.uri, world.anna.uri):
        forged = {
            **speaker.says("lock", post.uri, world.group.uri),
            "actor": who,
            "id": f"{who}#{next(SERIAL)}",
        }
        assert told(world, forged) == "not-a-moderator"


@pytest.mark.parametrize("access", [GroupAccess.CLOSED, GroupAccess.SECRET])
@pytest.mark.parametrize("what", ON_POSTS)
def test_what_was_said_for_members_cannot_be_touched(
    world: World, speaker: Speaker, access: GroupAccess, what: str
) -> None:
    """Not by the words for open groups, whether or not they name the group, and whoever moderates it."""
    name = f"closed{next(SERIAL)}"
    world.society.house.run(accounts.ensure_instance_actor)
    settings = founding.Settings(access=access, title=name)
    group = world.society.house.run(founding.create, "test", name, settings, world.sven)
    post = world.society.say(world.sven, f"@{name}@society.example Among us", visibility=Visibility.FOLLOWERS)
    world.net.settle()
    inside = world.society.find(post.uri)
    assert inside is not None
    assert inside.group_id == group.id
    account = world.society.house.read(account_rows.find_by_uri, speaker.me)
    assert account is not None
    before = left_behind(world)
    for named in (group.uri, world.group.uri):
        assert said_of(world, speaker, what, post.uri, named) != "applied"
    world.name_moderator(account, group)
    for named in (group.uri, world.group.uri):
        assert said_of(world, speaker, what, post.uri, named) != "applied"
    kept = world.society.find(post.uri)
    assert kept is not None
    assert kept.standing is inside.standing
    assert world.society.house.read(repeats.find_tombstone, post.uri) is None
    assert left_behind(world)[:2] == before[:2]


def test_a_moderator_of_another_group_is_none_here(world: World, speaker: Speaker) -> None:
    other = world.society.house.run(
        founding.create,
        "test",
        f"other{next(SERIAL)}",
        founding.Settings(access=GroupAccess.OPEN, title="Other"),
    )
    post = world.society.say(world.sven, f"@{other.username} Elsewhere", visibility=Visibility.PUBLIC)
    world.net.settle()
    assert said(world, speaker, "remove", post.uri) == "not-a-moderator"
    assert said_of(world, speaker, "remove", post.uri, other.uri) == "not-a-moderator"
    assert said(world, speaker, "feature", post.uri) == "not-ours"  # it is not in that group
    assert said_of(world, speaker, "exclude", world.carl.uri, other.uri) == "not-a-moderator"


def test_an_exclusion_for_a_time_is_refused(world: World, speaker: Speaker) -> None:
    """Nobody here ends it: better none than one for ever."""
    block = {**speaker.says("exclude", world.carl.uri, world.group.uri), "endTime": "2030-01-01T00:00:00Z"}
    assert told(world, block) == "exclusion-for-a-time"
    assert (
        standing(world, world.carl.uri) is None
        or standing(world, world.carl.uri).state is not MembershipState.BANNED
    )


def test_what_a_limited_instance_does_to_others_waits_for_a_person(world: World, speaker: Speaker) -> None:
    post = world.submit()
    account = world.society.house.read(account_rows.find_by_uri, speaker.me)
    assert account is not None
    world.society.house.run(instances.set_trust, "test", account.domain, Trust.LIMITED)
    for what in ("lock", "remove", "unlock"):
        assert said(world, speaker, what, post.uri) == "held"
    assert boosted(world, post.uri)


def test_whoever_founded_the_group_is_relieved_by_nobody_elsewhere(world: World, speaker: Speaker) -> None:
    found = standing(world, world.sven.uri)
    role = {"role": MembershipRole.ADMIN.value}
    world.society.house.run(lambda unit: memberships.change(unit, found.id, role))
    assert said(world, speaker, "demote", world.sven.uri) == "not_permitted"
    assert said(world, speaker, "exclude", world.sven.uri) == "conflict"
    role = {"role": MembershipRole.MODERATOR.value}
    world.society.house.run(lambda unit: memberships.change(unit, found.id, role))


def test_what_was_removed_does_not_come_back_by_a_new_create(world: World, speaker: Speaker) -> None:
    post = world.submit()
    [create] = [one["object"] for one in world.announced(world.clinic, "Create")]
    assert said(world, speaker, "remove", post.uri) == "applied"
    world.net.carried.clear()
    told(world, {**create, "id": f"{create['id']}-again"})
    assert not boosted(world, post.uri)
    assert world.said_by_group(world.clinic) == []


def test_who_was_excluded_can_still_take_back_what_was_said(world: World, speaker: Speaker) -> None:
    world.follow(world.chu, world.anna, world.at_chu)
    post = world.clinic.say(world.carl, "@cardio@society.example Mine", visibility=Visibility.PUBLIC)
    world.net.settle()
    assert said(world, speaker, "exclude", world.carl.uri) == "applied"
    assert world.chu.find(post.uri) is not None
    world.net.carried.clear()
    told(
        world,
        {
            "@context": AS,
            "id": f"{post.uri}#gone",
            "type": "Delete",
            "actor": world.carl.uri,
            "object": post.uri,
            "to": [PUBLIC],
        },
    )
    assert [one["object"]["object"] for one in world.announced(world.chu, "Delete")] == [post.uri]
    assert said(world, speaker, "admit", world.carl.uri) == "applied"


def test_a_block_between_two_people_is_taken_back_by_nobody_else(world: World, speaker: Speaker) -> None:
    """It names no group: moderators have nothing to do with it."""
    block = {
        "id": f"{speaker.me}#personal-{next(SERIAL)}",
        "type": "Block",
        "actor": speaker.me,
        "object": world.sven.uri,
    }
    assert told(world, {"@context": AS, **block}) == "applied"
    other = other_software.introduce(world.society, another(speaker).actor)
    undo = {
        "@context": AS,
        "id": f"{other.uri}#undo-{next(SERIAL)}",
        "type": "Undo",
        "actor": other.uri,
        "object": block,
    }
    assert told(world, undo) == "undo-of-anothers-activity"
    assert world.society.house.read(relationship_rows.find_block_by_uri, block["id"]) is not None
    own = {**undo, "id": f"{speaker.me}#undo-{next(SERIAL)}", "actor": speaker.me}
    assert told(world, own) == "applied"


def test_a_block_for_a_place_that_is_no_group_here_blocks_nobody(world: World, speaker: Speaker) -> None:
    """Lemmy says so who is excluded from a whole instance."""
    for place in ("https://lemmy.example/", "https://lemmy.example/c/elsewhere"):
        block = speaker.says("exclude", world.sven.uri, place)
        assert told(world, block) == "not-ours"
        assert world.society.house.read(relationship_rows.find_block_by_uri, block["id"]) is None


def test_who_is_suspended_here_moderates_by_no_announce(world: World, speaker: Speaker) -> None:
    post = world.submit()
    account = world.society.house.read(account_rows.find_by_uri, speaker.me)
    assert account is not None
    suspended = {"suspended_at": world.society.house.clock.now()}
    world.society.house.run(account_rows.change, account.id, suspended)
    lock = speaker.says("lock", post.uri, world.group.uri)
    assert told(world, announce(community(world, speaker), lock)) == "not-a-moderator"
    assert said(world, speaker, "lock", post.uri) == "ignored"
    world.society.house.run(account_rows.change, account.id, {"suspended_at": None})


def test_whose_instance_is_ended_is_no_moderator_afterwards(world: World, speaker: Speaker) -> None:
    account = world.society.house.read(account_rows.find_by_uri, speaker.me)
    assert account is not None
    assert speaker.me in moderators(world)
    world.society.house.run(instances.set_trust, "test", account.domain, Trust.BLOCKED)
    world.society.house.run(groups.trust_changed, account.domain)
    assert speaker.me not in moderators(world)


def test_a_group_cannot_touch_what_was_said_among_the_members_of_another(world: World) -> None:
    """Neither by its own word, nor by its moderators'."""
    name = f"inner{next(SERIAL)}"
    at = world.clinic
    at.house.run(accounts.ensure_instance_actor)
    settings = founding.Settings(access=GroupAccess.CLOSED, title=name)
    at.house.run(founding.create, "test", name, settings, world.carl)
    post = at.say(world.carl, f"@{name}@clinic.example Among us", visibility=Visibility.FOLLOWERS)
    world.net.settle()
    inside = at.find(post.uri)
    assert inside is not None
    assert inside.group_id is not None
    for kind in ("Delete", "Remove", "Lock"):
        for who in (world.group.uri, world.sven.uri):
            inner = {"id": f"{who}#{kind}-{next(SERIAL)}", "type": kind, "actor": who, "object": post.uri}
            assert world.net.told(at, announce(world.group.uri, inner)) == "ignored"
    assert at.find(post.uri) == inside
    assert at.house.read(repeats.find_tombstone, post.uri) is None


def test_what_somebody_of_an_ended_instance_said_is_not_shown_by_a_groups_announce(world: World) -> None:
    """Whether it was here before, or is new."""
    post = world.submit()
    at = world.clinic
    shown = at.find(post.uri)
    assert shown is not None
    fresh = world.chu.say(world.anna, "Said to nobody in particular", visibility=Visibility.PUBLIC)
    at.house.run(instances.set_trust, "test", world.chu.origin, Trust.BLOCKED)
    world.net.withheld.add(fresh.uri)  # the gate would fetch nothing from there
    for about in (post.uri, fresh.uri):
        inner = {
            "id": f"{world.anna.uri}#again-{next(SERIAL)}",
            "type": "Create",
            "actor": world.anna.uri,
            "object": {"id": about, "type": "Note", "attributedTo": world.anna.uri, "content": "Still here"},
        }
        for said_so in (inner, about):
            world.net.told(at, announce(world.group.uri, said_so))
        found = at.find(about)
        seen = (
            {} if found is None else at.house.read(visible.visible_posts, Member(world.carl.id), [found.id])
        )
        assert seen == {}
        home = at.house.read(timelines.home, Member(world.carl.id), Page())
        assert found is None or found.id not in {one.boost_of_id for one in home}
    at.house.run(instances.set_trust, "test", world.chu.origin, Trust.ALLOWED)
