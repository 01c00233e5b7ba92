"""Certain identifiers: whatever the number and whatever stands around it, it is found, and nothing repeats its value."""

from __future__ import annotations

import random
import re
from datetime import date
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.deid.check import check
from server.deid.findings import Finding, Kind, Purpose
from server.deid.schemes import SCHEMES

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 26)
VALID = {scheme.name: scheme.valid for scheme in SCHEMES}

WRITTEN = {
    # d: a digit; D, M, Y: day, month, year of birth; c: check characters, found by trying; the rest stands for
    # itself, and so do the words before a ~
    "fr.nir": ("1 YY MM 75 ddd ddd cc", "2YYMM75ddddddcc", "1 YY MM 2A ddd ddd cc"),
    "gb.nhs": ("ddd ddd dddc", "NHS number ~dddddddddc", "NHS no. ~ddd-ddd-dddc"),
    "es.dni": ("ddddddddC", "dddddddd-C", "DNI ~dddddddd C"),
    "es.nie": ("XdddddddC", "Y-ddddddd-C"),
    "it.codicefiscale": ("RSSMRA5dB1dH501C", "RSS MRA 5dB1d H501C"),
    "pt.cc": ("dddddddd d ZZc",),
    "nl.bsn": ("BSN: ~ddddddddc", "burgerservicenummer ~1ddd.dd.ddc"),
    "be.nn": ("YY.MM.DD-ddd.cc", "YYMMDDdddcc", "YY.MM.DD-ddd cc"),
    "de.idnr": ("Steuer-ID ~12 345 678 8dc",),
    "de.kvnr": ("KVNR ~Addddddddc", "Versichertennummer: ~Mddddddddc"),
    "at.vnr": ("1ddc DDMMYY", "SVNR ~4ddcDDMMYY"),
    "ch.ssn": ("756.dddd.dddd.dc", "756dddddddddc"),
    "us.ssn": ("123-4d-123d", "SSN ~1234d123d"),
    "ca.sin": ("ddd-ddd-ddc", "SIN: ~1dd ddd ddc"),
    "ca.bc_phn": ("9ddd ddd ddc", "PHN ~9ddddddddc"),
    "ca.ohip": ("OHIP ~dddd-ddd-ddc",),
    "br.cpf": ("ddd.ddd.ddd-cc", "CPF ~dddddddddcc"),
    "dk.cpr": ("DDMMYY-1ddd", "CPR ~DDMMYY1ddd"),
    "se.personnummer": ("YYMMDD-dddc", "19YYMMDD-dddc", "19YYMMDDdddc"),
    "no.fodselsnummer": ("DDMMYY 2ddcc", "DDMMYY2ddcc"),
    "fi.hetu": ("DDMMYY-2ddC",),
    "ie.pps": ("dddddddC", "dddddddCA"),
    "pl.pesel": ("PESEL ~YYMMDDddddc",),
    "cz.rc": ("YYMMDD/dddc",),
    "ro.cnp": ("1YYMMDD12dddc",),
    "bg.egn": ("EGN ~YYMMDDdddc", "ЕГН ~YYMMDDdddc"),
    "gr.amka": ("AMKA ~DDMMYYddddc",),
    "ee.ik": ("isikukood ~3YYMMDDdddc",),
    "lt.asmens": ("asmens kodas ~3YYMMDDdddc",),
    "hr.oib": ("OIB ~ddddddddddc",),
    "si.emso": ("DDMM9YY50dddc",),
    "is.kennitala": ("DDMMYY-2dc9", "kt. ~DDMMYY2dc9"),
    "tr.tckimlik": ("TC Kimlik ~1ddddddddcc",),
    "in.aadhaar": ("Aadhaar ~5ddd dddd dddc",),
}
CHANCES = st.integers(0, 2**32).map(random.Random)
PROSE = (
    "The patient, {}, came back.",
    "{}",
    "({})",
    "Dossier: {}\nBonjour",
    "see \u201c{}\u201d, please",
    "Vu hier;{}",
)


def test_every_scheme_is_tried() -> None:
    assert set(WRITTEN) == set(VALID)


