"""A post that its author deletes does not leave afterwards because a peer was away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from federation.types import Iri, Origin
from server.activitypub.egress.plan import plan
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.services import accounts, instances, relationships, waiting
from server.services.posts.delete import delete
from server.services.posts.edit import edit
from server.services.posts.writing import Draft
from server.store import instances as rows
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


def sent(house: House) -> None:
    """Everything that is due has arrived."""
    for load in house.run(waiting.lease, 10, frozenset(), 0):
        house.run(waiting.finished, load, list(load.deliveries), [], 0)


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.FOLLOWERS])
def test_who_follows_no_more_is_still_told_that_a_post_is_gone(house: House, visibility: Visibility) -> None:
    house.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED, "")
    alice, bob = house.local("alice"), house.remote("bob")
    house.run(relationships.receive_follow, bob, alice, Iri(f"{bob.uri}/follow"))
    house.run(planned)
    sent(house)
    post = house.post(alice, "for followers", visibility=visibility)
    house.run(planned)
    sent(house)
    house.run(relationships.receive_undo_follow, bob, Iri(f"{bob.uri}/follow"), alice)
    house.run(edit, alice, post.id, Draft(text="better words"))
    house.run(planned)
    reached = [b"better words" in body for body in kinds(house)]
    assert reached == ([True] if visibility is Visibility.PUBLIC else []), (
        "new words only for who may read them"
    )
    house.run(delete, alice, post.id)
    house.run(planned)
    assert [b'"Delete"' in body for body in kinds(house)] == [True]


def test_a_post_that_is_just_leaving_is_taken_back_as_well(house: House) -> None:
    house.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED, "")
    alice, bob = house.local("alice"), house.remote("bob")
    house.run(relationships.receive_follow, bob, alice, Iri(f"{bob.uri}/follow"))
    house.run(planned)
    sent(house)
    post = house.post(alice, "on its way")
    house.run(planned)
    assert house.run(waiting.lease, 10, frozenset(), 0), "leased: it may be on the wire"
    house.run(relationships.receive_undo_follow, bob, Iri(f"{bob.uri}/follow"), alice)
    house.run(delete, alice, post.id)
    house.run(planned)
    assert [b'"Delete"' in body for body in kinds(house)] == [True]


def test_what_a_suspended_member_had_waiting_stays_here(house: House) -> None:
    house.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED, "")
    alice = house.local("alice")
    house.remote("bob")
    house.post(alice, "@bob@there.example still queued", visibility=Visibility.PUBLIC)
    house.run(planned)
    house.run(accounts.suspend, "test", alice, "")
    assert house.run(waiting.lease, 10, frozenset(), 0) == []
    assert kinds(house) == [], "cancelled, not merely passed over"


def test_a_connection_made_again_begins_without_the_old_rest(house: House) -> None:
    there = Origin("there.example")
    house.run(instances.set_trust, "test", there, Trust.ALLOWED, "")
    later = house.database.context.clock.now() + timedelta(hours=6)
    house.run(rows.record_breaker, there, later, 5, later)
    house.run(instances.set_trust, "test", there, Trust.BLOCKED, "")
    assert house.run(instances.set_trust, "test", there, Trust.ALLOWED, "").next_probe_at is None
