"""`digestMultibase`: the SHA-256 of a file, as a multihash in multibase base64url (or base16) without padding."""

from __future__ import annotations

import base64
import binascii
from typing import Final

SHA256: Final = b"\x12\x20"
LENGTH: Final = 34


def write_digest(digest: str) -> str:
    """digest: SHA-256 in hexadecimal."""
    return "u" + base64.urlsafe_b64encode(SHA256 + bytes.fromhex(digest)).rstrip(b"=").decode()


def read_digest(text: str) -> str | None:
    """In hexadecimal; None for what is no SHA-256."""
    kind, rest = text[:1], text[1:]
    try:
        if kind == "u":
            raw = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
        elif kind == "f":
            raw = bytes.fromhex(rest)
        else:
            return None
    except (binascii.Error, ValueError):
        return None
    return raw[2:].hex() if len(raw) == LENGTH and raw.startswith(SHA256) else None
