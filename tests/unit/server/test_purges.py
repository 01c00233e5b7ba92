"""What was asked back, and the receipts for it: between instances with real keys and proofs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from federation.types import Iri, Origin
from server.activitypub import signing
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Direction
from server.domain.groups import MembershipState
from server.domain.ledger import PurgeReason, PurgeState, ReceiptStatus
from server.domain.posts import Post, Standing
from server.domain.trust import Trust
from server.domain.work import Delivery
from server.services import accounts, boundary, instances, lawful_holds, ledger, purges, waiting
from server.services.boundary import Crossing
from server.services.posts import delete as deleting
from server.services.purges import Asked
from server.store import groups as group_rows
from server.store import instances as instance_rows
from server.store import memberships, repeats
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow


class Story:
    """Anna of the hospital and Bert of the clinic are in a group that lives on the society's instance."""

    def __init__(self, net: Exchange) -> None:
        self.net = net
        self.chu, self.clinic, self.society = net["chu"], net["clinic"], net["society"]
        self.group = self.society.group()
        self.anna, self.bert = self.chu.doctor("anna"), self.clinic.doctor("bert")
        net.join(self.chu, self.anna, self.society, self.group)
        net.join(self.clinic, self.bert, self.society, self.group)

    def said(self) -> Post:
        """By Anna, and with everybody."""
        post = self.chu.say(self.anna, "@cardio@society.example An ECG")
        self.net.settle()
        assert self.clinic.find(post.uri) is not None
        return post

    def later(self, span: timedelta) -> None:
        for one in self.net.instances.values():
            one.house.clock.advance(span)

    def delete(self, post: Post) -> None:
        self.chu.house.run(deleting.delete, self.anna, post.id)
        self.net.settle()

    def on_lane(self, by: Instance, to: Instance) -> list[Delivery]:
        return [
            carried
            for origin, carried in self.net.carried
            if carried.lane and origin == by.origin and f"//{to.origin}/" in carried.inbox
        ]

    def states(self, at: Instance, post: Post) -> dict[str, tuple[PurgeState, ReceiptStatus]]:
        asked = at.house.read(purges.of_object, post.uri)
        return {one.host.removesuffix(".example"): (one.state, one.status) for one in asked}


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        yield Story(net)


GONE = (PurgeState.DONE, ReceiptStatus.GONE)
WAITING = (PurgeState.WAITING, ReceiptStatus.NONE)


def test_a_deleted_post_is_receipted_by_whoever_may_have_it(story: Story) -> None:
    post = story.said()
    having = story.chu.house.read(ledger.hosts_of, post.uri)
    assert having == [story.society.origin], "the author's instance gave it to the group alone"
    assert story.society.house.read(ledger.hosts_of, post.uri) == ["chu.example", "clinic.example"]
    story.delete(post)
    assert [one.find(post.uri) for one in story.net.instances.values()] == [None] * 3
    assert story.states(story.chu, post) == {"society": GONE, "clinic": GONE}, "the group passes receipts on"
    assert story.states(story.society, post) == {"clinic": GONE}
    [passed_on] = [
        one for one in story.chu.house.read(purges.of_object, post.uri) if one.host == story.clinic.origin
    ]
    assert passed_on.asked_by == story.group.uri and passed_on.post_id == post.id
    [found] = story.society.house.read(purges.of_object, post.uri)
    document = msgspec.json.decode(found.receipt or b"")
    assert document["actor"] == "https://clinic.example/actor"
    assert (document["request"], document["nonce"], document["digest"]) == (
        found.request,
        found.nonce,
        found.digest,
    )
    assert msgspec.json.decode(passed_on.receipt or b"") == document
    assert found.digest != "" and found.backups_expire is not None
    assert found.backups_expire > story.society.house.clock.now() + timedelta(days=30)


