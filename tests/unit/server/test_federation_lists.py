"""Federation lists: who is believed, rollback and fork, what is suggested, and what happens when a list runs out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from federation.keys import PrivateKey
from federation.types import Origin
from server.activitypub.egress import federation_list as signing
from server.activitypub.ingress import federation_list
from server.core.errors import Conflict, Invalid, NotFound
from server.domain.federation_lists import Effect, FederationList, Received
from server.domain.trust import Trust
from server.services import accounts, audit, boundary, federation_lists, instances, partners
from tests.support.federation_lists import URL, Publisher
from tests.support.house import House
from tests.support.partners import as_partner

DAY = timedelta(days=1)


def judged(house: House, raw: bytes, known: tuple[str, ...] = ()) -> FederationList:
    return federation_list.judge(raw, house.clock.now() + timedelta(minutes=1), known)


def follow(house: House, publisher: Publisher, raw: bytes) -> None:
    house.run(federation_lists.follow, "test", judged(house, raw), publisher.fingerprints())


def receive(house: House, raw: bytes) -> Received:
    known = house.read(federation_lists.get, URL)
    return house.run(federation_lists.receive, "test", judged(house, raw, known.signers))


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def first(publisher: Publisher) -> bytes:
    return publisher.version(1, ["a.example", "b.example"])


# -- who is believed -------------------------------------------------------------------------------------


def test_a_list_is_followed_by_the_fingerprints_of_all_its_signers(
    any_house: House, publisher: Publisher, first: bytes
) -> None:
    prints = publisher.fingerprints()
    wrong = [prints[:2], [*prints, PrivateKey.generate_ed25519().public.fingerprint()], []]
    for heard in wrong:
        with pytest.raises(Invalid):
            any_house.run(federation_lists.follow, "test", judged(any_house, first), heard)
    assert any_house.read(federation_lists.all_followed) == []
    follow(any_house, publisher, first)
    with pytest.raises(Conflict):
        follow(any_house, publisher, first)
    found = any_house.read(federation_lists.get, URL)
    assert (found.version, [one.domain for one in found.entries]) == (1, ["a.example", "b.example"])
    assert any_house.read(instances.trusts) == {}, "following connects nobody"


@pytest.mark.parametrize(("by", "believed"), [([], False), ([0], False), ([1, 2], True), ([0, 1, 2], True)])
def test_k_of_n(house: House, publisher: Publisher, first: bytes, by: list[int], believed: bool) -> None:
    follow(house, publisher, first)
    second = publisher.version(2, ["c.example"], after=first, by=by)
    assert receive(house, second) is (Received.NEW if believed else Received.UNSIGNED)
    assert house.read(federation_lists.get, URL).version == (2 if believed else 1)


def test_one_signer_twice_is_one_signer(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    assert receive(house, publisher.version(2, [], after=first, by=[0, 0, 0])) is Received.UNSIGNED


def test_new_signers_need_the_old_ones_and_themselves(
    house: House, publisher: Publisher, first: bytes
) -> None:
    follow(house, publisher, first)
    stranger = Publisher()
    assert receive(house, stranger.version(2, [], after=first)) is Received.UNSIGNED
    named = publisher.version(2, [], after=first, signers=stranger.signers())
    assert receive(house, named) is Received.UNSIGNED, "the new ones have not signed"
    joint = Publisher()
    joint.private = [*publisher.private[:2], joint.private[0]]
    changed = joint.version(2, ["c.example"], after=first, threshold=3)
    assert receive(house, changed) is Received.NEW
    assert house.read(federation_lists.get, URL).threshold == 3
    late = publisher.version(3, [], after=changed)
    assert receive(house, late) is Received.UNSIGNED, "one of the old ones signs no more"


def test_rollback_gap_and_fork(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    second = publisher.version(2, ["c.example"], after=first)
    third = publisher.version(3, ["d.example"], after=second)
    assert receive(house, third) is Received.GAP
    assert receive(house, second) is Received.NEW
    assert receive(house, second) is Received.SAME
    assert receive(house, first) is Received.ROLLBACK
    assert house.read(federation_lists.get, URL).version == 2
    other = publisher.version(2, ["evil.example"], after=first)
    assert receive(house, other) is Received.FORK
    found = house.read(federation_lists.get, URL)
    assert found.forked_at is not None and [one.domain for one in found.entries] == ["c.example"]
    assert receive(house, third) is Received.FORK, "nothing is believed after a fork"
    with pytest.raises(Invalid):
        house.run(federation_lists.apply, "test", URL, house.read(federation_lists.compare, URL))
    assert house.read(federation_lists.due) == []
    assert "federation_list.fork" in [one["action"] for one in house.read(audit.of_target, URL)]


def test_a_fork_further_on(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    assert receive(house, publisher.version(2, ["c.example"], after=first)) is Received.NEW
    elsewhere = publisher.version(2, ["evil.example"], after=first)
    assert receive(house, publisher.version(3, ["x.example"], after=elsewhere)) is Received.FORK


def test_a_stranger_cannot_make_a_fork(house: House, publisher: Publisher, first: bytes) -> None:
    """Else anybody could end belief in a list."""
    follow(house, publisher, first)
    assert receive(house, Publisher().version(1, ["x.example"])) is Received.UNSIGNED
    assert receive(house, publisher.version(1, ["x.example"], by=[0])) is Received.UNSIGNED
    assert house.read(federation_lists.get, URL).forked_at is None


def test_what_has_run_out_is_not_taken_up(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    second = publisher.version(2, [], after=first)
    house.clock.advance(31 * DAY)
    assert receive(house, second) is Received.EXPIRED


# -- hostile files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Note"},
        {"threshold": 0},
        {"threshold": 4},
        {"threshold": True},
        {"threshold": 1.0},
        {"version": 0},
        {"version": "1"},
        {"version": 2**60},
        {"version": 2},
        {"signers": []},
        {"signers": ["x"]},
        {"signers": "z6Mk"},
        {"signers": [None]},
        {"previous": "ab"},
        {"id": "javascript:alert(1)"},
        {"id": 7},
        {"name": "a\nb"},
        {"name": "a" * 501},
        {"entries": {}},
        {"entries": [[]]},
        {"entries": [{"domain": "a b"}]},
        {"entries": [{"domain": "a.example"}, {"domain": "A.example."}]},
        {"entries": [{"domain": "a.example", "fingerprint": "12"}]},
        {"entries": [{"domain": "a.example", "controller": 3}]},
        {"expires": "2020-01-01T00:00:00+00:00"},
        {"expires": "soon"},
        {"issued": "2026-01-01T00:00:00"},
    ],
    ids=str,
)
def test_a_hostile_list_is_a_sentence(house: House, publisher: Publisher, changes: dict[str, Any]) -> None:
    document = json.loads(publisher.version(1, ["a.example"]))
    with pytest.raises(Invalid):
        judged(house, json.dumps({**document, **changes}).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b'{"type": 1, "type": 2}', b"[" * 5000])
def test_what_is_no_document(house: House, raw: bytes) -> None:
    with pytest.raises(Invalid):
        judged(house, raw)


def test_a_changed_list_has_lost_its_signatures(house: House, publisher: Publisher, first: bytes) -> None:
    changed = first.replace(b"b.example", b"evil.example")
    assert judged(house, changed).signed_by == frozenset()
    with pytest.raises(Invalid):
        follow(house, publisher, changed)


def test_proofs_by_other_keys_under_a_signers_name(house: House, publisher: Publisher) -> None:
    document = json.loads(publisher.version(1, ["a.example"]))
    others = json.loads(Publisher().version(1, ["a.example"]))
    for proof, other in zip(document["proof"], others["proof"], strict=True):
        proof["proofValue"] = other["proofValue"]
    assert judged(house, json.dumps(document).encode()).signed_by == frozenset()


def test_an_instance_signs_as_one_of_the_signers(house: House, publisher: Publisher) -> None:
    house.run(accounts.ensure_instance_actor)
    own = house.read(signing.own_key)
    document = json.loads(publisher.version(1, ["a.example"], by=[0], signers=[*publisher.signers(), own]))
    made = json.dumps(house.read(signing.signed, document)).encode()
    assert judged(house, made).signed_by == {publisher.signers()[0], own}


# -- what it suggests ------------------------------------------------------------------------------------


def test_it_suggests_connections_and_never_makes_a_partner(any_house: House, publisher: Publisher) -> None:
    names = [
        "new.example",
        "known.example",
        "held.example",
        "paused.example",
        "ended.example",
        "here.example",
    ]
    for name, level in zip(
        names[1:5], [Trust.ALLOWED, Trust.LIMITED, Trust.SUSPENDED, Trust.BLOCKED], strict=True
    ):
        any_house.run(instances.set_trust, "test", Origin(name), level)
    any_house.run(as_partner, Origin("partner.example"))
    entries = [{"domain": name} for name in names]
    entries.append({"domain": "partner.example", "fingerprint": "1" * 40})
    follow(any_house, publisher, publisher.version(1, [], entries=entries))
    shown = any_house.read(federation_lists.compare, URL)
    assert {one.domain: one.effect for one in shown} == {
        "new.example": Effect.CONNECT,
        "known.example": Effect.SAME,
        "held.example": Effect.SAME,
        "paused.example": Effect.STOPPED,
        "ended.example": Effect.STOPPED,
        "partner.example": Effect.OTHER_KEY,
    }
    before = any_house.read(instances.trusts)
    assert any_house.run(federation_lists.apply, "test", URL, shown) == 1
    assert any_house.read(instances.trusts) == {**before, "new.example": Trust.ALLOWED}
    assert any_house.read(boundary.tier_of, Origin("new.example")).name == "T1"
    assert any_house.read(partners.find, Origin("new.example")) is None
    with pytest.raises(Conflict):
        any_house.run(federation_lists.apply, "test", URL, shown)


def test_who_is_named_no_more_is_paused_by_a_person_unless_paired(house: House, publisher: Publisher) -> None:
    first = publisher.version(1, ["a.example", "b.example", "c.example"])
    house.run(instances.set_trust, "test", Origin("c.example"), Trust.ALLOWED)
    follow(house, publisher, first)
    house.run(federation_lists.apply, "test", URL, house.read(federation_lists.compare, URL))
    house.run(as_partner, Origin("b.example"))
    assert receive(house, publisher.version(2, [], after=first)) is Received.NEW
    shown = house.read(federation_lists.compare, URL)
    assert [(one.domain, one.effect) for one in shown] == [("a.example", Effect.PAUSE)]
    assert house.read(instances.trusts)[Origin("a.example")] is Trust.ALLOWED
    house.run(federation_lists.apply, "test", URL, shown)
    levels = house.read(instances.trusts)
    assert levels == {"a.example": Trust.SUSPENDED, "b.example": Trust.ALLOWED, "c.example": Trust.ALLOWED}


# -- lists that run out ----------------------------------------------------------------------------------


def test_it_warns_at_7_3_and_1_days_and_then_pauses_whom_it_connected(
    house: House, publisher: Publisher
) -> None:
    house.run(instances.set_trust, "test", Origin("old.example"), Trust.ALLOWED)
    follow(house, publisher, publisher.version(1, ["a.example", "b.example", "old.example"]))
    house.run(federation_lists.apply, "test", URL, house.read(federation_lists.compare, URL))
    house.run(as_partner, Origin("b.example"))
    told = []
    for day in range(35):
        told += [day] * house.run(federation_lists.watch)
        assert house.run(federation_lists.watch) == 0
        house.clock.advance(DAY)
    assert told == [23, 27, 29, 30]
    levels = house.read(instances.trusts)
    assert levels == {"a.example": Trust.SUSPENDED, "b.example": Trust.ALLOWED, "old.example": Trust.ALLOWED}
    house.run(instances.resume, "user:1", Origin("a.example"))
    assert house.run(federation_lists.watch) == 0, "who resumes is not overruled"
    with pytest.raises(Invalid):
        house.run(federation_lists.apply, "test", URL, house.read(federation_lists.compare, URL))


def test_a_new_version_is_watched_anew(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    house.clock.advance(29 * DAY)
    assert house.run(federation_lists.watch) == 1
    second = publisher.version(2, [], after=first, at=house.clock.now())
    assert receive(house, second) is Received.NEW
    assert house.run(federation_lists.watch) == 0


def test_it_is_looked_for_every_hour(house: House, publisher: Publisher, first: bytes) -> None:
    follow(house, publisher, first)
    assert house.read(federation_lists.due) == []
    house.clock.advance(timedelta(hours=1, minutes=1))
    assert [one.url for one in house.read(federation_lists.due)] == [URL]
    assert house.run(federation_lists.fetched, URL, None) is None
    assert house.read(federation_lists.due) == []
    house.run(federation_lists.unfollow, "test", URL)
    with pytest.raises(NotFound):
        house.read(federation_lists.get, URL)
    follow(house, publisher, first)
