"""Credentials before another library: apsig verifies what we mint, and we judge what apsig signs."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from apsig import ProofSigner, ProofVerifier

from federation.credentials.attestation import Attestation, StatusEntry, judge, mint
from federation.credentials.flaw import Flaw
from federation.credentials.status import StatusBits, StatusList, encode_bits, judge_list, mint_list
from federation.testing.actors import NOON, FakeActor
from federation.types import Iri, JsonObject, Origin

ISSUER = FakeActor.create("https://chu.example", "instance")
MEMBER = FakeActor.create("https://chu.example", "lynx")
GROUP = Iri("https://society.example/actors/cardiology")
SAID = Attestation(
    id="urn:uuid:3f0c5a0e-6f3f-4f0f-8b38-0a5d7b1c2d3e",
    issuer=ISSUER.id,
    subject=MEMBER.id,
    key_id=MEMBER.ed25519_signer.key_id,
    key=MEMBER.ed25519.public,
    handle="@lynx@chu.example",
    name="Zoë Lécuyer 🫀",
    pseudonymous=False,
    profession="physician",
    specialty=("cardiology", "paediatrics"),
    jurisdiction="FR",
    level=3,
    identity_level="high",
    method="institution",
    audience=GROUP,
    hosts=(Origin("chu.example"), Origin("society.example")),
    nonce="0" * 32,
    valid_from=NOON,
    valid_until=NOON + timedelta(days=7),
    status=(
        StatusEntry("revocation", Iri("https://chu.example/status/1"), 5),
        StatusEntry("suspension", Iri("https://chu.example/status/2"), 6),
    ),
)
OPTIONS: JsonObject = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "proofPurpose": "assertionMethod",
    "verificationMethod": ISSUER.ed25519_signer.key_id,
    "created": "2026-11-23T11:59:00Z",
}


def judged(document: JsonObject) -> Attestation | Flaw:
    return judge(
        document,
        issuer=ISSUER.id,
        issuer_key=ISSUER.ed25519.public,
        subject=MEMBER.id,
        subject_key=MEMBER.ed25519.public,
        audience=GROUP,
        hosts=[Origin("society.example")],
        nonce="0" * 32,
        now=NOON,
    )


def test_apsig_verifies_an_attestation() -> None:
    document: dict[str, Any] = mint(SAID, ISSUER.ed25519_signer, NOON)
    verifier = ProofVerifier(ISSUER.ed25519.public.loaded)
    assert verifier.verify_proof(copy.deepcopy(document)) == ISSUER.ed25519_signer.key_id
    document["credentialSubject"]["level"] = 4
    assert verifier.verify_proof(copy.deepcopy(document)) is None
    assert judged(document) is Flaw.PROOF


def test_an_attestation_that_apsig_signs() -> None:
    bare = {name: value for name, value in mint(SAID, ISSUER.ed25519_signer, NOON).items() if name != "proof"}
    assert judged(ProofSigner(ISSUER.ed25519.loaded).sign(bare, OPTIONS)) == SAID


def test_apsig_verifies_a_status_list() -> None:
    url = Iri("https://chu.example/status/1")
    said = StatusList(url, ISSUER.id, "revocation", 1, StatusBits.of([5]), NOON, NOON + timedelta(hours=24))
    document: dict[str, Any] = mint_list(said, ISSUER.ed25519_signer, NOON)
    verifier = ProofVerifier(ISSUER.ed25519.public.loaded)
    assert verifier.verify_proof(copy.deepcopy(document)) == ISSUER.ed25519_signer.key_id
    document["credentialSubject"]["encodedList"] = encode_bits(StatusBits())
    assert verifier.verify_proof(copy.deepcopy(document)) is None
    flaw = judge_list(
        document,
        url=url,
        purpose="revocation",
        issuer=ISSUER.id,
        issuer_key=ISSUER.ed25519.public,
        now=NOON,
        known_version=0,
    )
    assert flaw is Flaw.PROOF
