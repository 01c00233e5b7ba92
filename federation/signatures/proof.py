"""Integrity proofs on documents: FEP-8b32 with the cryptosuite `eddsa-jcs-2022` (W3C Data Integrity), made and verified.

A proof covers the canonical form (RFC 8785) of the document without its proofs, and of its own options. Verification
answers a verdict and never raises on a remote document. Not valid: other suites and purposes, keys that are not
Ed25519, proofs that name a previous proof (chains), contexts that differ between proof and document, documents
that are not I-JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec
import rfc8785

from federation.errors import Malformed
from federation.keys import PublicKey, base58_encode, multibase_decode
from federation.ports import SigningKey
from federation.signatures.window import USUAL_WINDOW, Window
from federation.types import Json, JsonObject

SUITE: Final = "eddsa-jcs-2022"
MAX_PROOFS: Final = 8
ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
_PROOF_CONTEXTS: Final = (
    "https://w3id.org/security/data-integrity/v1",
    "https://w3id.org/security/data-integrity/v2",
)
_MAX_SAFE: Final = 2**53 - 1
_SORTED: Final = msgspec.json.Encoder(order="sorted")


class Finding(StrEnum):
    """What became of one proof."""

    VALID = "valid"
    ABSENT = "absent"
    UNSUPPORTED = "unsupported"  # another suite, purpose or form: says nothing about the document
    KEY_UNKNOWN = "key-unknown"
    EXPIRED = "expired"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """verification_method: the key id that the proof names, proven only where the finding is VALID."""

    finding: Finding
    verification_method: str | None = None
    created: str | None = None

    @property
    def valid(self) -> bool:
        return self.finding is Finding.VALID


def canonical(value: Json) -> bytes:
    """RFC 8785. Raises Malformed on what is not I-JSON: unsafe integers, NaN, lone surrogates.

    Without fractions and with names in ASCII, which is all that we sign, the common encoder writes the same bytes, fifteen times sooner.
    """
    try:
        return _SORTED.encode(value) if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError):
        raise Malformed("json-not-canonical") from None


def _is_plain(value: Json) -> bool:
    """Whether sorting names by their bytes is sorting them as RFC 8785 does, and no number needs its rules."""
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is dict:
            for name in item:
                if not name.isascii():
                    return False
            stack.extend(item.values())
        elif kind is list:
            stack.extend(item)
        elif kind is int:
            if abs(item) > _MAX_SAFE:
                return False
        elif kind is float:
            return False
    return True


def fingerprint(document: JsonObject) -> str:
    """SHA-256, in hex, of the canonical form including proofs: how a signed thing is identified."""
    return sha256(canonical(document)).hexdigest()


def check_signable(value: Json) -> None:
    """The stricter I-JSON of what we sign: integers to 2^53-1 and no floats. Raises Malformed."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float):
            raise Malformed("json-float")
        if isinstance(item, int) and not isinstance(item, bool) and abs(item) > _MAX_SAFE:
            raise Malformed("json-unsafe-integer")
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def add_proof(
    document: JsonObject, key: SigningKey, created: datetime, *, purpose: str = "assertionMethod"
) -> JsonObject:
    """A copy of the document with our proof; proofs already there are kept beside it (a proof set).

    An ActivityStreams document without proofs is given the context that defines them, so that JSON-LD processors see it.
    """
    if key.algorithm != "ed25519":
        raise ValueError("a proof needs an Ed25519 key")
    options: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": key.key_id,
        "proofPurpose": purpose,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    bare = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in bare:
        if "proof" not in document:
            bare["@context"] = _with_proof_terms(bare["@context"])
        options["@context"] = bare["@context"]
    value = "z" + base58_encode(key.sign(_hashes(options, bare)))
    proof = {**options, "proofValue": value}
    before = document.get("proof")
    if before is None:
        return {**bare, "proof": proof}
    return {**bare, "proof": [*(before if isinstance(before, list) else [before]), proof]}


def _with_proof_terms(context: Json) -> Json:
    """credentials/v2 and the like define proofs themselves and stay as they are."""
    listed = context if isinstance(context, list) else [context]
    if ACTIVITYSTREAMS not in listed or any(each in listed for each in _PROOF_CONTEXTS):
        return context
    after = listed.index(ACTIVITYSTREAMS) + 1
    return [*listed[:after], _PROOF_CONTEXTS[0], *listed[after:]]


