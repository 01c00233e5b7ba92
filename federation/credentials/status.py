"""Status lists: which of an issuer's attestations are revoked or suspended (W3C Bitstring Status List 1.0).

A list has at least 131,072 places, most of them unused, so that a place says nothing of how many members there are. The
first place is the highest bit of the first byte. A list lasts 24 hours at most and carries a version that never
decreases, so that an old one cannot be shown again. Unpacking stops at a bound, whatever the packed bytes claim.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from federation.credentials import reading
from federation.credentials.attestation import PURPOSES
from federation.credentials.flaw import Flaw
from federation.errors import Malformed
from federation.keys import PublicKey
from federation.ports import SigningKey
from federation.signatures.proof import add_proof
from federation.signatures.window import USUAL_WINDOW
from federation.types import Iri, Json, JsonObject

TYPE: Final = "BitstringStatusListCredential"
PLACES: Final = 131_072
MAX_VALIDITY: Final = timedelta(hours=24)
MAX_VERSION: Final = 2**53 - 1
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ENCODED: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StatusBits:
    """A list's bits. A place outside the list counts as set: it cannot be vouched for."""

    packed: bytes = field(default=bytes(PLACES // 8), repr=False)

    @classmethod
    def of(cls, places: Iterable[int]) -> StatusBits:
        """A list of the usual length with these places set. IndexError outside it."""
        bits = cls()
        for place in places:
            bits = bits.changed(place, to=True)
        return bits

    def changed(self, place: int, *, to: bool) -> StatusBits:
        """The same list with one place set or cleared."""
        packed, bit = bytearray(self.packed), 0x80 >> (place & 7)
        packed[place >> 3] = packed[place >> 3] | bit if to else packed[place >> 3] & ~bit
        return StatusBits(bytes(packed))

    def is_set(self, place: int) -> bool:
        if not 0 <= place < len(self.packed) * 8:
            return True
        return bool(self.packed[place >> 3] & (0x80 >> (place & 7)))


@dataclass(frozen=True, slots=True)
class StatusList:
    """One list of one issuer. url: where it is served, which is also its id."""

    url: Iri
    issuer: Iri
    purpose: str
    version: int
    bits: StatusBits
    valid_from: datetime
    valid_until: datetime


JudgedList: TypeAlias = StatusList | Flaw


def mint_list(status: StatusList, key: SigningKey, now: datetime) -> JsonObject:
    """The signed document of a list."""
    return add_proof(
        {
            "@context": list(reading.CONTEXT),
            "id": status.url,
            "type": ["VerifiableCredential", TYPE],
            "issuer": status.issuer,
            "validFrom": reading.shown(status.valid_from),
            "validUntil": reading.shown(status.valid_until),
            "version": status.version,
            "credentialSubject": {
                "id": f"{status.url}#list",
                "type": "BitstringStatusList",
                "statusPurpose": status.purpose,
                "encodedList": encode_bits(status.bits),
            },
        },
        key,
        now,
    )


def judge_list(
    document: Json,
    *,
    url: Iri,
    purpose: str,
    issuer: Iri,
    issuer_key: PublicKey,
    now: datetime,
    known_version: int,
) -> JudgedList:
    """The list that a remote document is, or its first flaw. known_version: the highest seen of it, 0 where none was."""
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
        (read.url == url, Flaw.LIST_FOREIGN),
        (read.purpose == purpose, Flaw.LIST_PURPOSE),
        (read.valid_until - read.valid_from <= MAX_VALIDITY, Flaw.TOO_LONG),
        (read.valid_from <= now + USUAL_WINDOW.forward, Flaw.NOT_YET_VALID),
        (read.valid_until > now, Flaw.EXPIRED),
        (read.version >= known_version, Flaw.LIST_VERSION),
    )
    return next((flaw for holds, flaw in checks if not holds), read)


def pack(bits: StatusBits) -> bytes:
    """With gzip. The same bits are always the same bytes."""
    return gzip.compress(bits.packed, mtime=0)


def unpack(data: bytes) -> StatusBits | Flaw:
    """Refuses what is no gzip, what is followed by anything, and more than `MAX_BYTES`."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        packed = unpacker.decompress(data, MAX_BYTES)
    except zlib.error:
        return Flaw.LIST_ENCODING
    if unpacker.unconsumed_tail:
        return Flaw.LIST_SIZE
    if not unpacker.eof or unpacker.unused_data:
        return Flaw.LIST_ENCODING
    return StatusBits(packed) if len(packed) * 8 >= PLACES else Flaw.LIST_SIZE


def encode_bits(bits: StatusBits) -> str:
    """Packed, in multibase base64url."""
    return "u" + base64.urlsafe_b64encode(pack(bits)).decode().rstrip("=")


def decode_bits(text: str) -> StatusBits | Flaw:
    """The bits of an encoded list."""
    body = text[1:]
    if not text.startswith("u") or not body.isascii() or "+" in body or "/" in body:
        return Flaw.LIST_ENCODING
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return Flaw.LIST_ENCODING
    return unpack(data)


def _decode(document: JsonObject) -> JudgedList:
    subject = reading.member(document, "credentialSubject")
    purpose = reading.text(subject, "statusPurpose")
    if subject.get("type") != "BitstringStatusList" or purpose not in PURPOSES:
        return Flaw.LIST_PURPOSE
    bits = decode_bits(reading.text(subject, "encodedList", limit=MAX_ENCODED))
    if isinstance(bits, Flaw):
        return bits
    return StatusList(
        url=reading.iri(document, "id"),
        issuer=reading.iri(document, "issuer"),
        purpose=purpose,
        version=reading.number(document, "version", MAX_VERSION),
        bits=bits,
        valid_from=reading.moment(document, "validFrom"),
        valid_until=reading.moment(document, "validUntil"),
    )
