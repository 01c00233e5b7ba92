"""Status lists: bits, their packing and its bounds, and each way in which a list fails."""

from __future__ import annotations

import base64
import copy
import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from federation.credentials.flaw import Flaw
from federation.credentials.status import (
    MAX_BYTES,
    PLACES,
    JudgedList,
    StatusBits,
    StatusList,
    decode_bits,
    encode_bits,
    judge_list,
    mint_list,
)
from federation.signatures.proof import add_proof
from federation.testing.actors import NOON, FakeActor
from federation.types import Iri, JsonObject

pytestmark = pytest.mark.slow

ISSUER = FakeActor.create("https://chu.example", "instance")
OTHER = FakeActor.create("https://chu.example", "mallory")
URL = Iri("https://chu.example/status/1")
LIST = StatusList(
    URL, ISSUER.id, "revocation", 3, StatusBits.of([0, 94_567]), NOON, NOON + timedelta(hours=24)
)


def judged(document: Any, **changes: Any) -> JudgedList:
    expected: dict[str, Any] = {
        "url": URL,
        "purpose": "revocation",
        "issuer": ISSUER.id,
        "issuer_key": ISSUER.ed25519.public,
        "now": NOON,
        "known_version": 3,
    }
    return judge_list(document, **{**expected, **changes})


def minted() -> JsonObject:
    return mint_list(LIST, ISSUER.ed25519_signer, NOON)


def signed(change: Callable[[JsonObject], None]) -> JsonObject:
    document = copy.deepcopy(minted())
    del document["proof"]
    change(document)
    return add_proof(document, ISSUER.ed25519_signer, NOON)


def encoded(text: str) -> Callable[[JsonObject], None]:
    return lambda document: document["credentialSubject"].update(encodedList=text)


def packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_what_is_minted_is_judged_the_same() -> None:
    read = judged(minted())
    assert read == LIST
    assert isinstance(read, StatusList)
    assert [place for place in (0, 1, 7, 94_566, 94_567, PLACES - 1) if read.bits.is_set(place)] == [
        0,
        94_567,
    ]


def test_the_first_place_is_the_highest_bit() -> None:
    assert StatusBits.of([0, 15]).packed[:2] == b"\x80\x01"


def test_a_place_outside_counts_as_set() -> None:
    assert StatusBits().is_set(PLACES)
    assert StatusBits().is_set(-1)
    assert not StatusBits().is_set(PLACES - 1)


def test_the_list_that_the_standard_prints() -> None:
    """W3C Bitstring Status List 1.0, example of a status list credential: nothing is set."""
    text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert decode_bits(text) == StatusBits()


@pytest.mark.parametrize(
    ("flaw", "change"),
    [
        (Flaw.CONTEXT, lambda document: document.update({"@context": []})),
        (
            Flaw.TYPE,
            lambda document: document.update(type=["VerifiableCredential", "ProfessionalAttestation"]),
        ),
        (Flaw.ISSUER_FOREIGN, lambda document: document.update(issuer="https://else.example/actor")),
        (Flaw.LIST_FOREIGN, lambda document: document.update(id="https://chu.example/status/2")),
        (
            Flaw.LIST_PURPOSE,
            lambda document: document["credentialSubject"].update(statusPurpose="suspension"),
        ),
        (Flaw.LIST_PURPOSE, lambda document: document["credentialSubject"].update(statusPurpose="message")),
        (Flaw.LIST_PURPOSE, lambda document: document["credentialSubject"].update(type="Other")),
        (Flaw.TOO_LONG, lambda document: document.update(validUntil="2026-11-24T12:00:01Z")),
        (Flaw.NOT_YET_VALID, lambda document: document.update(validFrom="2026-11-23T12:05:01Z")),
        (Flaw.LIST_VERSION, lambda document: document.update(version=2)),
        (Flaw.MALFORMED, lambda document: document.update(version=-1)),
        (Flaw.MALFORMED, lambda document: document.update(version="3")),
        (Flaw.MALFORMED, lambda document: document.pop("credentialSubject")),
        (Flaw.LIST_ENCODING, encoded("z" + encode_bits(StatusBits())[1:])),
        (Flaw.LIST_ENCODING, encoded("u!!!!")),
        (Flaw.LIST_ENCODING, encoded(packed(b"no gzip at all"))),
        (Flaw.LIST_ENCODING, encoded(packed(gzip.compress(bytes(PLACES // 8))[:-9]))),
        (Flaw.LIST_ENCODING, encoded(packed(gzip.compress(bytes(PLACES // 8)) + b"more"))),
        (Flaw.LIST_SIZE, encoded(packed(gzip.compress(bytes(PLACES // 8 - 1))))),
    ],
)
def test_flaws(flaw: Flaw, change: Callable[[JsonObject], None]) -> None:
    assert judged(signed(change)) is flaw


def test_flaws_for_this_reader() -> None:
    assert judged(minted(), now=NOON + timedelta(hours=24)) is Flaw.EXPIRED
    assert judged(minted(), known_version=4) is Flaw.LIST_VERSION
    assert judged(minted(), issuer_key=OTHER.ed25519.public) is Flaw.PROOF
    assert judged(minted(), known_version=0) == LIST


def test_a_key_that_is_not_the_issuers() -> None:
    document = minted()
    del document["proof"]
    assert judged(add_proof(document, OTHER.ed25519_signer, NOON)) is Flaw.ISSUER_KEY


def test_a_bomb_is_not_unpacked_beyond_the_bound() -> None:
    largest = packed(gzip.compress(bytes(MAX_BYTES)))
    bits = decode_bits(largest)
    assert isinstance(bits, StatusBits)
    assert len(bits.packed) == MAX_BYTES
    assert judged(signed(encoded(packed(gzip.compress(bytes(MAX_BYTES + 1)))))) is Flaw.LIST_SIZE
    assert judged(signed(encoded(packed(gzip.compress(bytes(64 * MAX_BYTES)))))) is Flaw.LIST_SIZE
