"""What is counted of an account is seen by everybody, so neither messages nor members-only groups are counted."""

from __future__ import annotations

from server.domain.groups import MembershipState
from server.domain.posts import Visibility
from server.services import relationships
from server.services.groups import standing
from server.services.posts.delete import delete
from tests.support.groups import a_group
from tests.support.house import House


def test_messages_are_not_counted(house: House) -> None:
    alice, bob = house.local("alice"), house.remote("bob")
    house.post(alice, "for all", visibility=Visibility.PUBLIC)
    before = house.account(alice)
    message = house.post(alice, "@bob@there.example for you", visibility=Visibility.DIRECT)
    after = house.account(alice)
    assert (after.posts_count, after.last_post_at) == (1, before.last_post_at)
    house.run(delete, after, message.id)
    assert house.account(alice).posts_count == 1
    house.arrive(bob, visibility=Visibility.DIRECT, mentions=(alice.uri,))
    assert house.account(bob).posts_count == 0


def test_a_members_only_group_is_not_counted_among_whom_one_follows(house: House) -> None:
    alice, bob, group = house.local("alice"), house.local("bob"), a_group(house, access="secret")
    house.run(relationships.follow, alice, bob)
    house.run(standing.settle, group, alice, MembershipState.ACTIVE)
    assert (house.account(alice).following_count, house.account(group).followers_count) == (1, 1)
    house.run(standing.settle, group, alice, MembershipState.LEFT)
    assert (house.account(alice).following_count, house.account(group).followers_count) == (1, 0)
