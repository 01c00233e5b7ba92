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
from server.domain.ledger import PurgeReason, PurgeState, ReceiptStatus
from server.domain.posts import Post, Standing
from server.domain.trust import Trust
from server.domain.work import Delivery
from server.services import accounts, instances, ledger, purges, waiting
from server.services.posts import delete as deleting
from server.store import instances as instance_rows
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange


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
    assert story.states(story.chu, post) == {"society": GONE}
    assert story.states(story.society, post) == {"clinic": GONE}
    [found] = story.society.house.read(purges.of_object, post.uri)
    document = msgspec.json.decode(found.receipt or b"")
    assert document["actor"] == "https://clinic.example/actor"
    assert (document["request"], document["nonce"], document["digest"]) == (
        found.request,
        found.nonce,
        found.digest,
    )
    assert found.digest != "" and found.backups_expire is not None
    assert found.backups_expire > story.society.house.clock.now() + timedelta(days=30)


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


def test_a_lawful_hold_hides_and_says_so(story: Story) -> None:
    post = story.said()
    hold = story.clinic.house
    with pytest.raises(Invalid):
        hold.run(purges.hold, "test", post.uri, " ")
    hold.run(purges.hold, "test", post.uri, "order 12/2026")
    # the group says Delete, and asks for a receipt
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    story.net.settle()
    kept = story.clinic.find(post.uri)
    assert kept is not None and kept.standing is Standing.HIDDEN
    assert story.states(story.society, post) == {"clinic": (PurgeState.DONE, ReceiptStatus.HIDDEN_HELD)}
    hold.run(purges.end_hold, "test", post.uri)
    with pytest.raises(NotFound):
        hold.run(purges.end_hold, "test", post.uri)


def test_who_is_silent_is_overdue_and_who_is_away_is_unreachable(story: Story) -> None:
    post = story.said()
    story.net.away |= {story.clinic.origin}
    story.society.house.run(_ask_again, post, story.clinic.origin, story.group)
    assert story.society.house.run(purges.sweep) == []
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
