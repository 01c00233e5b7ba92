"""eddsa-jcs-2022: the W3C's vectors, the FEPs', and apsig on either side."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apsig import ProofSigner, ProofVerifier

from federation.keys import PrivateKey, PublicKey
from federation.signatures.proof import Finding, add_proof, canonical, verify_proof, verify_proofs
from federation.testing.actors import NOON, ActorSigningKey, FakeActor
from federation.testing.vectors import documents, quoted, read_json, scenarios
from federation.types import Iri
from tests.support.shared import shared_path

ACTOR = FakeActor.create("https://society.example", "anna")


def _w3c() -> Path:
    return shared_path("vectors") / "eddsa" / "TestVectors"


def test_w3c() -> None:
    folder = _w3c()
    pair = read_json(folder / "keyPair.json")
    signed = read_json(folder / "eddsa-jcs-2022" / "signedJCS.json")
    public = PublicKey.from_multibase(pair["publicKeyMultibase"])
    assert verify_proof(signed, public, NOON).valid
    unsigned = read_json(folder / "unsigned.json")
    assert canonical(unsigned).decode() == (folder / "eddsa-jcs-2022" / "canonDocJCS.txt").read_text()
    method = Iri(signed["proof"]["verificationMethod"])
    key = ActorSigningKey(method, PrivateKey.from_multibase(pair["privateKeyMultibase"]))
    made = add_proof(unsigned, key, datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC))
    assert made == signed


def test_w3c_proof_sets_of_another_suite_say_nothing() -> None:
    signed = read_json(_w3c() / "proof-set-chain" / "signedProofSet2.json")
    public = PublicKey.from_multibase(read_json(_w3c() / "keyPair.json")["publicKeyMultibase"])
    verdicts = verify_proofs(signed, lambda _method: public, NOON)
    assert [verdict.finding for verdict in verdicts] == [Finding.UNSUPPORTED, Finding.UNSUPPORTED]


def test_fep_8b32() -> None:
    found = scenarios(shared_path("vectors") / "fep" / "fep-8b32.feature")
    signing = found["Signing document"]
    unsigned, signed = documents(signing)
    method = Iri(quoted(signing, "for key"))
    key = ActorSigningKey(method, PrivateKey.from_multibase(quoted(signing, "secret key")))
    assert add_proof(unsigned, key, datetime.fromisoformat(quoted(signing, "current time"))) == signed
    document, actor = documents(found["Verifying a signature"])
    (listed,) = actor["assertionMethod"]
    keys = {listed["id"]: PublicKey.from_multibase(listed["publicKeyMultibase"])}
    (verdict,) = verify_proofs(document, keys.get, NOON)
    assert verdict.valid
    assert verdict.verification_method == method


def test_fep_c390() -> None:
    found = scenarios(shared_path("vectors") / "fep" / "fep-c390.feature")
    (actor,) = documents(found["Verifying the identity proof"])
    (statement,) = actor["attachment"]
    public = PublicKey.from_multibase(statement["subject"].removeprefix("did:key:"))
    assert verify_proof(statement, public, NOON).valid
    statement["alsoKnownAs"] = "https://server.example/users/mallory"
    assert verify_proof(statement, public, NOON).finding is Finding.INVALID


def test_fep_521a() -> None:
    found = scenarios(shared_path("vectors") / "fep" / "fep-521a.feature")
    for title in ("Representing Ed25519 public key", "Representing RSA public key"):
        (multikey,) = documents(found[title])
        key = PublicKey.from_multibase(multikey["publicKeyMultibase"])
        assert key.to_multibase() == multikey["publicKeyMultibase"]


def test_apsig_signs_and_ours_verifies() -> None:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": ACTOR.ed25519_signer.key_id,
        "created": "2026-11-23T11:59:00Z",
    }
    signed = ProofSigner(ACTOR.ed25519.loaded).sign(ACTOR.note(), options)
    assert verify_proof(signed, ACTOR.ed25519.public, NOON).valid


def test_ours_signs_and_apsig_verifies() -> None:
    signed: dict[str, Any] = add_proof(ACTOR.note(), ACTOR.ed25519_signer, NOON)
    verifier = ProofVerifier(ACTOR.ed25519.public.loaded)
    assert verifier.verify_proof(copy.deepcopy(signed)) == ACTOR.ed25519_signer.key_id
    signed["object"]["content"] = "Bonsoir"
    assert verifier.verify_proof(copy.deepcopy(signed)) is None
    assert verify_proof(signed, ACTOR.ed25519.public, NOON).finding is Finding.INVALID