def test_a_withdrawal_that_comes_by_the_lane_first_reaches_everybody(story: Story) -> None:
    """The group's instance has paused the author's: the Delete waits there, and the request to remove does not."""
    post = story.said()
    story.society.house.run(instances.set_trust, "test", story.chu.origin, Trust.SUSPENDED, "")
    story.delete(post)
    assert story.society.find(post.uri) is None
    assert story.clinic.find(post.uri) is None, "nothing keeps what its author has taken back"
    assert story.states(story.society, post) == {"clinic": GONE}


def test_a_repeated_request_gives_the_same_bytes(story: Story) -> None:
    post = story.said()
    story.delete(post)
    [request] = story.on_lane(story.society, story.clinic)
    [first] = story.on_lane(story.clinic, story.society)
    again = {**msgspec.json.decode(request.body), "id": "https://society.example/activities/again"}
    del again["proof"]
    body = story.society.house.run(_signed_by, story.group, again)
    outcome = story.net.hand_over(story.society, story.clinic, replace(request, body=body))
    assert outcome == "duplicate"
    story.net.settle()
    receipts = story.on_lane(story.clinic, story.society)
    assert [one.body for one in receipts] == [first.body, first.body]
    assert story.states(story.society, post) == {"clinic": GONE}
    _answered_beforehand(story, request)


def _answered_beforehand(story: Story, request: Delivery) -> None:
    """A deletion on the lane counts by its id: nobody else must have used that as the number of a request before."""
    number = "https://society.example/activities/to-come"
    document = {**msgspec.json.decode(request.body), "request": number}
    del document["audience"], document["proof"]
    document |= {"id": "https://chu.example/activities/1", "actor": "https://chu.example/actor"}
    document["object"] = "https://chu.example/objects/1"
    body = story.chu.house.run(_signed_by_instance, document)
    outcome = story.net.hand_over(story.chu, story.clinic, replace(request, body=body))
    assert outcome == "request-of-another-origin"
    assert story.clinic.house.read(purges.answered, number) is None


def test_what_was_never_here_gets_the_same_receipt(story: Story) -> None:
    uri = Iri("https://society.example/objects/1")
    story.society.house.run(_ask, uri, story.clinic.origin, story.group)
    story.net.settle()
    [found] = story.society.house.read(purges.of_object, uri)
    assert (found.state, found.status) == GONE


def _signed_by(unit: Unit, account: Account, document: dict[str, object]) -> bytes:
    return msgspec.json.encode(signing.signed(unit, account.id, document))


def _ask(unit: Unit, uri: Iri, host: Origin, group: Account) -> None:
    purges.ask(unit, "test", uri, PurgeReason.INCIDENT, [host], group_id=group.id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "hidden-held"}, "proof-does-not-fit"),
        ({"nonce": "0" * 32}, "proof-does-not-fit"),
        ({"proof": None}, "proof-does-not-fit"),
        ({"profile": "https://w3id.org/consilium/members-only/9"}, "profile-unknown"),
    ],
)
def test_a_receipt_that_was_tampered_with_is_refused(
    story: Story, change: dict[str, object], reason: str
) -> None:
    post = story.said()
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.net.away.add(story.society.origin)  # the receipt waits
    story.net.settle()
    [receipt] = _receipts(story)
    altered = {**msgspec.json.decode(receipt.body), **change}
    outcome = story.net.hand_over(
        story.clinic, story.society, replace(receipt, body=msgspec.json.encode(altered))
    )
    assert outcome == reason
    assert story.states(story.society, post) == {"clinic": WAITING}


@pytest.mark.parametrize(
    "change", [{"nonce": "0" * 32}, {"request": "none of ours"}, {"object": "https://chu.example/objects/2"}]
)
def test_a_receipt_that_answers_nothing_of_ours_changes_nothing(story: Story, change: dict[str, str]) -> None:
    """Signed by its instance, and not an answer to what it was asked."""
    post = story.said()
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.net.away.add(story.society.origin)
    story.net.settle()
    [receipt] = _receipts(story)
    document = {**msgspec.json.decode(receipt.body), **change}
    del document["proof"]
    body = story.clinic.house.run(_signed_by_instance, document)
    assert story.net.hand_over(story.clinic, story.society, replace(receipt, body=body)) == "not-ours"
    assert story.states(story.society, post) == {"clinic": WAITING}


