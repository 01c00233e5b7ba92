"""Text as it is searched: words without case, accents or signs between them. What is stored and what is asked alike."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 50_000
LONGEST_WORD = 100
_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "\u0131": "i"})
"""What decomposing leaves alone although people type it plainly."""


def words(text: str) -> list[str]:
    """In order. `Œdème` and `oedeme` are one word; `beta-2` is two."""
    decomposed = unicodedata.normalize("NFKD", text[: MOST_CHARACTERS * 2].casefold()).translate(_LIGATURES)
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return [each[:LONGEST_WORD] for each in _WORD.findall(plain)]


def folded(texts: list[str]) -> str:
    """The words of several texts, one space between them."""
    return " ".join(words("\n".join(texts)))[:MOST_CHARACTERS].rstrip()
