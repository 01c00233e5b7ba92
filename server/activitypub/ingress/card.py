"""The card of another instance: read, and its own signatures verified. Whether it may be pinned is decided elsewhere.

It refuses what is no card, a card that its own key has not signed, and one that names another host's actor.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.iri import canonical_iri, canonical_origin, origin_of
from federation.keys import PublicKey
from federation.signatures import proof
from federation.types import JsonObject
from federation.vocab import codec
from server.core.errors import Invalid
from server.domain.trust import Card, Papers
from server.services import partners

LARGEST = 64 * 1024
RETIRED = 8


def judge(raw: bytes, now: datetime) -> Card:
    """The card in a file. Raises Invalid."""
    if len(raw) > LARGEST:
        raise Invalid("This is no card of an instance: it is too long")
    try:
        document = codec.parse(raw)
        key = PublicKey.from_multibase(_text(document, "key"))
        proof.check_signable(document)
        return _card(document, key, raw, now)
    except Malformed as problem:
        raise Invalid("This is no card of an instance (%(reason)s)", reason=problem.reason) from None


def _card(document: JsonObject, key: PublicKey, raw: bytes, now: datetime) -> Card:
    if document.get("type") != partners.CARD_TYPE:
        raise Malformed("not-a-card")
    if key.algorithm != "ed25519":
        raise Malformed("key-type")
    if not _signed_by(document, key, now):
        raise Invalid("The card is not signed by the key that it names, or was changed after it was signed")
    domain, actor = canonical_origin(_text(document, "domain")), canonical_iri(_text(document, "actor"))
    if origin_of(actor) != domain:
        raise Malformed("actor-of-another-origin")
    if partners.digits(_text(document, "fingerprint")) != partners.digits(key.fingerprint()):
        raise Malformed("fingerprint-of-another-key")
    jurisdiction = _text(document, "jurisdiction")
    if not partners.is_country(jurisdiction):
        raise Malformed("jurisdiction")
    retired = _texts(document, "retiredKeys")[:RETIRED]
    return Card(
        domain=domain,
        actor=actor,
        key=key.to_multibase(),
        fingerprint=key.fingerprint(),
        retired=retired,
        versions=_texts(document, "versions"),
        papers=Papers(
            controller=_text(document, "controller"),
            jurisdiction=jurisdiction,
            officer=_text(document, "dataProtectionOfficer"),
            contact=_text(document, "contact"),
            classes=_texts(document, "classes"),
        ),
        issued=_moment(_text(document, "issued")),
        signed_by=frozenset(
            one for one in retired if _signed_by(document, PublicKey.from_multibase(one), now)
        ),
        raw=raw,
    )


def _signed_by(document: JsonObject, key: PublicKey, now: datetime) -> bool:
    return any(verdict.valid for verdict in proof.verify_proofs(document, lambda _method: key, now))


def _text(document: JsonObject, name: str) -> str:
    value: Any = document.get(name)
    if not isinstance(value, str) or len(value) > partners.LONGEST or not value.isprintable():
        raise Malformed(f"card-{name.lower()}")
    return value


def _texts(document: JsonObject, name: str) -> tuple[str, ...]:
    value: Any = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.isprintable() for one in value):
        raise Malformed(f"card-{name.lower()}")
    return tuple(value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("card-issued") from None
    if moment.tzinfo is None:
        raise Malformed("card-issued")
    return moment