def test_another_instance_cannot_answer_for_one(story: Story) -> None:
    post = story.said()
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.net.away.add(story.society.origin)
    story.net.settle()
    [receipt] = _receipts(story)
    document = msgspec.json.decode(receipt.body)
    del document["proof"]
    document |= {"id": "https://chu.example/activities/1", "actor": "https://chu.example/actor"}
    body = story.chu.house.run(_signed_by_instance, document)
    assert story.net.hand_over(story.chu, story.society, replace(receipt, body=body)) == (
        "receipt-of-another-host"
    )
    assert story.states(story.society, post) == {"clinic": WAITING}


@pytest.mark.parametrize("trust", [Trust.SUSPENDED, Trust.BLOCKED])
def test_who_is_paused_or_ended_answers_and_is_answered(story: Story, trust: Trust) -> None:
    post = story.said()
    for one, other in ((story.society, story.clinic), (story.clinic, story.society)):
        one.house.run(instances.set_trust, "test", other.origin, trust, "")
    assert story.clinic.find(post.uri) is not None, "a pause or an end removes nothing by itself"
    story.delete(post)
    assert story.clinic.find(post.uri) is None
    assert story.states(story.society, post) == {"clinic": GONE}


def test_only_the_group_or_the_author_take_something_away(story: Story) -> None:
    """The clinic asks the society to remove a post of the hospital's: it is none of its own."""
    post = story.said()
    story.clinic.house.run(_ask_plain, post.uri, story.society.origin)
    story.net.settle()
    assert story.society.find(post.uri) is not None
    assert ("PurgeRequest", "object-of-another-origin") in story.society.outcomes
    assert story.on_lane(story.society, story.clinic) == []


@pytest.mark.parametrize(
    "by", ["another group", "no group", "its instance", "its group", "its instance after another"]
)
def test_before_it_has_come_it_is_kept_away_by_its_own_alone(story: Story, by: str) -> None:
    """A request to remove what is not here yet: the post that comes later is refused only where its own said so."""
    post = story.chu.say(story.anna, "@cardio@society.example An ECG")
    other = story.clinic.group("other")
    story.net.join(story.society, story.society.doctor("cleo"), story.clinic, other)
    instance = story.chu.house.run(accounts.get_instance_actor)
    actors = {
        "another group": [(story.clinic.origin, other.uri)],
        "no group": [(story.clinic.origin, story.bert.uri)],
        "its instance": [(story.chu.origin, instance.uri)],
        "its group": [(story.society.origin, story.group.uri)],
        "its instance after another": [(story.clinic.origin, other.uri), (story.chu.origin, instance.uri)],
    }
    for number, (origin, actor) in enumerate(actors[by]):
        asked = Asked(f"r{number}", "", origin, actor, post.uri, "" if actor == instance.uri else actor, "")
        assert story.society.house.run(purges.remove, asked) is ReceiptStatus.GONE
    story.net.settle()
    kept_away = by.startswith("its")
    assert (story.society.find(post.uri) is None) == kept_away


def test_a_request_takes_nobody_s_tombstone_away(story: Story) -> None:
    """What its author has deleted does not come back because somebody else asks for its removal as well."""
    post = story.said()
    other = story.clinic.group("other")
    story.net.join(story.society, story.society.doctor("cleo"), story.clinic, other)
    asked = Asked("r", "", story.clinic.origin, other.uri, post.uri, other.uri, "")
    never = replace(asked, object_uri=Iri("https://chu.example/objects/1"))
    answers = [story.society.house.run(purges.remove, one) for one in (asked, never)]
    assert answers == [ReceiptStatus.GONE] * 2, "a group learns nothing of what is not its own"
    assert story.society.find(post.uri) is not None
    story.delete(post)
    story.society.house.run(purges.remove, asked)
    stone = story.society.house.read(repeats.find_tombstone, post.uri)
    assert stone is not None and stone.covers(story.anna, story.group)


