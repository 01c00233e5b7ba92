"""Proofs on what members-only groups exchange: made with a local actor's Ed25519 key, checked against a known one.

A proof is checked once, at receipt, however long the document was on its way: what is late was signed when it was said. An
inner activity keeps the bytes it was signed as; it is spliced into what carries it, never written anew.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from federation.errors import Malformed
from federation.keys import PublicKey
from federation.signatures.proof import (
    add_proof,
    canonical,
    check_signable,
    fingerprint,
    verify_proof,
    verify_proofs,
)
from federation.signatures.window import Window
from federation.types import JsonObject
from server.services import keys
from server.store.session import Unit

EVER = Window(back=timedelta(days=36_500))
"""Any time in the past; five minutes into the future."""

__all__ = ["canonical", "carrying", "digest_of", "fits", "fits_each", "signed", "vouched"]


def signed(unit: Unit, account_id: int, document: JsonObject, at: datetime | None = None) -> JsonObject:
    """The document with a proof by the account's Ed25519 key. Raises Malformed for what may not be signed (floats).

    at: when it was said, where the same bytes must come out each time; else now.
    """
    check_signable(document)
    return add_proof(document, keys.signer(unit, account_id), at or unit.now)


def vouched(unit: Unit, account_id: int, document: JsonObject) -> JsonObject:
    """Signed, and by each key that the account's present one has replaced: whoever knows one of them learns the new one."""
    said = signed(unit, account_id, document)
    for earlier in keys.retired(unit, account_id):
        said = add_proof(said, earlier, unit.now)
    return said


def fits(document: JsonObject, multikey: str, now: datetime) -> bool:
    """Whether the document carries exactly one proof, by this Ed25519 Multikey."""
    try:
        key = PublicKey.from_multibase(multikey)
    except Malformed:
        return False
    return verify_proof(document, key, now, window=EVER).valid


def fits_each(document: JsonObject, multikeys: Collection[str], now: datetime) -> bool:
    """Whether the document carries a proof by each of these Ed25519 Multikeys; proofs by others say nothing, here or there."""
    try:
        wanted = [PublicKey.from_multibase(one) for one in multikeys]
    except Malformed:
        return False
    return bool(wanted) and all(_proven_by(document, key, now) for key in wanted)


def _proven_by(document: JsonObject, key: PublicKey, now: datetime) -> bool:
    return any(one.valid for one in verify_proofs(document, lambda _method: key, now, window=EVER))


def digest_of(document: JsonObject) -> str:
    """SHA-256, in hex, of the canonical form including proofs: how a signed thing is identified. Raises Malformed."""
    return fingerprint(document)


def carrying(outer: JsonObject, inner: bytes) -> bytes:
    """The outer document's bytes, with the inner's verbatim in place of its `object`."""
    return msgspec.json.encode({**outer, "object": msgspec.Raw(inner)})
