"""The first checks against labelled texts of six sets: what they find of their four kinds, and what they refuse wrongly.

The numbers stand in docs/dev/de-identification.md; the floors here hold them. `python -m tests.vectors.test_deid_corpus`
prints them anew.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from server.deid.check import check
from server.deid.findings import Finding, Kind, Purpose
from tests.support.shared import shared_folder, shared_path

TODAY = date(2026, 11, 26)
FOLDER = "deid-corpus"

LABELS = {
    Kind.PHONE: "CONTACT_PHONE CONTACT_FAX PHONE_NUMBER FAX_NUMBER NUMERO_TELEFONO NUMERO_FAX TEL telefoonnummer",
    Kind.EMAIL: "EMAIL_ADDRESS CORREO_ELECTRONICO MAIL emailadres",
    Kind.PATIENT_IDENTIFIER: "SECU SOCIAL_SECURITY_NUMBER US_SSN",
    Kind.BIRTH_DATE: "DATE_NAISSANCE",
}
KIND_OF = {label: kind for kind, labels in LABELS.items() for label in labels.split()}
BIRTH = re.compile(
    r"(nacimiento|geb\.?|geb\.? ?am|geboren am|born on|date of birth\. it's|dob|n[ée]e? le|\*)[: ]*$",
    re.IGNORECASE,
)
DATES = {"DATE", "FECHAS", "DATE_TIME", "datum"}


@dataclass(slots=True)
class Measured:
    """labelled, found: spans by kind. wrong: findings by kind where no such span is. texts; refused: with a wrong one."""

    labelled: Counter[Kind] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    wrong: Counter[Kind] = field(default_factory=Counter)
    texts: int = 0
    refused: int = 0


def kind_of(text: str, span: dict[str, Any]) -> Kind | None:
    """The sets label dates; a date of birth is one that follows a word of birth."""
    if span["label"] in DATES and BIRTH.search(text[max(0, span["start"] - 30) : span["start"]]):
        return Kind.BIRTH_DATE
    return KIND_OF.get(span["label"])


def texts(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            yield document["text"], document["spans"]


def measure(path: Path) -> Measured:
    measured = Measured()
    for text, spans in texts(path):
        measured.texts += 1
        findings = check(text, purpose=Purpose.GROUP, today=TODAY)
        true = [(kind, span) for span in spans if (kind := kind_of(text, span)) is not None]
        for kind, span in true:
            measured.labelled[kind] += 1
            measured.found[kind] += any(each.kind is kind and meets(each, span) for each in findings)
        wrong = [
            each for each in findings if not any(each.kind is kind and meets(each, s) for kind, s in true)
        ]
        measured.wrong.update(each.kind for each in wrong)
        measured.refused += bool(wrong)
    return measured


def meets(finding: Finding, span: dict[str, Any]) -> bool:
    """A text is refused whole, so touching the span is finding it."""
    return bool(finding.start < span["end"] and span["start"] < finding.end)


FLOORS = {
    "de-grascco-phi": {Kind.PHONE: 8, Kind.BIRTH_DATE: 17},
    "en-asq-phi": {Kind.PHONE: 16, Kind.EMAIL: 7, Kind.PATIENT_IDENTIFIER: 7, Kind.BIRTH_DATE: 1},
    "en-presidio-research": {Kind.PHONE: 37, Kind.EMAIL: 14, Kind.PATIENT_IDENTIFIER: 7, Kind.BIRTH_DATE: 7},
    "es-meddocan": {Kind.PHONE: 31, Kind.EMAIL: 239, Kind.BIRTH_DATE: 247},
    "fr-eds-pseudo": {Kind.PHONE: 77, Kind.EMAIL: 23, Kind.PATIENT_IDENTIFIER: 1, Kind.BIRTH_DATE: 15},
    "nl-deduce": {Kind.PHONE: 12, Kind.EMAIL: 5},
}
"""Spans found at least."""

CEILINGS = {
    "de-grascco-phi": 0,
    "en-asq-phi": 12,  # twelve record numbers written like a social security number
    "en-presidio-research": 2,
    "es-meddocan": 2,
    "fr-eds-pseudo": 1,
    "nl-deduce": 0,
}
"""Texts refused for what is not there, at most."""


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_finds_no_less_and_refuses_no_more_than_is_written_down(name: str) -> None:
    measured = measure(shared_path(FOLDER) / f"{name}.dev.jsonl")
    short = {
        kind: measured.found[kind] for kind, least in FLOORS[name].items() if measured.found[kind] < least
    }
    assert short == {}
    assert measured.refused <= CEILINGS[name], measured.wrong


def report() -> None:
    folder = shared_folder(FOLDER)
    assert folder is not None, f"shared/{FOLDER} is not here"
    for path in sorted(folder.glob("*.jsonl")):
        measured = measure(path)
        found = {kind.value: f"{measured.found[kind]}/{count}" for kind, count in measured.labelled.items()}
        print(path.stem, measured.texts, found, "wrongly refused", measured.refused, dict(measured.wrong))


if __name__ == "__main__":
    report()
