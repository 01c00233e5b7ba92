"""A post that its author deletes does not leave afterwards because a peer was away."""

from __future__ import annotations

from federation.types import Origin
from server.activitypub.egress.plan import plan
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.services import instances, waiting
from server.services.posts.delete import delete
from server.store import work
from server.store.session import Unit
from tests.support.house import House


def planned(unit: Unit) -> None:
    for event in waiting.due_events(unit, 100):
        if waiting.settle_event(unit, event, "planned"):
            plan(unit, event)


def kinds(house: House) -> list[bytes]:
    return [delivery.body for delivery in house.run(work.due_deliveries, 10, frozenset())]


def test_a_deleted_post_does_not_leave(house: House) -> None:
    house.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED, "")
    alice = house.local("alice")
    house.remote("bob")
    post = house.post(alice, "@bob@there.example too much", visibility=Visibility.PUBLIC)
    house.run(planned)
    assert [b"too much" in body for body in kinds(house)] == [True]
    house.run(delete, alice, post.id)
    house.run(planned)
    assert [b'"Delete"' in body for body in kinds(house)] == [True], "the Delete alone is on its way"
