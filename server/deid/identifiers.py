"""Finds national patient identifiers: numbers in the way a country writes them, with the right check digits.

A number that many others look like is one only with its usual punctuation or with its name beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from server.deid.schemes import ANY_SCHEME, OTHER_NUMBERS, SCHEMES, Scheme

_FEWEST_DIGITS = 7
_BEFORE = 60
_AFTER = 20
_START = r"(?<![0-9A-Za-z_])(?<![0-9][.,/:-])"
_END = r"(?![0-9A-Za-z_])(?![.,/:-][0-9])"
_DIGIT = re.compile("[0-9]")
_SEPARATORS = re.compile(r"[ ./|]")
_DIALLED = re.compile(r"(?:\+|(?<![0-9])00)[0-9]{1,3}[ .-]?$")


@dataclass(frozen=True, slots=True)
class _Search:
    scheme: Scheme
    pattern: re.Pattern[str]
    words: re.Pattern[str] | None


@cache
def _searches() -> tuple[_Search, ...]:
    """Made with the first text that has a number in it: compiled they cost each start a fiftieth of a second."""
    return tuple(_made())


def _made() -> Iterator[_Search]:
    for scheme in SCHEMES:
        if scheme.sure is not None:
            yield _Search(scheme, _compiled(scheme.sure), None)
        if scheme.loose is not None:
            words = re.compile(rf"(?<![a-z])(?:{scheme.words}|{ANY_SCHEME})")
            yield _Search(scheme, _compiled(scheme.loose), words)


def _compiled(shape: str) -> re.Pattern[str]:
    # looked ahead for and not consumed: a number that fails must not hide one that begins inside it
    return re.compile(rf"{_START}(?=({shape}){_END})", re.ASCII)


def find(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of normalised text that are identifiers; the same one may come twice."""
    if len(_DIGIT.findall(text)) < _FEWEST_DIGITS:
        return
    lower = text.lower()
    for search in _searches():
        for match in search.pattern.finditer(text):
            start, end = match.span(1)
            if search.words is None:
                if not _is_something_else(text, lower, start) and _valid(search.scheme, match[1]):
                    yield start, end
            elif _valid(search.scheme, match[1]) and _named(search.words, lower, start, end):
                yield start, end


def _valid(scheme: Scheme, written: str) -> bool:
    bare = _SEPARATORS.sub("", written)
    return scheme.valid(bare) or ("-" in bare and scheme.valid(bare.replace("-", "")))


def _named(words: re.Pattern[str], lower: str, start: int, end: int) -> bool:
    return (
        words.search(lower, max(0, start - _BEFORE), start) is not None
        or words.search(lower, end, end + _AFTER) is not None
    )


def _is_something_else(text: str, lower: str, start: int) -> bool:
    return (
        _DIALLED.search(text, max(0, start - 6), start) is not None
        or OTHER_NUMBERS.search(lower, max(0, start - 24), start) is not None
    )
