"""Cards and pairing: what a card must hold, which key may be pinned, and when an instance is a partner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from federation.keys import PrivateKey
from federation.signatures.proof import add_proof
from federation.testing.actors import ActorSigningKey
from federation.types import Iri, JsonObject, Origin
from federation.vocab.actors import Actor, ActorKey
from server.activitypub.egress.card import signed_card
from server.activitypub.ingress import card as cards
from server.core.errors import Conflict, Invalid
from server.domain.boundary import Action, ContentClass, ContentForm, Direction, Tier
from server.domain.changes import Change, ChangeKind
from server.domain.trust import PROBE_PATIENCE, PROFILE, Card, Instance, Papers, Partner, ProbeLine, Trust
from server.services import accounts, audit, boundary, instances, partners, remote_accounts
from server.services.boundary import Crossing
from server.store.session import Unit
from tests.support.house import START, House
from tests.support.partners import as_partner

PEER = Origin("peer.example")
ACTOR = Iri("https://peer.example/actor")
PAPERS = Papers("Hôpital Nord", "FR", "DPO, dpo@nord.example", "+33 1 00 00 00 00")
UNTIL = START + timedelta(days=365)


def signer(key: PrivateKey, number: int = 1) -> ActorSigningKey:
    return ActorSigningKey(Iri(f"{ACTOR}#ed25519-{number}"), key)


def made(key: PrivateKey, *, at: datetime = START, **changes: Any) -> JsonObject:
    """A peer's card, signed by its key."""
    document = {
        "type": partners.CARD_TYPE,
        "profile": partners.PROFILE_IRI,
        "domain": PEER,
        "actor": ACTOR,
        "key": key.public.to_multibase(),
        "fingerprint": key.public.fingerprint(),
        "versions": [PROFILE],
        "controller": "Clinic South",
        "jurisdiction": "DE",
        "dataProtectionOfficer": "",
        "contact": "+49 1",
        "classes": ["notice"],
        "issued": at.isoformat(),
        **changes,
    }
    return add_proof(document, signer(key), at)


def judged(document: JsonObject) -> Card:
    return cards.judge(json.dumps(document).encode(), START + timedelta(days=1))


def pair(house: House, card: Card, **changes: Any) -> Partner:
    values = {"fingerprint": card.fingerprint, "agreement": "contract 7", "until": UNTIL, **changes}
    return house.run(partners.pair, "command", card, **values)


def probed(unit: Unit, lines: list[ProbeLine]) -> Partner:
    return partners.probed(unit, PEER, lines, unit.now)


@pytest.fixture
def key() -> PrivateKey:
    return PrivateKey.generate_ed25519()


@pytest.fixture
def paired(house: House, key: PrivateKey) -> Iterator[House]:
    """A house that has pinned the peer's key."""
    house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)
    pair(house, judged(made(key)))
    yield house


# -- cards -----------------------------------------------------------------------------------------------


def test_our_card_is_one_that_we_would_take(house: House) -> None:
    house.run(accounts.ensure_instance_actor)
    house.run(partners.state, "command", PAPERS)
    printed = json.dumps(house.run(signed_card), ensure_ascii=False)
    card = judged(json.loads(printed))
    assert (card.domain, card.papers, card.versions) == ("here.example", PAPERS, (PROFILE,))
    assert card.actor == "https://here.example/actor"
    groups = card.fingerprint.split(" ")
    assert len(groups) == 8
    assert all(len(group) == 5 and group.isdigit() for group in groups)


def test_no_card_before_it_is_stated_who_answers(house: House) -> None:
    house.run(accounts.ensure_instance_actor)
    with pytest.raises(Invalid, match="who answers"):
        house.run(signed_card)