def verify_proofs(
    document: JsonObject,
    find_key: Callable[[str], PublicKey | None],
    now: datetime,
    *,
    purpose: str = "assertionMethod",
    window: Window = USUAL_WINDOW,
) -> list[Verdict]:
    """One verdict for each proof of the document, in order; a single ABSENT where there is none.

    find_key: the key of a verification method, from what the caller already trusts. Each member of a proof set stands
    alone: the caller decides which methods it needs.
    """
    present = document.get("proof")
    proofs = present if isinstance(present, list) else [present]
    if present is None or not proofs:
        return [Verdict(Finding.ABSENT)]
    if len(proofs) > MAX_PROOFS:
        return [Verdict(Finding.UNSUPPORTED)]
    bare = {name: value for name, value in document.items() if name != "proof"}
    return [_judge(bare, proof, find_key, now, purpose=purpose, window=window) for proof in proofs]


def verify_proof(
    document: JsonObject, key: PublicKey, now: datetime, *, window: Window = USUAL_WINDOW
) -> Verdict:
    """For documents that must carry exactly one proof, by the key given."""
    verdicts = verify_proofs(document, lambda _method: key, now, window=window)
    return verdicts[0] if len(verdicts) == 1 else Verdict(Finding.UNSUPPORTED)


def _judge(
    bare: JsonObject,
    proof: Any,
    find_key: Callable[[str], PublicKey | None],
    now: datetime,
    *,
    purpose: str,
    window: Window,
) -> Verdict:
    if not isinstance(proof, dict):
        return Verdict(Finding.UNSUPPORTED)
    method, created = proof.get("verificationMethod"), proof.get("created")
    supported = (
        proof.get("type") == "DataIntegrityProof"
        and proof.get("cryptosuite") == SUITE
        and proof.get("proofPurpose") == purpose
        and isinstance(method, str)
        and isinstance(proof.get("proofValue"), str)
        and (created is None or isinstance(created, str))
        and "previousProof" not in proof
    )
    if not supported or not isinstance(method, str):
        return Verdict(Finding.UNSUPPORTED)
    if "@context" in proof and proof["@context"] != bare.get("@context"):
        return Verdict(Finding.INVALID, method, created)
    key = find_key(method)
    if key is None:
        return Verdict(Finding.KEY_UNKNOWN, method, created)
    try:
        if not _holds(bare, proof, key):
            return Verdict(Finding.INVALID, method, created)
        timely = _is_timely(proof, now, window)
    except Malformed:
        return Verdict(Finding.INVALID, method, created)
    return Verdict(Finding.VALID if timely else Finding.EXPIRED, method, created)


def _holds(bare: JsonObject, proof: JsonObject, key: PublicKey) -> bool:
    signature = multibase_decode(proof["proofValue"])
    if key.algorithm != "ed25519" or len(signature) != 64:
        return False
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    return any(
        key.verify(signature, _hashes(candidate, body))
        for body in _bodies(bare)
        for candidate in _options(options, bare)
    )


def _options(options: JsonObject, bare: JsonObject) -> list[JsonObject]:
    """As written; and with the document's context where none is written, since some sign that. Nothing is covered less."""
    if "@context" in options or "@context" not in bare:
        return [options]
    return [options, {**options, "@context": bare["@context"]}]


def _bodies(bare: JsonObject) -> list[JsonObject]:
    """As it is; and without a Linked Data signature, which Fedify adds after the proof and nobody here reads."""
    added = bare.get("signature")
    if not isinstance(added, dict) or "signatureValue" not in added:
        return [bare]
    return [bare, {name: value for name, value in bare.items() if name != "signature"}]


def _is_timely(proof: JsonObject, now: datetime, window: Window) -> bool:
    """A proof has no age limit (it is read long after it was made), but must not come from the future or be expired."""
    created, expires = proof.get("created"), proof.get("expires")
    if created is not None and _moment(created) > now + window.forward:
        return False
    return expires is None or _moment(expires) > now


def _moment(text: object) -> datetime:
    if not isinstance(text, str) or len(text) > 40:
        raise Malformed("time-malformed")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("time-malformed") from None
    if moment.tzinfo is None:
        raise Malformed("time-malformed")
    return moment


def _hashes(options: JsonObject, bare: JsonObject) -> bytes:
    return sha256(canonical(options)).digest() + sha256(canonical(bare)).digest()
