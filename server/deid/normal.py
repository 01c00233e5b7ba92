"""Text brought to one form before it is searched, with the way back to where each sign stood.

Digits of every script become ASCII, letters lose their accents, every blank is a space, every dash a hyphen, and signs
without width are gone: what a reader takes for a number is one. Raised and lowered digits stay as they are, so that a
power of ten does not become part of a number.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u30fc")
_DROPPED = frozenset({"Cf", "Mn", "Me", "Cc"})
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_DOTS = frozenset("\u3002\uff61\u2024\u00b7")
_LINES = frozenset("\n\r\v\f\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Normal:
    """text: the searched form. places: for each of its signs, the offset of the sign that it came from."""

    text: str
    places: tuple[int, ...] | None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the given text that a stretch of `text` came from."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def normalise(text: str) -> Normal:
    if text.isascii() and text.isprintable():
        return Normal(text, None)
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for each in _plain(sign):
            signs.append(each)
            places.append(place)
    return Normal("".join(signs), tuple(places))


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    if sign in _LINES:
        return "\n"
    if sign == "\u00ad" or sign in _UNSEEN:
        return ""
    if sign in _DASHES:
        return "-"
    if sign in _DOTS:
        return "."
    category = unicodedata.category(sign)
    if sign == "\t" or category == "Zs":
        return " "
    if category in _DROPPED:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if unicodedata.decomposition(sign).startswith(("<super>", "<sub>")):
        return sign
    folded = unicodedata.normalize("NFKD", sign)
    kept = (each for each in folded if unicodedata.category(each) not in _DROPPED)
    return "".join("-" if each in _DASHES else " " if each.isspace() else each for each in kept)