@pytest.mark.parametrize(
    "name",
    ["domain", "actor", "controller", "jurisdiction", "contact", "fingerprint", "issued", "key", "type"],
)
def test_a_card_that_was_changed_is_refused(key: PrivateKey, name: str) -> None:
    other = {
        "domain": "evil.example",
        "actor": "https://peer.example/users/eve",
        "jurisdiction": "BE",
        "fingerprint": PrivateKey.generate_ed25519().public.fingerprint(),
        "issued": "2030-01-01T00:00:00Z",
        "key": PrivateKey.generate_ed25519().public.to_multibase(),
    }
    with pytest.raises(Invalid):
        judged({**made(key), name: other.get(name, "something else")})


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "https://evil.example/actor"},
        {"fingerprint": "00000 00000 00000 00000 00000 00000 00000 00000"},
        {"jurisdiction": "France"},
        {"jurisdiction": None},
        {"versions": "members-only/1"},
        {"domain": 7},
        {"issued": "yesterday"},
        {"issued": "2026-03-02T09:00:00"},
        {"controller": "two\nlines"},
        {"controller": "x" * 501},
        {"classes": [1]},
        {"type": "Note"},
        {"retiredKeys": ["nonsense"]},
    ],
)
def test_a_signed_card_that_says_nonsense_is_refused(key: PrivateKey, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        judged(made(key, **changes))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"key": 3}', b"\xff", b"{}" + b" " * cards.LARGEST, b'{"a":1,"a":2}']
)
def test_what_is_no_card_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        cards.judge(raw, START)


# -- pairing ---------------------------------------------------------------------------------------------


def test_pairing_pins_the_key_and_makes_a_candidate(paired: House, key: PrivateKey) -> None:
    found = paired.read(partners.get, PEER)
    assert found.key == key.public.to_multibase()
    assert (found.controller, found.jurisdiction, found.agreement) == ("Clinic South", "DE", "contract 7")
    assert found.candidate(START)
    assert not found.partner(START)
    assert paired.read(boundary.tier_of, PEER) is Tier.T1
    assert next(entry["action"] for entry in paired.read(audit.of_target, PEER)) == "partner.paired"


@pytest.mark.parametrize("spelt", ["{}", " {} ", "{}\n"])
def test_a_fingerprint_is_typed_as_one_likes(house: House, key: PrivateKey, spelt: str) -> None:
    house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)
    card = judged(made(key))
    typed = spelt.format(card.fingerprint).replace(" ", "  ")
    assert pair(house, card, fingerprint=typed).key == card.key
    assert pair(house, card, fingerprint=card.fingerprint.replace(" ", "-")).key == card.key
    assert pair(house, card, fingerprint=card.fingerprint.replace(" ", "")).key == card.key


def test_another_fingerprint_pins_nothing(house: House, key: PrivateKey) -> None:
    house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)
    card = judged(made(key))
    for typed in ("", "12345", card.fingerprint[:-1], card.fingerprint[:-1] + "x", card.fingerprint + "0"):
        with pytest.raises(Invalid, match="fingerprint"):
            pair(house, card, fingerprint=typed)
    assert house.read(partners.find, PEER) is None


@pytest.mark.parametrize("level", [None, Trust.LIMITED, Trust.SUSPENDED, Trust.BLOCKED])
def test_only_a_connected_instance_is_paired(house: House, key: PrivateKey, level: Trust | None) -> None:
    if level is not None:
        house.run(instances.set_trust, "command", PEER, level)
    with pytest.raises(Invalid, match="not connected"):
        pair(house, judged(made(key)))


def test_what_else_pairing_refuses(house: House, key: PrivateKey) -> None:
    house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)
    with pytest.raises(Invalid, match="does not speak"):
        pair(house, judged(made(key, versions=["members-only/2"])))
    with pytest.raises(Invalid, match="own peer"):
        pair(house, judged(made(key, domain="here.example", actor="https://here.example/actor")))
    with pytest.raises(Invalid, match="agreement"):
        pair(house, judged(made(key)), agreement=" ")
    with pytest.raises(Invalid, match="past"):
        pair(house, judged(made(key)), until=START)


def test_a_new_key_needs_the_old_ones_signature(paired: House, key: PrivateKey) -> None:
    new = PrivateKey.generate_ed25519()
    later = START + timedelta(hours=1)
    alone = made(new, at=later, retiredKeys=[key.public.to_multibase()])
    with pytest.raises(Conflict, match="unpair"):
        pair(paired, judged(alone))
    stranger = add_proof(alone, signer(PrivateKey.generate_ed25519(), 2), later)
    with pytest.raises(Conflict):
        pair(paired, judged(stranger))
    assert paired.read(partners.get, PEER).key == key.public.to_multibase()

    both = judged(add_proof(alone, signer(key, 2), later))
    moved = pair(paired, both)
    assert moved.key == new.public.to_multibase()
    assert moved.probed_at is None


