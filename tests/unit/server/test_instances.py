"""Trust is changed in one unit with its audit entry, and ends what waits at once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from federation.types import Iri, Origin
from server.activitypub.egress import plan as planning
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account, Follow, FollowState
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.work import DeliveryState
from server.services import audit, boundary, instances, parked, waiting
from server.services.boundary import Crossing
from server.services.posts.delete import delete
from server.services.posts.edit import edit
from server.services.posts.writing import Draft
from server.services.relationships import trust_changed
from server.services.relationships.local import began
from server.store import relationships, work
from server.store.session import Unit
from server.store.tables import work as tables
from tests.support.house import House

PEER = Origin("peer.example")


def set_to(house: House, trust: Trust, domain: Origin = PEER) -> None:
    house.run(instances.set_trust, "command", domain, trust)


def planned(
    house: House,
    number: int = 2,
    destination: Origin = PEER,
    *,
    crossing: Crossing = boundary.REACTION,
    profile: bool = False,
) -> list[int]:
    account = house.local(f"doctor{number}{destination[:1]}{crossing.form}{profile:d}")

    def plan(unit: Unit) -> list[int]:
        for one in range(number):
            activity = work.add_activity(
                unit,
                uri=f"https://here.example/activities/{account.id}-{one}",
                kind="Create",
                account_id=account.id,
                post_id=None,
                crossing=crossing.record(),
                body=b"{}",
            )
            inboxes = [(destination, Iri(f"https://{destination}/inbox"))]
            work.add_deliveries(unit, activity, inboxes, profile=profile)
        return [
            one.id for one in work.due_deliveries(unit, 100, frozenset()) if one.destination == destination
        ]

    return house.run(plan)


@pytest.mark.parametrize("level", [Trust.LIMITED, Trust.ALLOWED, Trust.BLOCKED])
def test_a_pause_ends_in_the_level_before(house: House, level: Trust) -> None:
    set_to(house, level)
    set_to(house, Trust.SUSPENDED)
    set_to(house, Trust.SUSPENDED)  # paused again: what it goes back to is not forgotten
    resumed = house.run(instances.resume, "command", PEER)
    assert resumed.trust is level
    assert resumed.resume_trust is None


def test_a_pause_of_an_unknown_one_ends_in_unknown(house: House) -> None:
    set_to(house, Trust.SUSPENDED)
    assert house.run(instances.resume, "command", PEER).trust is Trust.UNKNOWN


def test_only_a_paused_one_resumes(house: House) -> None:
    set_to(house, Trust.BLOCKED)
    with pytest.raises(Invalid, match="not paused"):
        house.run(instances.resume, "command", PEER)
    with pytest.raises(NotFound):
        house.run(instances.resume, "command", Origin("nobody.example"))
    assert house.read(instances.get, PEER).trust is Trust.BLOCKED


@pytest.mark.parametrize("ending", [Trust.BLOCKED, Trust.UNKNOWN])
def test_ending_trust_cancels_what_waits_there_and_nowhere_else(house: House, ending: Trust) -> None:
    other = Origin("other.example")
    set_to(house, Trust.ALLOWED)
    set_to(house, Trust.ALLOWED, other)
    assert len(planned(house)) == 2
    planned(house, destination=other)
    set_to(house, ending)
    assert house.read(parked.counts_of, PEER) == {"delivery.cancelled": 2}
    assert house.read(parked.counts_of, other) == {"delivery.waiting": 2}


def test_a_pause_cancels_what_waits_but_for_removals_and_the_profile(any_house: House) -> None:
    set_to(any_house, Trust.ALLOWED)
    came = any_house.run(_arrived, "one")
    planned(any_house, 3)
    planned(any_house, 1, crossing=boundary.REMOVAL)
    ours = planned(any_house, 1, profile=True)[-2:]
    set_to(any_house, Trust.SUSPENDED)
    newest = any_house.read(audit.of_target, PEER)[0]
    assert newest["detail"]["cancelled"] == 3
    taken_back = any_house.run(_arrived, "two", lane=True)
    any_house.clock.advance(timedelta(days=30))
    assert any_house.read(work.due_deliveries, 10, frozenset()) == []
    assert [one.id for one in any_house.read(work.due_items, 10)] == [taken_back]
    assert any_house.run(work.hold_item, came) is None
    assert [number for _, number, _ in any_house.read(work.inbox_backlog)] == [1]
    assert any_house.read(parked.counts_of, PEER) == {
        "delivery.cancelled": 3,
        "delivery.waiting": 2,
        "inbox.waiting": 2,
    }
    any_house.run(instances.resume, "command", PEER)
    due = any_house.read(work.due_deliveries, 10, frozenset())
    assert [one.id for one in due] == ours
    assert {one.created_at for one in due} == {any_house.clock.now()}
    assert [one.id for one in any_house.read(work.due_items, 10)] == [came, taken_back]


def test_what_is_under_way_when_trust_ends_counts_as_tried(house: House) -> None:
    """It may arrive all the same: then its deletion has to reach the instance too."""
    set_to(house, Trust.ALLOWED)
    [ours] = planned(house, 1)
    house.run(work.lease_deliveries, [ours], timedelta(minutes=1))
    set_to(house, Trust.SUSPENDED)
    tried = house.read(
        lambda unit: unit.value(select(tables.delivery.c.attempts).where(tables.delivery.c.id == ours))
    )
    assert tried == 1


def test_what_is_taken_back_in_a_pause_leaves_with_its_end(house: House) -> None:
    """Nothing else that is said meanwhile does."""
    set_to(house, Trust.ALLOWED)
    ada, bob = house.local("ada"), house.remote("bob", PEER)
    befriend(house, ada, bob)
    said = house.post(ada, "Before the pause", visibility=Visibility.PUBLIC)
    _plan(house)
    house.run(
        lambda unit: work.settle_done(unit, [one.id for one in work.due_deliveries(unit, 9, frozenset())])
    )
    set_to(house, Trust.SUSPENDED)
    house.post(ada, "Meanwhile", visibility=Visibility.PUBLIC)
    house.run(delete, ada, said.id)
    _plan(house)
    assert house.read(work.due_deliveries, 9, frozenset()) == []
    house.run(instances.resume, "command", PEER)
    [left] = house.run(waiting.lease, 9, frozenset(), 0)
    assert [json.loads(one.body)["type"] for one in left.deliveries] == ["Delete"]


def _all_arrives(house: House) -> None:
    house.run(
        lambda unit: work.settle_done(unit, [one.id for one in work.due_deliveries(unit, 9, frozenset())])
    )


def test_the_newest_words_of_what_had_arrived_leave_with_the_end_of_a_pause(any_house: House) -> None:
    """A dose that was corrected meanwhile must not stand there uncorrected; each version between stays here."""
    set_to(any_house, Trust.ALLOWED)
    ada, bob = any_house.local("ada"), any_house.remote("bob", PEER)
    befriend(any_house, ada, bob)
    said = any_house.post(ada, "5 mg", visibility=Visibility.PUBLIC)
    queued_then = any_house.post(ada, "1 mg", visibility=Visibility.PUBLIC)
    _plan(any_house)
    [first, *_] = any_house.read(work.due_deliveries, 9, frozenset())
    any_house.run(lambda unit: work.settle_done(unit, [first.id]))
    any_house.run(edit, ada, said.id, Draft(text="50 mg"))
    _plan(any_house)
    set_to(any_house, Trust.SUSPENDED)
    meanwhile = any_house.post(ada, "Meanwhile", visibility=Visibility.PUBLIC)
    _plan(any_house)
    for post, text in ((said, "500 mg"), (said, "5 µg"), (queued_then, "2 mg"), (meanwhile, "Later")):
        any_house.run(edit, ada, post.id, Draft(text=text))
        _plan(any_house)
    assert any_house.run(waiting.lease, 9, frozenset(), 0) == []
    any_house.run(instances.resume, "command", PEER)
    [left] = any_house.run(waiting.lease, 9, frozenset(), 0)
    documents = [json.loads(one.body) for one in left.deliveries]
    assert [(one["type"], one["object"]["id"]) for one in documents] == [("Update", said.uri)]
    assert "5 µg" in documents[0]["object"]["content"]


@pytest.mark.parametrize("days", [1, 30])
def test_what_is_corrected_and_deleted_in_a_pause_is_only_deleted(house: House, days: int) -> None:
    set_to(house, Trust.ALLOWED)
    ada, bob = house.local("ada"), house.remote("bob", PEER)
    befriend(house, ada, bob)
    said, old = (house.post(ada, "Before", visibility=Visibility.PUBLIC) for _ in range(2))
    _plan(house)
    _all_arrives(house)
    house.clock.advance(timedelta(days=days))
    house.run(waiting.forget_done)
    set_to(house, Trust.SUSPENDED)
    for post in (said, old):
        house.run(edit, ada, post.id, Draft(text="Corrected"))
    _plan(house)
    house.run(delete, ada, said.id)
    _plan(house)
    house.run(instances.resume, "command", PEER)
    [left] = house.run(waiting.lease, 9, frozenset(), 0)
    documents = [json.loads(one.body) for one in left.deliveries]
    assert sorted((one["type"], one["object"]["id"]) for one in documents) == [
        ("Delete", said.uri),
        ("Update", old.uri),
    ]


def _plan(house: House) -> None:
    def all_of_it(unit: Unit) -> None:
        for event in waiting.due_events(unit, 100):
            waiting.settle_event(unit, event, "planned")
            planning.plan(unit, event)

    house.run(all_of_it)


def _arrived(unit: Unit, name: str, *, lane: bool = False) -> int:
    item_id = unit.new_id()
    values = {
        "id": item_id, "activity_id": f"https://{PEER}/{name}", "actor": f"https://{PEER}/bob", "origin": PEER,
        "key_id": "#main-key", "digest": "", "received_at": unit.now, "scheme": "cavage", "stream": None, "lane": lane,
    }  # fmt: skip
    work.accept(unit, values, b"{}")
    return item_id


def test_all_or_nothing(house: House) -> None:
    def both(unit: Unit) -> None:
        instances.set_trust(unit, "command", PEER, Trust.ALLOWED)
        instances.set_trust(unit, "command", unit.context.settings.origin, Trust.ALLOWED)

    with pytest.raises(Invalid, match="its own peer"):
        house.run(both)
    assert house.read(instances.find, PEER) is None
    assert house.read(audit.of_target, PEER) == []


def test_send_again_makes_dead_and_refused_deliveries_due_with_new_days_of_trying(house: House) -> None:
    set_to(house, Trust.ALLOWED)
    first, second = planned(house)
    house.run(work.settle_delivery, first, DeliveryState.DEAD, 500, "gave-up")
    house.run(work.settle_delivery, second, DeliveryState.PARKED, 403, "refused")
    assert house.read(work.due_deliveries, 10, frozenset()) == []
    assert {(one.state, one.instance) for one in house.read(parked.listed)} == {
        ("dead", PEER),
        ("parked", PEER),
    }
    assert house.run(instances.send_again, "command", PEER) == (2, 0)
    due = house.read(work.due_deliveries, 10, frozenset())
    assert [(one.id, one.attempts) for one in due] == [(first, 0), (second, 0)]
    assert all(one.created_at == house.clock.now() for one in due)
    assert house.read(parked.listed) == []


def test_nothing_is_sent_again_to_one_that_is_not_connected(house: House) -> None:
    set_to(house, Trust.SUSPENDED)
    with pytest.raises(Invalid, match="not connected"):
        house.run(instances.send_again, "command", PEER)


def test_each_change_is_in_the_audit_log(house: House) -> None:
    house.run(instances.set_trust, "user:7", PEER, Trust.ALLOWED, "agreement of May")
    house.run(instances.set_trust, "user:8", PEER, Trust.BLOCKED)
    newest, oldest = house.read(audit.of_target, PEER)
    assert (oldest["actor"], oldest["detail"]["before"], oldest["detail"]["after"]) == (
        "user:7",
        "unknown",
        "allowed",
    )
    assert oldest["detail"]["reason"] == "agreement of May"
    assert (newest["actor"], newest["detail"]["before"], newest["detail"]["after"]) == (
        "user:8",
        "allowed",
        "blocked",
    )
    assert len(house.read(audit.entries, action="instance")) == 2
    assert house.read(audit.entries, actor="user:9") == []


def follows(house: House) -> list[tuple[int, int]]:
    rows = house.read(
        lambda unit: unit.connection.exec_driver_sql("SELECT account_id, target_id FROM follow").all()
    )
    return sorted((row[0], row[1]) for row in rows)


def befriend(house: House, local: Account, remote: Account) -> None:
    """Each follows the other."""
    for one, other in ((local, remote), (remote, local)):
        made = Follow(
            house.run(Unit.new_id), one.id, other.id, FollowState.ACCEPTED,
            Iri(f"{one.uri}#follows/{other.id}"), reblogs=True, notify=False, languages=None, created_at=house.clock.now(),
        )  # fmt: skip
        house.run(
            relationships.add_follow,
            {
                "id": made.id,
                "account_id": one.id,
                "target_id": other.id,
                "state": "accepted",
                "uri": made.uri,
            },
        )
        house.run(began, made)


def test_a_block_ends_relationships_and_a_pause_does_not(house: House) -> None:
    alice, there, elsewhere = (
        house.local("alice"),
        house.remote("bob", PEER),
        house.remote("carol", "other.example"),
    )
    befriend(house, alice, there)
    befriend(house, alice, elsewhere)
    before = follows(house)
    set_to(house, Trust.SUSPENDED)
    assert house.run(trust_changed, PEER) == 0
    assert follows(house) == before
    assert house.account(alice).followers_count == 2
    set_to(house, Trust.BLOCKED)
    assert house.run(trust_changed, PEER) == 2
    assert follows(house) == sorted([(alice.id, elsewhere.id), (elsewhere.id, alice.id)])
    assert house.account(alice).followers_count == house.account(alice).following_count == 1
    assert house.run(trust_changed, PEER) == 0