def test_a_lawful_hold_hides_and_says_so(story: Story) -> None:
    post = story.said()
    hold = story.clinic.house
    with pytest.raises(Invalid):
        hold.run(lawful_holds.hold, "test", post.uri, " ")
    hold.run(lawful_holds.hold, "test", post.uri, "order 12/2026")
    # the group says Delete, and asks for a receipt
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.net.settle()
    kept = story.clinic.find(post.uri)
    assert kept is not None and kept.standing is Standing.HIDDEN
    assert story.states(story.society, post) == {"clinic": (PurgeState.DONE, ReceiptStatus.HIDDEN_HELD)}
    hold.run(lawful_holds.end, "test", post.uri)
    with pytest.raises(NotFound):
        hold.run(lawful_holds.end, "test", post.uri)


def test_who_is_silent_is_overdue_and_who_is_away_is_unreachable(story: Story) -> None:
    post = story.said()
    story.net.away |= {story.clinic.origin}
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.society.house.run(purges.sweep)
    assert story.states(story.society, post) == {"clinic": WAITING}
    story.later(timedelta(hours=25))
    story.society.house.run(purges.sweep)
    assert story.states(story.society, post)["clinic"][0] is PurgeState.OVERDUE
    story.society.house.run(_failing, story.clinic.origin)
    story.society.house.run(purges.sweep)
    assert story.states(story.society, post)["clinic"][0] is PurgeState.UNREACHABLE
    assert [one.host for one in story.society.house.read(purges.late)] == [story.clinic.origin]
    story.net.away.clear()
    story.society.house.run(_answering, story.clinic.origin)
    story.later(timedelta(days=30))
    story.net.settle()
    assert story.states(story.society, post) == {"clinic": GONE}, story.clinic.outcomes


def test_who_owes_a_receipt_for_three_days_gets_nothing_more_of_that_group(story: Story) -> None:
    """Of that group alone; what takes something back still goes there, and a receipt opens the way again."""
    post = story.said()
    story.net.away |= {story.clinic.origin}
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.later(timedelta(hours=25))
    story.society.house.run(purges.sweep)
    crossing = story.society.house.read(
        boundary.in_group, story.group.id, story.group.id, ContentClass.NOTICE
    )
    removal = replace(crossing, form=ContentForm.REMOVAL)

    def rules(of: Crossing) -> tuple[str, ...]:
        made = story.society.house.read(
            boundary.would, Direction.OUT, Action.DELIVER, story.clinic.origin, of
        )
        return () if made.allowed else made.rules

    assert rules(crossing) == ()
    story.later(timedelta(hours=48))
    assert rules(crossing) == ("base.receipt-owed",)
    assert rules(removal) == ()
    other = story.society.group("other")
    elsewhere = story.society.house.read(boundary.in_group, other.id, other.id, ContentClass.NOTICE)
    assert rules(elsewhere) == ()
    story.net.away.clear()
    story.net.settle()
    assert story.states(story.society, post) == {"clinic": GONE}
    assert rules(crossing) == ()


def test_a_forwarded_receipt_is_believed_of_the_group_that_has_the_post_alone(story: Story) -> None:
    post = story.said()
    story.delete(post)
    [forwarded] = [each for each in story.on_lane(story.society, story.chu) if b'"receipt"' in each.body]
    before = story.states(story.chu, post)
    document = msgspec.json.decode(forwarded.body)
    del document["proof"]
    document["id"] += "/again"
    altered = {**document, "receipt": {**document["receipt"], "status": "hidden-held"}}
    for changed, expected in (
        (document, "duplicate"),
        (altered, "proof-does-not-fit"),
        ({**altered, "object": "https://chu.example/objects/7"}, "receipt-shape"),
    ):
        numbered = {**changed, "id": f"{changed['id']}/{expected}"}
        body = story.society.house.run(_signed_by, story.group, numbered)
        assert story.net.hand_over(story.society, story.chu, replace(forwarded, body=body)) == expected
    # of something that was never given to that group's instance
    other = story.chu.say(story.anna, "to nobody there")
    inner = {**document["receipt"], "object": other.uri, "request": "another"}
    del inner["proof"]
    signed = msgspec.json.decode(story.clinic.house.run(_signed_by_instance, inner))
    body = story.society.house.run(
        _signed_by,
        story.group,
        {**document, "id": f"{document['id']}/x", "object": other.uri, "receipt": signed},
    )
    assert story.net.hand_over(story.society, story.chu, replace(forwarded, body=body)) == "not-ours"
    assert story.states(story.chu, post) == before
    assert story.states(story.chu, other) == {}


