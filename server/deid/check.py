"""The one entry: which certain identifiers a text holds, for what it is to become.

It answers kinds and places, never values. It is a net for the obvious: names, places, rare stories and everything else
that tells who somebody is pass through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from server.deid import contacts, dates, identifiers
from server.deid.findings import KINDS, Finding, Kind, Purpose
from server.deid.normal import normalise


def check(text: str, *, purpose: Purpose, today: date) -> tuple[Finding, ...]:
    """In order of place. Takes time in proportion to the text, whatever it holds.

    today: tells which year fits an age.
    """
    normal = normalise(text)
    wanted = KINDS[purpose]
    found = {
        Finding(*normal.origin(start, end), kind) for kind, start, end in _found(normal.text, wanted, today)
    }
    return tuple(sorted(found))


def _found(text: str, wanted: frozenset[Kind], today: date) -> Iterator[tuple[Kind, int, int]]:
    if Kind.PATIENT_IDENTIFIER in wanted:
        for start, end in identifiers.find(text):
            yield Kind.PATIENT_IDENTIFIER, start, end
    if Kind.EMAIL in wanted:
        for start, end in contacts.find_emails(text):
            yield Kind.EMAIL, start, end
    if Kind.PHONE in wanted:
        for start, end in contacts.find_phones(text, dates.stretches(text)):
            yield Kind.PHONE, start, end
    if Kind.BIRTH_DATE in wanted:
        for start, end in dates.find(text, today):
            yield Kind.BIRTH_DATE, start, end