def numbers(name: str, template: str, chance: random.Random) -> str:
    """A valid number written so. Its check characters are tried until the judge agrees."""
    words, _, shape = template.rpartition("~")
    while True:
        born = {"DD": chance.randrange(1, 29), "MM": chance.randrange(1, 13), "YY": chance.randrange(54, 99)}
        filled = re.sub("DD|MM|YY", lambda match: f"{born[match[0]]:02d}", shape)  # noqa: B023
        filled = re.sub("d", lambda _: str(chance.randrange(10)), filled)
        for check_characters in _tries(filled):
            signs = iter(check_characters)
            number = re.sub("[c]|C(?=A?$)", lambda _: next(signs), filled)  # noqa: B023
            bare = re.sub(r"[ ./]", "", number)
            if VALID[name](bare) or VALID[name](bare.replace("-", "")):
                return words + number


def _tries(filled: str) -> list[str]:
    if filled.endswith(("C", "CA")):
        return [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"]
    places = filled.count("c")
    return [f"{number:0{places}d}" for number in range(10**places)] if places else [""]


@pytest.mark.parametrize("name", sorted(WRITTEN))
@settings(max_examples=25, deadline=None)
@given(chance=CHANCES, prose=st.sampled_from(PROSE))
def test_a_valid_identifier_in_prose_is_found(name: str, chance: random.Random, prose: str) -> None:
    for template in WRITTEN[name]:
        number = numbers(name, template, chance)
        text = prose.format(number)
        found = check(text, purpose=Purpose.DIRECT, today=TODAY)
        assert found, text
        place = text.index(number)
        assert any(place <= each.start and each.end <= place + len(number) for each in found)
        assert all(number not in repr(each) for each in found)


@settings(max_examples=25, deadline=None)
@given(chance=CHANCES, hidden=st.sampled_from("\u200b\u2060\u00ad\ufeff\u200d\ufe0f"))
def test_signs_without_width_hide_nothing(chance: random.Random, hidden: str) -> None:
    number = numbers("gb.nhs", "ddd ddd dddc", chance)
    disguised = hidden.join(number).translate({ord(" "): "\u2009"} | {48 + n: 0xFF10 + n for n in range(10)})
    (found,) = check(disguised, purpose=Purpose.DIRECT, today=TODAY)
    assert (found.start, found.end) == (0, len(disguised))


PIECES = [
    *"0123456789",
    *" .-/()+@,:\n|*'[]{}",
    "\u200b",
    "\u00a0",
    "\uff11",
    "\u0663",
    "é",
    "\U0001f600",
    "\ufdfa",
]
PIECES += [
    "born ",
    "tel ",
    "née le ",
    "dot ",
    " at ",
    "com",
    "70 y ",
    "NHS ",
    "2A",
    "jan",
    "12.03.1956",
    "+33",
    "\ud800",
]


@settings(max_examples=300, deadline=None)
@given(
    text=st.text() | st.lists(st.sampled_from(PIECES), max_size=80).map("".join),
    purpose=st.sampled_from(Purpose),
)
def test_no_text_breaks_it_and_places_lie_inside(text: str, purpose: Purpose) -> None:
    found = check(text, purpose=purpose, today=TODAY)
    assert all(isinstance(each, Finding) and 0 <= each.start < each.end <= len(text) for each in found)
    assert list(found) == sorted(set(found))
    if purpose is Purpose.DIRECT:
        assert {each.kind for each in found} <= {Kind.PATIENT_IDENTIFIER}


HOSTILE = [
    "1 ",
    "1",
    "12-",
    "A1",
    "nhs 9",
    "a@",
    "a.a@b.",
    "(",
    "0612345678 ",
    "born 1.1.1956 ",
    "70 y ",
    "a at b dot ",
    "01 ",
]
HOSTILE += ["+3361", "[at]", "a-", "\u200b1", "jan 1 ", "tel 1", "1.2/3-4 5"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Eight times the text: far from the sixty-four times of a quadratic search."""

    def spent(length: int) -> float:
        text = (piece * length)[:length]
        least = 1e9
        for _ in range(3):
            begun = process_time()
            check(text, purpose=Purpose.GROUP, today=TODAY)
            least = min(least, process_time() - begun)
        return least

    assert spent(20_000) < 24 * max(spent(2_500), 0.002)