def test_what_an_end_makes_due_is_asked_for_and_a_pause_is_none(story: Story) -> None:
    post = story.said()
    own = story.clinic.say(story.bert, "@cardio@society.example Mine")
    story.net.settle()
    ask_due = story.society.house.run

    def asked() -> dict[str, PurgeReason]:
        found = [
            *story.society.house.read(purges.of_object, post.uri),
            *story.society.house.read(purges.of_object, own.uri),
        ]
        return {f"{one.host} {one.object_uri}": one.reason for one in found}

    ask_due(instances.set_trust, "test", story.clinic.origin, Trust.SUSPENDED, "")
    ask_due(purges.ask_due)
    ask_due(instances.resume, "test", story.clinic.origin)
    assert asked() == {}
    ask_due(_out, story.group.id, story.clinic.origin)
    ask_due(purges.ask_due)
    story.later(timedelta(days=6))
    ask_due(purges.ask_due)
    assert asked() == {}
    story.later(timedelta(days=2))
    assert ask_due(purges.ask_due) == 1
    assert ask_due(purges.ask_due) == 0, "once"
    assert asked() == {f"clinic.example {post.uri}": PurgeReason.LAST_MEMBER}, (
        "and not what was written there"
    )
    ask_due(instances.set_trust, "test", story.chu.origin, Trust.BLOCKED, "")
    assert ask_due(purges.ask_due) == 1
    assert asked() == {
        f"clinic.example {post.uri}": PurgeReason.LAST_MEMBER,
        f"chu.example {own.uri}": PurgeReason.ENDED,
    }
    story.net.settle()
    assert story.clinic.find(post.uri) is None
    assert story.clinic.find(own.uri) is not None
    assert story.chu.find(own.uri) is None, "ended there, and answered all the same"


def test_a_group_that_is_dissolved_is_asked_back(story: Story) -> None:
    post = story.said()
    story.society.house.run(
        group_rows.change, story.group.id, {"dissolved_at": story.society.house.clock.now()}
    )
    assert story.society.house.run(purges.ask_due) == 1
    story.net.settle()
    [found] = story.society.house.read(purges.of_object, post.uri)
    assert (found.host, found.reason, found.state) == (
        story.clinic.origin,
        PurgeReason.DISSOLVED,
        PurgeState.DONE,
    )


def _out(unit: Unit, group_id: int, host: Origin) -> None:
    for standing, _ in memberships.at_origin(unit, group_id, host, list(MembershipState)):
        memberships.change(unit, standing.id, {"state": "left", "left_at": unit.now})


def _failing(unit: Unit, host: Origin) -> None:
    instance_rows.record_breaker(unit, host, unit.now, 3, unit.now)


def _answering(unit: Unit, host: Origin) -> None:
    instance_rows.record_breaker(unit, host, None, 0, None)


def _receipts(story: Story) -> list[Delivery]:
    """What the clinic has ready for the society."""
    loads = story.clinic.house.run(waiting.lease, 10, frozenset(), 0)
    return [one for load in loads for one in load.deliveries if one.lane]


def _ask_again(unit: Unit, post: Post, host: Origin, group: Account) -> None:
    purges.ask(unit, "test", post.uri, PurgeReason.INCIDENT, [host], group_id=group.id)


def _ask_plain(unit: Unit, uri: Iri, host: Origin) -> None:
    purges.ask(unit, "test", uri, PurgeReason.WITHDRAWN, [host])


def _signed_by_instance(unit: Unit, document: dict[str, object]) -> bytes:
    return _signed_by(unit, accounts.get_instance_actor(unit), document)
