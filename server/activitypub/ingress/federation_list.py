"""A version of a federation list: read, and its proofs verified. Whether it is believed is decided by the service.

It refuses what is no list, what is too large, a threshold that no number of signers reaches, and a name given twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from federation.errors import Malformed
from federation.iri import canonical_iri, canonical_origin
from federation.keys import PublicKey
from federation.signatures import proof
from federation.types import JsonObject
from federation.vocab import codec
from server.core.errors import Invalid
from server.domain.federation_lists import FederationList, Listed

TYPE = "https://w3id.org/consilium#FederationList"
LARGEST = 2 * 2**20
MOST = 10_000
LONGEST = 500
METHOD = "did:key:"


def judge(raw: bytes, now: datetime, known: Iterable[str] = ()) -> FederationList:
    """known: keys whose proofs count beside those of the list's own signers. Raises Invalid."""
    if len(raw) > LARGEST:
        raise Invalid("This is no federation list: it is too long")
    try:
        document = codec.parse(raw)
        proof.check_signable(document)
        return _list(document, raw, now, known)
    except Malformed as problem:
        raise Invalid("This is no federation list (%(reason)s)", reason=problem.reason) from None


def method(key: str) -> str:
    """The verification method of a signer: its key, and nothing that has to be fetched."""
    return f"{METHOD}{key}#{key}"


def _list(document: JsonObject, raw: bytes, now: datetime, known: Iterable[str]) -> FederationList:
    if document.get("type") != TYPE:
        raise Malformed("not-a-list")
    signers = tuple(_key(text) for text in _listed(document, "signers", proof.MAX_PROOFS))
    threshold, version = _number(document, "threshold"), _number(document, "version")
    issued, expires = _moment(document, "issued"), _moment(document, "expires")
    if not signers or len(set(signers)) < len(signers) or not 1 <= threshold <= len(signers):
        raise Malformed("list-threshold")
    if version < 1 or (version == 1) is not (_text(document, "previous") == "") or issued >= expires:
        raise Malformed("list-version")
    entries = tuple(_entry(one) for one in _listed(document, "entries", MOST))
    if len({one.domain for one in entries}) < len(entries):
        raise Malformed("list-names-twice")
    bare = {name: value for name, value in document.items() if name != "proof"}
    return FederationList(
        url=canonical_iri(_text(document, "id")),
        name=_text(document, "name"),
        version=version,
        previous=_text(document, "previous"),
        issued=issued,
        expires=expires,
        signers=signers,
        threshold=threshold,
        entries=entries,
        digest=sha256(proof.canonical(bare)).hexdigest(),
        signed_by=_signed_by(document, {*signers, *known}, now),
        raw=raw,
    )


def _signed_by(document: JsonObject, keys: set[str], now: datetime) -> frozenset[str]:
    by_method = {method(key): key for key in keys}

    def find(named: str) -> PublicKey | None:
        return PublicKey.from_multibase(by_method[named]) if named in by_method else None

    verdicts = proof.verify_proofs(document, find, now)
    return frozenset(
        by_method[one.verification_method] for one in verdicts if one.valid and one.verification_method
    )


def _entry(value: Any) -> Listed:
    if not isinstance(value, dict):
        raise Malformed("list-entry")
    fingerprint = "".join(str(value.get("fingerprint", "")).split())
    if fingerprint and not (fingerprint.isascii() and fingerprint.isdigit() and len(fingerprint) == 40):
        raise Malformed("list-fingerprint")
    controller = _text(value, "controller") if "controller" in value else ""
    return Listed(canonical_origin(_text(value, "domain")), controller, fingerprint)


def _key(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed("list-signers")
    key = PublicKey.from_multibase(value)
    if key.algorithm != "ed25519":
        raise Malformed("key-type")
    return key.to_multibase()


def _listed(document: JsonObject, name: str, most: int) -> list[Any]:
    value: Any = document.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"list-{name}")
    return value


def _text(document: JsonObject, name: str) -> str:
    value: Any = document.get(name)
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise Malformed(f"list-{name}")
    return value


def _number(document: JsonObject, name: str) -> int:
    value: Any = document.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise Malformed(f"list-{name}")
    return value


def _moment(document: JsonObject, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(document, name))
    except ValueError:
        raise Malformed(f"list-{name}") from None
    if found.tzinfo is None:
        raise Malformed(f"list-{name}")
    return found
