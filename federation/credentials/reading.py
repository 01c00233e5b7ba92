"""Takes the members of a remote credential: each is of exactly the form it must have, or Malformed is raised.

Names of professions, specialties and methods are closed words of the wire: lower case, digits and hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from federation.credentials.flaw import Flaw
from federation.errors import Malformed
from federation.iri import canonical_iri
from federation.keys import PublicKey
from federation.signatures.proof import Finding, check_signable, verify_proof
from federation.types import Iri, Json, JsonObject

T = TypeVar("T")

CONTEXT: Final = ("https://www.w3.org/ns/credentials/v2", "https://w3id.org/consilium/v1")
"""Compared exactly: with any other, the same members could mean something else."""
MAX_TEXT: Final = 500
_WORD: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def shown(moment: datetime) -> str:
    """A moment as the wire has it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(holder: JsonObject, name: str) -> datetime:
    value = text(holder, name)
    if not _TIME.fullmatch(value):
        raise Malformed("time-malformed")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Malformed("time-malformed") from None


def is_word(value: str) -> bool:
    return _WORD.fullmatch(value) is not None


def word(holder: JsonObject, name: str) -> str:
    value = text(holder, name)
    if not is_word(value):
        raise Malformed("not-a-word")
    return value


def country(holder: JsonObject, name: str) -> str:
    """ISO 3166-1, two capitals."""
    value = text(holder, name)
    if not _COUNTRY.fullmatch(value):
        raise Malformed("not-a-country")
    return value


def text(holder: JsonObject, name: str, limit: int = MAX_TEXT) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise Malformed("not-a-text")
    return value


def iri(holder: JsonObject, name: str) -> Iri:
    """An id that is written in the canonical form: what is compared is what was signed."""
    value = text(holder, name, limit=2048)
    if canonical_iri(value) != value:
        raise Malformed("iri-not-canonical")
    return Iri(value)


def number(holder: JsonObject, name: str, limit: int) -> int:
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise Malformed("not-a-number")
    return value


def flag(holder: JsonObject, name: str) -> bool:
    value = holder.get(name)
    if not isinstance(value, bool):
        raise Malformed("not-a-flag")
    return value


def member(holder: JsonObject, name: str) -> JsonObject:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise Malformed("not-an-object")
    return value


def several(holder: JsonObject, name: str, read: Callable[[Json], T], limit: int) -> tuple[T, ...]:
    """A list of at most `limit` members, each read by `read`."""
    value = holder.get(name)
    if not isinstance(value, list) or len(value) > limit:
        raise Malformed("not-a-list")
    return tuple(read(each) for each in value)


def envelope_flaw(document: Json, kind: str) -> Flaw | None:
    """Whether the document is a credential of ours of this kind at all."""
    if not isinstance(document, dict):
        return Flaw.MALFORMED
    if document.get("@context") != list(CONTEXT):
        return Flaw.CONTEXT
    if document.get("type") != ["VerifiableCredential", kind]:
        return Flaw.TYPE
    # the proof would hold with or without it: nothing may be added to what was signed
    return Flaw.MALFORMED if "signature" in document else None


def issuer_flaw(document: JsonObject, issuer: Iri, issuer_key: PublicKey, now: datetime) -> Flaw | None:
    """Whether the issuer expected says all of this. `now` bounds the proof's own times."""
    if document.get("issuer") != issuer:
        return Flaw.ISSUER_FOREIGN
    verdict = verify_proof(document, issuer_key, now)
    if verdict.verification_method is not None and verdict.verification_method.partition("#")[0] != issuer:
        return Flaw.ISSUER_KEY
    if not verdict.valid:
        return Flaw.EXPIRED if verdict.finding is Finding.EXPIRED else Flaw.PROOF
    try:
        check_signable(document)
    except Malformed:
        return Flaw.MALFORMED
    return None