def test_an_old_card_does_not_bring_back_an_old_key(paired: House, key: PrivateKey) -> None:
    new = PrivateKey.generate_ed25519()
    later = START + timedelta(hours=1)
    card = made(new, at=later, retiredKeys=[key.public.to_multibase()])
    pair(paired, judged(add_proof(card, signer(key, 2), later)))
    old = made(key, at=START + timedelta(minutes=1), retiredKeys=[new.public.to_multibase()])
    with pytest.raises(Conflict, match="newer"):
        pair(paired, judged(add_proof(old, signer(new, 2), later)))


def test_an_ended_pairing_may_be_made_anew_with_another_key(paired: House, key: PrivateKey) -> None:
    ended = paired.run(partners.unpair, "command", PEER)
    assert ended.key == key.public.to_multibase()  # still known, for what has to be taken back
    assert not ended.candidate(START)
    with pytest.raises(Invalid, match="not paired"):
        paired.run(partners.unpair, "command", PEER)
    new = PrivateKey.generate_ed25519()
    assert pair(paired, judged(made(new))).key == new.public.to_multibase()


# -- a pin never moves by itself -------------------------------------------------------------------------


def document_of(*listed: PrivateKey, actor: Iri = ACTOR) -> Actor:
    keys = [
        ActorKey(id=Iri(f"{actor}#ed25519-{n}"), owner=actor, key=one.public) for n, one in enumerate(listed)
    ]
    return Actor(
        id=actor,
        type="Application",
        preferred_username="peer.example",
        inbox=Iri(f"{actor}/inbox"),
        assertion_methods=tuple(keys),
    )


@pytest.fixture
def partnered(paired: House) -> House:
    paired.run(probed, [ProbeLine("unsigned", True, "")])
    assert paired.read(boundary.tier_of, PEER) is Tier.T2
    return paired


def test_the_pinned_key_listed_alone_is_fine(partnered: House, key: PrivateKey) -> None:
    partnered.run(remote_accounts.receive, document_of(key))
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2


@pytest.mark.parametrize("which", ["another", "both", "none"])
def test_another_key_takes_the_partner_back(partnered: House, key: PrivateKey, which: str) -> None:
    other = PrivateKey.generate_ed25519()
    listed = {"another": [other], "both": [key, other], "none": []}[which]
    heard: list[Change] = []
    partnered.database.listeners.append(lambda changes, _hints: heard.extend(changes))
    partnered.run(remote_accounts.receive, document_of(*listed))
    found = partnered.read(partners.get, PEER)
    assert found.mismatch_at is not None
    assert found.key == key.public.to_multibase()
    assert partnered.read(boundary.tier_of, PEER) is Tier.T1
    assert Change(ChangeKind.TRUST, PEER) in heard
    assert [entry["action"] for entry in partnered.read(audit.of_target, PEER)].count("partner.mismatch") == 1

    # neither the old document nor a probe that passes makes it good again
    partnered.run(remote_accounts.receive, document_of(key))
    partnered.run(probed, [ProbeLine("unsigned", True, "")])
    assert partnered.read(boundary.tier_of, PEER) is Tier.T1
    pair(partnered, judged(made(key)))
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2


def test_a_key_that_the_card_names_as_retired_may_stay_listed(partnered: House, key: PrivateKey) -> None:
    new, later = PrivateKey.generate_ed25519(), START + timedelta(hours=1)
    card = made(new, at=later, retiredKeys=[key.public.to_multibase()])
    pair(partnered, judged(add_proof(card, signer(key, 2), later)))
    partnered.run(remote_accounts.receive, document_of(new, key))
    assert partnered.read(partners.get, PEER).mismatch_at is None


def test_other_actors_of_a_partner_have_keys_of_their_own(partnered: House) -> None:
    actor = Iri("https://peer.example/actors/1")
    partnered.run(
        remote_accounts.receive,
        replace(
            document_of(PrivateKey.generate_ed25519(), actor=actor), preferred_username="ana", type="Person"
        ),
    )
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2


