"""Digests of a body: `Digest` (RFC 3230, SHA-256 and SHA-512) and `Content-Digest` (RFC 9530), made and checked.

Every digest present is checked, whatever the signature covers. Refused: a digest that does not fit the bytes read,
a header whose algorithms are all unknown or dead, repeated headers and repeated algorithms.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from hashlib import sha256, sha512
from typing import Final

from federation.errors import SignatureInvalid
from federation.types import HttpFrame

_KNOWN: Final = {"sha-256": sha256, "sha-512": sha512}
_MAX_HEADER: Final = 1024


def make(body: bytes) -> str:
    """The value of a `Digest` header."""
    return "SHA-256=" + b64encode(sha256(body).digest()).decode("ascii")


def make_content(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode('ascii')}:"


def check(frame: HttpFrame) -> None:
    """Compares each digest header of the frame with its body. Raises SignatureInvalid."""
    for name in ("digest", "content-digest"):
        present = [value for key, value in frame.headers if key == name]
        if len(present) > 1:
            raise SignatureInvalid("digest-repeated")
        if present:
            _check_header(present[0], frame.body, colons=name == "content-digest")


def _check_header(value: str, body: bytes, *, colons: bool) -> None:
    if len(value) > _MAX_HEADER:
        raise SignatureInvalid("digest-malformed")
    seen: set[str] = set()
    understood = False
    for member in value.split(","):
        algorithm, equals, text = member.strip(" \t").partition("=")
        algorithm = algorithm.lower()
        if not equals or algorithm in seen:
            raise SignatureInvalid("digest-malformed")
        seen.add(algorithm)
        hasher = _KNOWN.get(algorithm)
        if hasher is None:
            continue
        if colons:
            if len(text) < 2 or text[0] != ":" or text[-1] != ":":
                raise SignatureInvalid("digest-malformed")
            text = text[1:-1]
        if not hmac.compare_digest(_decoded(text), hasher(body).digest()):
            raise SignatureInvalid("digest-mismatch")
        understood = True
    if not understood:
        raise SignatureInvalid("digest-algorithm")


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (BadBase64, ValueError):
        raise SignatureInvalid("digest-malformed") from None
