"""Reads what a person types into a search: words, "phrases", -unwanted words, and operators such as `from:anna`.

Nothing is refused: what is no operator is a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OPERATORS = frozenset({"from", "has", "before", "after", "during", "in", "is", "language"})
MOST_PARTS = 32
_PART = re.compile(r'(-?)"([^"]*)"?|(\S+)')
_OPERATOR = re.compile(r"(-?)([a-z]+):(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Operator:
    """unwanted: with a minus before it."""

    name: str
    value: str
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """words, phrases, unwanted: as typed."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    unwanted: tuple[str, ...]
    operators: tuple[Operator, ...]


def read(typed: str) -> Query:
    words: list[str] = []
    phrases: list[str] = []
    unwanted: list[str] = []
    operators: list[Operator] = []
    for minus, quoted, bare in _PART.findall(typed)[:MOST_PARTS]:
        operator = _operator(bare)
        if operator is not None:
            operators.append(operator)
        elif not bare:
            (unwanted if minus else phrases).append(quoted)
        elif bare.startswith("-") and len(bare) > 1:
            unwanted.append(bare[1:])
        else:
            words.append(bare)
    return Query(tuple(words), tuple(phrases), tuple(unwanted), tuple(operators))


def _operator(bare: str) -> Operator | None:
    found = _OPERATOR.fullmatch(bare)
    if found is None or found[2].lower() not in OPERATORS:
        return None
    return Operator(found[2].lower(), found[3].strip('"'), bool(found[1]))
