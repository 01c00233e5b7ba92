"""The `ProfessionalAttestation`: what an instance says of one of its members to one group.

It names profession, level and the like, never a register number and never a legal name. It is meant for one group and
the instances that have members in it, holds the nonce of the request it answers, and lasts 30 days at most. `judge`
accepts nothing that was minted for another reader, and answers the first flaw it finds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from federation.credentials import reading
from federation.credentials.flaw import Flaw
from federation.errors import Malformed
from federation.iri import canonical_origin, origin_of, parse_handle, same_origin
from federation.keys import PublicKey
from federation.ports import SigningKey
from federation.signatures.proof import add_proof
from federation.signatures.window import USUAL_WINDOW
from federation.types import Iri, Json, JsonObject, Origin

TYPE: Final = "ProfessionalAttestation"
MAX_VALIDITY: Final = timedelta(days=30)
MAX_LEVEL: Final = 4
MAX_HOSTS: Final = 2000
MAX_SPECIALTIES: Final = 16
MAX_INDEX: Final = 2**27
PURPOSES: Final = ("revocation", "suspension")


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where an attestation's standing is read: a list of its issuer, and a random place in it."""

    purpose: str
    list_url: Iri
    index: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is said, in the words of the wire.

    id: random, no address. jurisdiction: ISO 3166-1, "" where none is stated. key: the subject's Ed25519 key, under the key id that its proofs name. level: 0 to 4.
    method: how the standing was checked; None for pseudonymous members, of whom it would tell too much. audience: the
    group; hosts: the instances with members in it. status: one entry for each of `PURPOSES`.
    """

    id: str
    issuer: Iri
    subject: Iri
    key_id: Iri
    key: PublicKey
    handle: str
    name: str
    pseudonymous: bool
    profession: str
    specialty: tuple[str, ...]
    jurisdiction: str
    level: int
    identity_level: str
    method: str | None
    audience: Iri
    hosts: tuple[Origin, ...]
    nonce: str
    valid_from: datetime
    valid_until: datetime
    status: tuple[StatusEntry, ...]

    def entry(self, purpose: str) -> StatusEntry:
        """The entry of one of `PURPOSES`."""
        return next(entry for entry in self.status if entry.purpose == purpose)


Judged: TypeAlias = Attestation | Flaw


def mint(attestation: Attestation, key: SigningKey, now: datetime) -> JsonObject:
    """The signed document. ValueError on what `judge` would refuse in any case: it must never leave."""
    document = add_proof(_encode(attestation), key, now)
    try:
        read = _decode(document)
    except Malformed as error:
        raise ValueError(f"an attestation that nobody would accept: {error.reason}") from None
    flaw = read if isinstance(read, Flaw) else _validity_flaw(read, now)
    if flaw is not None:
        raise ValueError(f"an attestation that nobody would accept: {flaw}")
    return document


def judge(
    document: Json,
    *,
    issuer: Iri,
    issuer_key: PublicKey,
    subject: Iri,
    subject_key: PublicKey | None,
    audience: Iri,
    hosts: Collection[Origin],
    nonce: str | None,
    now: datetime,
    minimum_level: int = 0,
    professions: Collection[str] = (),
) -> Judged:
    """What a remote document attests, or its first flaw.

    subject_key: None where the document itself introduces it. hosts: instances that it must be meant for, usually our
    own. nonce: None where another instance gave it and has checked it. professions: those admitted; empty is all.
    """
    flaw = reading.envelope_flaw(document, TYPE) or reading.issuer_flaw(document, issuer, issuer_key, now)
    if flaw is not None:
        return flaw
    try:
        read = _decode(document)
    except Malformed:
        return Flaw.MALFORMED
    if isinstance(read, Flaw):
        return read
    checks = (
        (read.audience == audience and set(hosts) <= set(read.hosts), Flaw.AUDIENCE),
        (nonce is None or read.nonce == nonce, Flaw.NONCE),
        (read.subject == subject, Flaw.SUBJECT),
        (subject_key is None or read.key == subject_key, Flaw.SUBJECT_KEY),
        (read.level >= minimum_level, Flaw.LEVEL),
        (not professions or read.profession in professions, Flaw.PROFESSION),
    )
    flaw = _validity_flaw(read, now) or next((flaw for holds, flaw in checks if not holds), None)
    return read if flaw is None else flaw


def _validity_flaw(read: Attestation, now: datetime) -> Flaw | None:
    if read.valid_until - read.valid_from > MAX_VALIDITY:
        return Flaw.TOO_LONG
    if read.valid_from > now + USUAL_WINDOW.forward:
        return Flaw.NOT_YET_VALID
    return Flaw.EXPIRED if read.valid_until <= now else None


def _encode(attestation: Attestation) -> JsonObject:
    subject: JsonObject = {
        "id": attestation.subject,
        "assertionMethod": {
            "id": attestation.key_id,
            "type": "Multikey",
            "controller": attestation.subject,
            "publicKeyMultibase": attestation.key.to_multibase(),
        },
        "handle": attestation.handle,
        "displayName": attestation.name,
        "pseudonymous": attestation.pseudonymous,
        "profession": attestation.profession,
        "specialty": list(attestation.specialty),
        "level": attestation.level,
        "identityLevel": attestation.identity_level,
    }
    if attestation.jurisdiction:
        subject["jurisdiction"] = attestation.jurisdiction
    if attestation.method is not None:
        subject["method"] = attestation.method
    return {
        "@context": list(reading.CONTEXT),
        "id": attestation.id,
        "type": ["VerifiableCredential", TYPE],
        "issuer": attestation.issuer,
        "validFrom": reading.shown(attestation.valid_from),
        "validUntil": reading.shown(attestation.valid_until),
        "credentialSubject": subject,
        "audience": {"group": attestation.audience, "hosts": list(attestation.hosts)},
        "nonce": attestation.nonce,
        "credentialStatus": [
            {
                "type": "BitstringStatusListEntry",
                "statusPurpose": entry.purpose,
                "statusListIndex": str(entry.index),
                "statusListCredential": entry.list_url,
            }
            for entry in attestation.status
        ],
    }


def _decode(document: JsonObject) -> Judged:
    """Raises Malformed; answers the flaws that need no more than the document."""
    subject, audience = reading.member(document, "credentialSubject"), reading.member(document, "audience")
    multikey = reading.member(subject, "assertionMethod")
    key = PublicKey.from_multibase(reading.text(multikey, "publicKeyMultibase"))
    status = _status(document)
    if status is None:
        return Flaw.STATUS_MISSING
    read = Attestation(
        id=reading.text(document, "id"),
        issuer=reading.iri(document, "issuer"),
        subject=reading.iri(subject, "id"),
        key_id=reading.iri(multikey, "id"),
        key=key,
        handle=reading.text(subject, "handle"),
        name=reading.text(subject, "displayName"),
        pseudonymous=reading.flag(subject, "pseudonymous"),
        profession=reading.word(subject, "profession"),
        specialty=reading.several(subject, "specialty", _word, MAX_SPECIALTIES),
        jurisdiction=reading.country(subject, "jurisdiction") if "jurisdiction" in subject else "",
        level=reading.number(subject, "level", MAX_LEVEL),
        identity_level=reading.word(subject, "identityLevel"),
        method=reading.word(subject, "method") if "method" in subject else None,
        audience=reading.iri(audience, "group"),
        hosts=reading.several(audience, "hosts", _host, MAX_HOSTS),
        nonce=reading.text(document, "nonce", limit=64),
        valid_from=reading.moment(document, "validFrom"),
        valid_until=reading.moment(document, "validUntil"),
        status=status,
    )
    if not same_origin(read.subject, read.issuer):
        return Flaw.SUBJECT_FOREIGN
    owned = multikey.get("controller") == read.subject and read.key_id.startswith(f"{read.subject}#")
    if not owned or multikey.get("type") != "Multikey" or key.algorithm != "ed25519":
        return Flaw.SUBJECT_KEY
    if parse_handle(read.handle)[1] != origin_of(read.issuer):
        return Flaw.HANDLE
    if any(not same_origin(entry.list_url, read.issuer) for entry in status):
        return Flaw.STATUS_FOREIGN
    if read.valid_until <= read.valid_from or (read.pseudonymous and read.method is not None):
        raise Malformed("attestation-contradicts-itself")
    return read


def _status(document: JsonObject) -> tuple[StatusEntry, ...] | None:
    """None where there is not exactly one entry for each purpose."""
    if not isinstance(document.get("credentialStatus"), list):
        return None
    entries = reading.several(document, "credentialStatus", _entry, limit=8)
    return entries if sorted(entry.purpose for entry in entries) == sorted(PURPOSES) else None


def _entry(value: Json) -> StatusEntry:
    if not isinstance(value, dict) or value.get("type") != "BitstringStatusListEntry":
        raise Malformed("status-entry")
    index = reading.text(value, "statusListIndex", limit=9)
    if not (index.isascii() and index.isdigit()) or int(index) >= MAX_INDEX:
        raise Malformed("status-index")
    return StatusEntry(
        reading.text(value, "statusPurpose"), reading.iri(value, "statusListCredential"), int(index)
    )


def _word(value: Json) -> str:
    if not isinstance(value, str) or not reading.is_word(value):
        raise Malformed("not-a-word")
    return value


def _host(value: Json) -> Origin:
    if not isinstance(value, str) or canonical_origin(value) != value:
        raise Malformed("origin-not-canonical")
    return Origin(value)
