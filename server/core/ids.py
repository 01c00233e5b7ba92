"""Identifiers: time-ordered 64-bit numbers for rows that the API shows, 128 random bits for what goes on the wire.

`unix_ms << 16 | 16 random bits`, decimal strings in the API (clients sort and page by them).
"""

from __future__ import annotations

import secrets
from datetime import datetime

from server.core.clock import Clock, milliseconds

BIGGEST = (1 << 63) - 1
"""What a column holds at most."""


def decimal(text: str) -> int | None:
    """The number that ASCII digits say, or the biggest that there is where they say more. None for anything else.

    However long it is: Python refuses to read thousands of digits, and others count signs as digits that it does not read.
    """
    if not text.isascii() or not text.isdigit():
        return None
    return min(int(text), BIGGEST) if len(text) < 20 else BIGGEST


class Ids:
    """Mints identifiers. None repeats within a process: the last one given is remembered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A 64-bit id for now; strictly greater than the one before, so that order of arrival is order of ids."""
        candidate = milliseconds(self._clock.now()) << 16 | secrets.randbits(16)
        if candidate <= self._last:
            candidate = self._last + 1 + secrets.randbelow(64)
        self._last = candidate
        return candidate

    @staticmethod
    def public() -> str:
        """128 random bits in hex: actors, activities, credentials, media."""
        return secrets.token_hex(16)

    @staticmethod
    def token() -> str:
        """256 random bits, URL-safe: bearer tokens, one-time links, session cookies."""
        return secrets.token_urlsafe(32)


def first_id_at(moment: datetime) -> int:
    """The smallest id that a row of this moment can have."""
    return milliseconds(moment) << 16
