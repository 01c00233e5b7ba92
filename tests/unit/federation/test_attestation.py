"""Attestations: what is minted is judged true, and each way to fail has its reason."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from federation.credentials.attestation import TYPE, Attestation, Judged, StatusEntry, judge, mint
from federation.credentials.flaw import Flaw
from federation.jsonld.normalise import load_frozen
from federation.signatures.proof import add_proof
from federation.testing.actors import NOON, FakeActor
from federation.types import Iri, Json, JsonObject, Origin

ISSUER = FakeActor.create("https://chu.example", "instance")
MEMBER = FakeActor.create("https://chu.example", "lynx")
OTHER = FakeActor.create("https://chu.example", "mallory")
GROUP = Iri("https://society.example/actors/cardiology")
SOCIETY, CHU = Origin("society.example"), Origin("chu.example")

ATTESTATION = Attestation(
    id="urn:uuid:3f0c5a0e-6f3f-4f0f-8b38-0a5d7b1c2d3e",
    issuer=ISSUER.id,
    subject=MEMBER.id,
    key_id=MEMBER.ed25519_signer.key_id,
    key=MEMBER.ed25519.public,
    handle="@lynx@chu.example",
    name="Anna Lynx",
    pseudonymous=False,
    profession="physician",
    specialty=("cardiology",),
    jurisdiction="FR",
    level=2,
    identity_level="substantial",
    method="administrator",
    audience=GROUP,
    hosts=(CHU, SOCIETY),
    nonce="a" * 32,
    valid_from=NOON,
    valid_until=NOON + timedelta(days=30),
    status=(
        StatusEntry("revocation", Iri("https://chu.example/status/1"), 94_567),
        StatusEntry("suspension", Iri("https://chu.example/status/2"), 12),
    ),
)


def judged(document: Any, **changes: Any) -> Judged:
    expected: dict[str, Any] = {
        "issuer": ISSUER.id,
        "issuer_key": ISSUER.ed25519.public,
        "subject": MEMBER.id,
        "subject_key": MEMBER.ed25519.public,
        "audience": GROUP,
        "hosts": {SOCIETY},
        "nonce": "a" * 32,
        "now": NOON,
        "minimum_level": 2,
        "professions": {"physician", "nurse"},
    }
    return judge(document, **{**expected, **changes})


def minted(**changes: Any) -> JsonObject:
    return mint(replace(ATTESTATION, **changes), ISSUER.ed25519_signer, NOON)


def signed(change: Callable[[JsonObject], None]) -> JsonObject:
    """A document that our own mint would refuse, signed all the same, as a hostile issuer would."""
    document = copy.deepcopy(minted())
    del document["proof"]
    change(document)
    return add_proof(document, ISSUER.ed25519_signer, NOON)


def subject(name: str, value: Any) -> Callable[[JsonObject], None]:
    return lambda document: document["credentialSubject"].update({name: value})


def top(name: str, value: Any) -> Callable[[JsonObject], None]:
    return lambda document: document.update({name: value})


def status(*entries: JsonObject) -> Callable[[JsonObject], None]:
    return top("credentialStatus", list(entries))


def entry(purpose: str, **changes: Any) -> JsonObject:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": "7",
        "statusListCredential": "https://chu.example/status/1",
        **changes,
    }


def test_what_is_minted_is_judged_the_same() -> None:
    assert judged(minted()) == ATTESTATION
    assert judged(minted(), nonce=None, subject_key=None, professions=()) == ATTESTATION
    shy = replace(ATTESTATION, pseudonymous=True, method=None, name="Lynx")
    assert judged(mint(shy, ISSUER.ed25519_signer, NOON)) == shy


def test_a_processor_of_json_ld_loses_no_member() -> None:
    document = minted()
    expanded = jsonld.expand(document, {"documentLoader": load_frozen})
    compacted = jsonld.compact(expanded, {"@context": document["@context"]}, {"documentLoader": load_frozen})

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(names(each) for each in value.values()))
        return set().union(*(names(each) for each in value)) if isinstance(value, list) else set()

    assert names(document) <= names(compacted)
    assert not [name for name in names(compacted) if ":" in name]


def test_it_holds_no_more_than_the_profile_lists() -> None:
    document = minted()
    assert set(document) == {
        "@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "audience", "nonce",
        "credentialStatus", "proof",
    }  # fmt: skip
    assert set(document["credentialSubject"]) == {
        "id", "assertionMethod", "handle", "displayName", "pseudonymous", "profession", "specialty", "jurisdiction",
        "level", "identityLevel", "method",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flaw", "change"),
    [
        (Flaw.CONTEXT, top("@context", ["https://www.w3.org/ns/credentials/v2"])),
        (Flaw.CONTEXT, top("@context", "https://www.w3.org/ns/credentials/v2")),
        (Flaw.TYPE, top("type", ["VerifiableCredential"])),
        (Flaw.TYPE, top("type", ["VerifiableCredential", "ProfessionalAttestation", "Other"])),
        (Flaw.ISSUER_FOREIGN, top("issuer", "https://else.example/actor")),
        (Flaw.SUBJECT_FOREIGN, subject("id", "https://else.example/actors/lynx")),
        (Flaw.HANDLE, subject("handle", "@lynx@else.example")),
        (Flaw.STATUS_MISSING, lambda document: document.pop("credentialStatus")),
        (Flaw.STATUS_MISSING, status(entry("revocation"))),
        (Flaw.STATUS_MISSING, status(entry("revocation"), entry("revocation"))),
        (Flaw.STATUS_MISSING, status(entry("revocation"), entry("suspension"), entry("refresh"))),
        (
            Flaw.STATUS_FOREIGN,
            status(entry("revocation"), entry("suspension", statusListCredential="https://else.example/s")),
        ),
        (Flaw.MALFORMED, status(entry("revocation"), entry("suspension", statusListIndex="-1"))),
        (Flaw.MALFORMED, status(entry("revocation"), entry("suspension", statusListIndex="999999999"))),
        (Flaw.MALFORMED, status(entry("revocation"), entry("suspension", type="Other"))),
        (Flaw.MALFORMED, top("signature", {"signatureValue": "x"})),
        (Flaw.MALFORMED, top("weight", 1.5)),
        (Flaw.MALFORMED, subject("level", 5)),
        (Flaw.MALFORMED, subject("level", True)),
        (Flaw.MALFORMED, subject("level", "4")),
        (Flaw.MALFORMED, subject("profession", "Physician of the King")),
        (Flaw.MALFORMED, subject("profession", "p" * 33)),
        (Flaw.MALFORMED, subject("jurisdiction", "France")),
        (Flaw.MALFORMED, subject("specialty", "cardiology")),
        (Flaw.MALFORMED, subject("specialty", ["a"] * 17)),
        (Flaw.MALFORMED, subject("handle", "lynx")),
        (Flaw.MALFORMED, subject("pseudonymous", 1)),
        (Flaw.MALFORMED, subject("pseudonymous", True)),  # which names its method all the same
        (Flaw.MALFORMED, subject("displayName", "x" * 501)),
        (Flaw.MALFORMED, top("validUntil", "2026-12-23")),
        (Flaw.MALFORMED, top("validUntil", "2026-99-23T12:00:00Z")),
        (Flaw.MALFORMED, top("validUntil", "2026-11-23T12:00:00Z")),
        (Flaw.MALFORMED, top("audience", GROUP)),
        (Flaw.MALFORMED, top("audience", {"group": GROUP, "hosts": ["SOCIETY.example"]})),
        (Flaw.MALFORMED, top("nonce", None)),
        (Flaw.MALFORMED, top("nonce", "n" * 65)),
        (Flaw.TOO_LONG, top("validUntil", "2026-12-23T12:00:01Z")),
        (Flaw.NOT_YET_VALID, top("validFrom", "2026-11-23T12:05:01Z")),
    ],
)
def test_flaws_of_a_signed_document(flaw: Flaw, change: Callable[[JsonObject], None]) -> None:
    assert judged(signed(change)) is flaw


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        (Flaw.ISSUER_FOREIGN, {"issuer": Iri("https://else.example/actor")}),
        (Flaw.PROOF, {"issuer_key": OTHER.ed25519.public}),
        (Flaw.EXPIRED, {"now": NOON + timedelta(days=30)}),
        (Flaw.AUDIENCE, {"audience": Iri("https://society.example/actors/other")}),
        (Flaw.AUDIENCE, {"hosts": {SOCIETY, Origin("late.example")}}),
        (Flaw.NONCE, {"nonce": "b" * 32}),
        (Flaw.SUBJECT, {"subject": OTHER.id}),
        (Flaw.SUBJECT_KEY, {"subject_key": OTHER.ed25519.public}),
        (Flaw.LEVEL, {"minimum_level": 3}),
        (Flaw.PROFESSION, {"professions": {"nurse"}}),
    ],
)
def test_flaws_for_this_reader(flaw: Flaw, changes: dict[str, Any]) -> None:
    assert judged(minted(), **changes) is flaw


def test_the_last_moment_of_its_validity() -> None:
    late = NOON + timedelta(days=30) - timedelta(seconds=1)
    assert judged(minted(), now=late) == ATTESTATION


def test_a_key_that_is_not_the_issuers() -> None:
    document = minted()
    del document["proof"]
    assert judged(add_proof(document, OTHER.ed25519_signer, NOON)) is Flaw.ISSUER_KEY


def test_keys_that_are_not_the_subjects() -> None:
    def change(name: str, value: str) -> JsonObject:
        return signed(lambda document: document["credentialSubject"]["assertionMethod"].update({name: value}))

    assert judged(change("controller", OTHER.id)) is Flaw.SUBJECT_KEY
    assert judged(change("id", OTHER.ed25519_signer.key_id)) is Flaw.SUBJECT_KEY
    assert judged(change("type", "Other")) is Flaw.SUBJECT_KEY
    assert judged(change("publicKeyMultibase", MEMBER.rsa.public.to_multibase())) is Flaw.SUBJECT_KEY
    assert judged(change("publicKeyMultibase", "z111")) is Flaw.MALFORMED


def test_proofs() -> None:
    bare = {name: value for name, value in minted().items() if name != "proof"}
    assert judged(bare) is Flaw.PROOF
    twice = add_proof(minted(), ISSUER.ed25519_signer, NOON)
    assert judged(twice) is Flaw.PROOF
    tomorrow = add_proof(bare, ISSUER.ed25519_signer, NOON + timedelta(days=1))
    assert judged(tomorrow) is Flaw.EXPIRED


@pytest.mark.parametrize("document", [None, [], "x", 7, True, {}, {"@context": None}])
def test_what_is_no_credential(document: Any) -> None:
    assert judged(document) in {Flaw.MALFORMED, Flaw.CONTEXT}


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": NOON + timedelta(days=31)},
        {"valid_until": NOON},
        {"level": 5},
        {"pseudonymous": True},
        {"handle": "@lynx@else.example"},
        {"profession": "Médecin"},
        {"subject": Iri("https://else.example/actors/lynx")},
        {"status": ()},
    ],
)
def test_what_nobody_would_accept_is_not_minted(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nobody would accept"):
        minted(**changes)


def test_the_example_in_our_document_has_the_members_of_one_that_is_minted() -> None:
    text = (Path(__file__).resolve().parents[3] / "FEDERATION.md").read_text(encoding="utf-8")
    [shown] = [
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if TYPE in block
    ]
    minted = mint(ATTESTATION, ISSUER.ed25519_signer, NOON)
    assert _shape(shown) == _shape({name: value for name, value in minted.items() if name != "proof"})
    assert {f"`{flaw}`" for flaw in Flaw} <= set(re.findall(r"`[a-z-]+`", text))


def _shape(value: Json) -> Any:
    """Members and kinds, whatever the values."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return [_shape(each) for each in value] if isinstance(value, list) else type(value).__name__