# -- the tier --------------------------------------------------------------------------------------------


def _instance(trust: Trust) -> Instance:
    return Instance(
        id=1,
        domain=PEER,
        trust=trust,
        reason="",
        public_comment="",
        reject_media=False,
        reject_reports=False,
        software=None,
        verifies_rfc9421=True,
        created_at=START,
        changed_at=START,
        last_seen_at=None,
        failing_since=None,
        failures=0,
        next_probe_at=None,
    )


def test_the_tier_is_two_only_where_everything_holds(partnered: House) -> None:
    """Every combination of what a partner needs; one thing missing and members-only content does not cross."""
    whole, now = partnered.read(partners.get, PEER), partnered.clock.now()
    missing: list[dict[str, Any]] = [
        {"agreement": ""},
        {"agreement_until": now},
        {"versions": ()},
        {"versions": ("members-only/2",)},
        {"confirmed_at": None},
        {"mismatch_at": now},
        {"probed_at": None},
        {"probe_failing_since": now - PROBE_PATIENCE},
    ]
    for trust, lacks in product(Trust, [{}, *missing]):
        tier = boundary.tier(_instance(trust), replace(whole, **lacks), now)
        expected = Tier.T0 if not trust.speaks else Tier.T1
        if trust is Trust.ALLOWED and not lacks:
            expected = Tier.T2
        assert tier is expected, (trust, lacks)
    assert boundary.tier(_instance(Trust.ALLOWED), None, now) is Tier.T1
    assert boundary.tier(None, whole, now) is Tier.T0
    failing = replace(whole, probe_failing_since=now - PROBE_PATIENCE + timedelta(seconds=1))
    assert boundary.tier(_instance(Trust.ALLOWED), failing, now) is Tier.T2


def test_a_failing_probe_is_asked_hourly_and_demotes_after_a_day(partnered: House) -> None:
    partnered.run(probed, [ProbeLine("unsigned", True, ""), ProbeLine("media", False, "status 200")])
    found = partnered.read(partners.get, PEER)
    assert found.next_probe_at == partnered.clock.now() + timedelta(hours=1)
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2
    partnered.clock.advance(timedelta(hours=23))
    partnered.run(probed, [ProbeLine("unsigned", False, "status 200")])
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2
    partnered.clock.advance(timedelta(hours=1))
    assert partnered.run(boundary.tier_of, PEER) is Tier.T1
    passed = partnered.run(probed, [ProbeLine("unsigned", True, "")])
    assert passed.next_probe_at == partnered.clock.now() + timedelta(days=1)
    assert partnered.read(boundary.tier_of, PEER) is Tier.T2


def test_a_probe_without_lines_passes_nothing(paired: House) -> None:
    assert paired.run(probed, []).probed_at is None


def test_what_is_due_for_a_probe(paired: House) -> None:
    assert paired.run(partners.due) == [PEER]
    paired.run(probed, [ProbeLine("unsigned", True, "")])
    assert paired.run(partners.due) == []
    paired.clock.advance(timedelta(days=1))
    assert paired.run(partners.due) == [PEER]
    paired.run(instances.set_trust, "command", PEER, Trust.SUSPENDED)
    assert paired.run(partners.due) == []


def test_the_papers_are_facts_of_the_policy(house: House) -> None:
    house.run(as_partner, PEER, labels=["university"])

    def facts(unit: Unit) -> dict[str, Any]:
        crossing = Crossing(ContentForm.POST, ContentClass.NOTICE)
        boundary.decide(unit, Direction.OUT, Action.DELIVER, PEER, crossing, subject="x")
        boundary.decide_for_all(unit, Action.DELIVER, [PEER, Origin("other.example")], crossing, subject="y")
        return {one["subject"] + one["peer"]: one["facts"]["peer"] for one in audit.decisions(unit)}

    found = house.run(facts)
    for subject in ("x", "y"):
        peer = found[subject + PEER]
        assert (peer["tier"], peer["jurisdiction"], peer["agreement"], peer["labels"]) == (
            2, "FR", True, ["university"],
        )  # fmt: skip
    assert found["yother.example"]["tier"] == 0
