"""What a check finds: a kind and a place in the text, never the value.

A finding can be logged, counted and shown without telling anything about a patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of certain identifiers."""

    PATIENT_IDENTIFIER = "patient_identifier"
    EMAIL = "email"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"


class Purpose(StrEnum):
    """What the text is for, which decides what is looked for."""

    GROUP = "group"
    DIRECT = "direct"


KINDS: dict[Purpose, frozenset[Kind]] = {
    Purpose.GROUP: frozenset(Kind),
    Purpose.DIRECT: frozenset({Kind.PATIENT_IDENTIFIER}),
}
"""Colleagues may give each other a telephone number in a message; a patient's identifier goes nowhere."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """start, end: offsets in the text as it was given."""

    start: int
    end: int
    kind: Kind
