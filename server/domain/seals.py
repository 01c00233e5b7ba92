"""The chains that seal the audit and decision logs: each row's seal covers the row and the seal before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from string import hexdigits

FIRST = bytes(32)
"""What stands for the seal before the first row."""


class SealedLog(StrEnum):
    """Each has a chain of its own."""

    AUDIT = "audit"
    DECISIONS = "decisions"


class Damage(StrEnum):
    """What a look through a chain finds wrong. The first damage is told; what follows it proves nothing. START: where it begins now."""

    CHANGED = "changed"
    MISSING = "missing"
    TRUNCATED = "truncated"
    HEAD = "head"
    START = "start"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ended when it was last added to. sequence: from 1, 0 while nothing is sealed."""

    log: SealedLog
    sequence: int
    seal: bytes
    at: datetime

    def words(self) -> str:
        """As it is written down outside: the log, the number, the seal in hex."""
        return f"{self.log.value}:{self.sequence}:{self.seal.hex()}"


LONGEST_NUMBER = 18
"""Digits; a longer one fits no column."""


def find_head(words: str, at: datetime) -> Head | None:
    """What `words` wrote; None where it is no such thing. at: when it was written down."""
    log, _, rest = words.strip().partition(":")
    number, _, value = rest.partition(":")
    if log not in set(SealedLog) or not (number.isascii() and number.isdecimal()):
        return None
    if len(number) > LONGEST_NUMBER or len(value) != 2 * len(FIRST) or set(value.lower()) - set(hexdigits):
        return None
    return Head(SealedLog(log), int(number), bytes.fromhex(value), at)


@dataclass(frozen=True, slots=True)
class Check:
    """How far a chain was looked through. head: None while nothing is sealed.

    sequence: the row looked at last; seal: what it should hold. damage is about the row after it. start: how many of the oldest rows were let go when their time was over.
    """

    log: SealedLog
    head: Head | None
    sequence: int
    seal: bytes
    damage: Damage | None = None
    start: int = 0

    @property
    def finished(self) -> bool:
        return self.damage is not None or self.head is None or self.sequence >= self.head.sequence


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that no seal covers yet. oldest: when the first of them was written; None where there is none."""

    count: int
    oldest: datetime | None
