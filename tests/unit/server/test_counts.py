"""What is counted of an account is seen by everybody, so messages are not counted."""

from __future__ import annotations

from server.domain.posts import Visibility
from server.services.posts.delete import delete
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
