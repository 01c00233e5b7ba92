"""What the first checks find, what they leave alone, and how they look through disguises."""

from __future__ import annotations

from datetime import date

import pytest

from server.deid.check import check
from server.deid.findings import Finding, Kind, Purpose

TODAY = date(2026, 11, 26)


def kinds(text: str, purpose: Purpose = Purpose.GROUP) -> set[Kind]:
    return {finding.kind for finding in check(text, purpose=purpose, today=TODAY)}


@pytest.mark.parametrize(
    "text",
    [
        "Seen on 12 March 2026, 54-year-old man",
        "54-year-old man seen on 12/03/2026 with Hb 7.2 g/dL",
        "12/03/2026 (54 years)",
        "3-year-old admitted 03/02/2026",
        "born at 38 weeks, admitted on 3 March 2026",
        "The birth weight was 3200 g; seen 12.03.2026.",
        "né en 1940, vu le 05/01/2022",
        "05/2019 - 05/2020 adjuvant, 06-07.11.2024 again",
        "2026-03-12 2026-03-13, 12-14 weeks, 2010-2015 and 2016-2020",
        "Na 135 K 4.2 Cl 101 creat 1.2 urea 45",
        "BP 120/80 130/85 140/90 HR 72 80 90",
        "platelets 120 000, 90 000, 60 000",
        "0.12 0.34 0.56 0.78 0.99 and p=0.0001234567",
        "2 x 500 mg 08:00 14:00 20:00",
        "NCT01234567, PMID 31234567, EudraCT 2004-000083-27, LOINC 2339-0",
        "doi 10.1016/S0140-6736(20)30183-5 and ISBN 978-3-16-148410-0",
        "https://pubmed.ncbi.nlm.nih.gov/31234567/ https://example.org/0145814250",
        "ICD-10 C50.9, SNOMED 254837009, ORPHA 586",
        "NM_004333.6:c.1799T>A rs113488022 chr7:140753336-140753340",
        "RPPS 10003456789, NPI 1234567893",
        "@anna@clinic.example please look, and acct:ben@clinic.example too",
        "a nine-digit number without its name: 111222333",
        "",
    ],
)
def test_ordinary_talk_passes(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mail john.doe@example.org", Kind.EMAIL),
        ("mailto:a.b@c.org", Kind.EMAIL),
        ("john.doe (at) example (dot) org", Kind.EMAIL),
        ("john dot doe at example dot com", Kind.EMAIL),
        ("john\uff20example\uff0eorg", Kind.EMAIL),
        ("@anna@clinic.example, write to john.doe@example.org", Kind.EMAIL),
        ("tel 01 45 81 42 50", Kind.PHONE),
        ("0145814250", Kind.PHONE),
        ("06.12.34.56.78", Kind.PHONE),
        ("020 7946 0958 or +44 20 7946 0958", Kind.PHONE),
        ("07700 900123", Kind.PHONE),
        ("(212) 555-1234", Kind.PHONE),
        ("0041 44 668 18 00", Kind.PHONE),
        ("0171 1234567", Kind.PHONE),
        ("633 349 565", Kind.PHONE),
        ("her phone is 555-1234", Kind.PHONE),
        ("\u0660\u0661\u0664\u0665\u0668\u0661\u0664\u0662\u0665\u0660", Kind.PHONE),
        ("born 12.03.1956", Kind.BIRTH_DATE),
        ("née le 3 février 1956", Kind.BIRTH_DATE),
        ("né\u200be le 3 fe\u0301vrier 1956", Kind.BIRTH_DATE),
        ("né(e) le 03/02/1956", Kind.BIRTH_DATE),
        ("date de naissance : 1956-02-03", Kind.BIRTH_DATE),
        ("DOB: March 12, 1956", Kind.BIRTH_DATE),
        ("DOB 19560312", Kind.BIRTH_DATE),
        ("Date of birth 12th of March 1956", Kind.BIRTH_DATE),
        ("geb. 12.03.56", Kind.BIRTH_DATE),
        ("Amanda A., * 12.03.1956", Kind.BIRTH_DATE),
        ("nacido el 12 de marzo de 1956", Kind.BIRTH_DATE),
        ("nato il 3 aprile 1956", Kind.BIRTH_DATE),
        ("data de nascimento 03-02-1956", Kind.BIRTH_DATE),
        ("geboortedatum 3 mei 1956", Kind.BIRTH_DATE),
        ("12/03/1956 (70 y)", Kind.BIRTH_DATE),
        ("A 70-year-old man (12/03/1956)", Kind.BIRTH_DATE),
        ("N\u200bHS \uff19\uff14\uff13 476\u00a05919", Kind.PATIENT_IDENTIFIER),
        ("943\u00ad \u2066476\u2069 5919", Kind.PATIENT_IDENTIFIER),
        ("NIR 2 95 10 99 126 111 93", Kind.PATIENT_IDENTIFIER),
        ("12345678Z", Kind.PATIENT_IDENTIFIER),
        ("bsn: 111222333", Kind.PATIENT_IDENTIFIER),
        ("111222333 (BSN)", Kind.PATIENT_IDENTIFIER),
        ("SSN 536-22-1234", Kind.PATIENT_IDENTIFIER),
        ("KVNR A123456780", Kind.PATIENT_IDENTIFIER),
    ],
)
def test_certain_identifiers_are_found(text: str, kind: Kind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "number", ["000-12-3456", "666-12-3456", "900-12-3456", "536-00-1234", "536-12-0000", "078-05-1120"]
)
def test_social_security_numbers_that_nobody_has_are_none(number: str) -> None:
    assert Kind.PATIENT_IDENTIFIER not in kinds(f"SSN {number}")


def test_a_wrong_check_digit_is_no_identifier() -> None:
    assert kinds("NHS 943 476 5919", Purpose.DIRECT) == {Kind.PATIENT_IDENTIFIER}
    assert kinds("NHS 943 476 5918", Purpose.DIRECT) == set()


def test_a_message_may_hold_how_to_reach_somebody() -> None:
    text = "Call 01 45 81 42 50 or write to a.b@c.org, born 12.03.1956, NHS 943 476 5919"
    assert kinds(text) == set(Kind)
    assert kinds(text, Purpose.DIRECT) == {Kind.PATIENT_IDENTIFIER}


def test_places_are_those_of_the_text_as_it_was_given() -> None:
    text = "\u200b\u200bNHS \uff19\uff14\uff13 476\u00a05919."
    (found,) = check(text, purpose=Purpose.DIRECT, today=TODAY)
    assert found == Finding(6, 18, Kind.PATIENT_IDENTIFIER)
    assert text[found.start : found.end] == "\uff19\uff14\uff13 476\u00a05919"


def test_the_same_date_is_a_birth_date_only_in_the_year_that_fits_the_age() -> None:
    text = "A man of 70 years, 12/03/{}, with fever"
    assert kinds(text.format(1956)) == {Kind.BIRTH_DATE}
    assert kinds(text.format(2025)) == set()
