"""The national patient identifiers that are looked for: how each is written, and its check digits.

`sure` is a way of writing that few other numbers share: together with the check digits it is enough. `loose` is any way
of writing it, and wants one of `words` beside it. Check digits are python-stdnum's, but for three schemes it lacks.
Refused here: identifiers of professionals, and schemes with neither check digits nor a way of writing of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn
from stdnum.at import vnr
from stdnum.be import ssn as be_ssn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import bc_phn, sin
from stdnum.ch import ssn as ch_ssn
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.in_ import aadhaar
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.lt import asmens
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import cc
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.tr import tckimlik
from stdnum.us import ssn as us_ssn

_MONTHS_NOBODY_HAS = frozenset({"00", *map(str, range(13, 20)), *map(str, range(43, 50))})


@dataclass(frozen=True, slots=True)
class Scheme:
    """valid: judges the number without blanks, dots and strokes. sure, loose, words: patterns of bounded length."""

    name: str
    valid: Callable[[str], bool]
    sure: str | None
    loose: str | None = None
    words: str | None = None


def _french(number: str) -> bool:
    return number[3:5] not in _MONTHS_NOBODY_HAS and nir.is_valid(number)


def _italian(number: str) -> bool:
    # a word of sixteen letters is no number, though each digit may be written as a letter
    return sum(sign.isdigit() for sign in number) >= 3 and codicefiscale.is_valid(number)


def _german_insured(number: str) -> bool:
    """The unchanging part of the Krankenversichertennummer: a letter, eight digits, a check digit."""
    letter = ord(number[0].upper()) - ord("A") + 1
    digits = f"{letter:02d}{number[1:9]}"
    total = 0
    for place, digit in enumerate(digits):
        product = int(digit) * (1 + place % 2)
        total += product // 10 + product % 10
    return total % 10 == int(number[9])


def _austrian(number: str) -> bool:
    # some have a month beyond December, since the numbers of a day had run out
    return 1 <= int(number[4:6]) <= 31 and 1 <= int(number[6:8]) <= 15 and vnr.is_valid(number)


def _english(number: str) -> bool:
    return len(set(number)) > 1 and nhs.is_valid(number)


SCHEMES = (
    Scheme(
        "fr.nir",
        _french,
        r"[123478](?:[ .-]?\d\d){2}[ .-]?(?:\d\d|2[ABab])(?:[ .-]?\d{3}){2}(?: ?[/|-] ?|[ .])?\d\d"
        r"|[123478](?: [0-9ABab]){14}",
    ),
    Scheme(
        "gb.nhs",
        _english,
        r"\d{3} \d{3} \d{4}",
        r"\d{3}[ .-]?\d{3}[ .-]?\d{4}",
        r"nhs|chi|h ?& ?c|hsc|health and care",
    ),
    Scheme("es.dni", dni.is_valid, r"(?:\d{8}|\d\d\.\d{3}\.\d{3})-?[A-Z]", r"\d{8}[ .-]?[A-Za-z]", "dni|nif"),
    Scheme("es.nie", nie.is_valid, r"[XYZ]-?\d{7}-?[A-Z]", r"[XYZxyz][ -]?\d{7}[ -]?[A-Za-z]", "nie"),
    Scheme(
        "it.codicefiscale",
        _italian,
        r"[A-Za-z]{3} ?[A-Za-z]{3} ?[0-9L-NP-Vl-np-v]{2}[A-EHLMPR-Ta-ehlmpr-t][0-9L-NP-Vl-np-v]{2}"
        r" ?[A-Za-z][0-9L-NP-Vl-np-v]{3} ?[A-Za-z]",
    ),
    Scheme("pt.cc", cc.is_valid, r"\d{8}[ -]?\d[ -]?[A-Za-z][A-Za-z0-9]\d"),
    Scheme(
        "nl.bsn",
        bsn.is_valid,
        r"\d{4}\.\d\d\.\d{3}",
        r"\d{8,9}|\d{3}(?:[ .-]\d{3}){2}|\d{4}[ .-]\d\d[ .-]\d{3}",
        r"bsn|burgerservice|sofi",
    ),
    Scheme("be.nn", be_ssn.is_valid, r"\d\d(?:[ .]?\d\d){2}[ .-]?\d{3}[ .-]?\d\d"),
    Scheme(
        "de.idnr",
        idnr.is_valid,
        r"\d\d \d{3} \d{3} \d{3}|\d{11}",
        r"\d\d[ ./-]?\d{3}(?:[ ./-]?\d{3}){2}",
        r"steuer|idnr|id-nr",
    ),
    Scheme(
        "de.kvnr",
        _german_insured,
        None,
        r"[A-Za-z] ?\d{3} ?\d{3} ?\d{3}",
        r"kvnr|kv-nr|krankenversich|versicherten|versichertennr|egk|gesundheitskarte",
    ),
    Scheme(
        "at.vnr",
        _austrian,
        r"\d{4}[ -]\d{6}",
        r"\d{4}[ ./-]?\d\d[ ./-]?\d\d[ ./-]?\d\d",
        r"svnr|sv-nr|sv nr|vsnr|sozialvers|versicherungsn",
    ),
    Scheme("ch.ssn", ch_ssn.is_valid, r"756[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d\d"),
    Scheme(
        "us.ssn",
        us_ssn.is_valid,
        r"\d{3}-\d\d-\d{4}",
        r"\d{3}[ .-]?\d\d[ .-]?\d{4}",
        r"ssn|social sec|soc\.? sec",
    ),
    Scheme(
        "ca.sin",
        sin.is_valid,
        r"\d{3}-\d{3}-\d{3}",
        r"\d{3}(?:[ .-]?\d{3}){2}",
        r"sin ?(?::|#|no|number|is)|social insurance|nas ?(?::|#|no)|assurance sociale",
    ),
    Scheme(
        "ca.bc_phn",
        bc_phn.is_valid,
        r"9\d{3} \d{3} \d{3}",
        r"9\d{3}[ .-]?\d{3}[ .-]?\d{3}",
        r"phn|health n|bc services|care ?card",
    ),
    Scheme("ca.ohip", luhn.is_valid, None, r"\d{4}[ .-]?\d{3}[ .-]?\d{3}", r"ohip|health card"),
    Scheme(
        "br.cpf",
        cpf.is_valid,
        r"\d{3}\.\d{3}\.\d{3}-\d\d",
        r"\d{3}(?:[ .-]?\d{3}){2}[ ./-]?\d\d",
        r"cpf|cadastro de pess",
    ),
    Scheme("dk.cpr", cpr.is_valid, r"\d{6}-\d{4}", r"\d{6}[ .-]?\d{4}", r"cpr|personn"),
    Scheme(
        "se.personnummer",
        personnummer.is_valid,
        r"(?:\d\d)?\d{6}[+-]\d{4}|(?:19|20)\d{10}",
        r"(?:\d\d)?\d{6}[ +-]?\d{4}",
        r"personn|pnr|samordn",
    ),
    Scheme("no.fodselsnummer", fodselsnummer.is_valid, r"\d{6}[ .-]?\d{5}"),
    Scheme("fi.hetu", hetu.is_valid, r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]"),
    Scheme("ie.pps", pps.is_valid, r"\d{7}[A-W][ABHWTX]?", r"\d{7}[ -]?[A-Wa-w] ?[ABHWTXabhwtx]?", r"pps"),
    Scheme("pl.pesel", pesel.is_valid, None, r"\d{6}[ -]?\d{5}", r"pesel"),
    Scheme("cz.rc", rc.is_valid, r"\d{6}/\d{4}", r"\d{6}[ /]?\d{3,4}", r"rodne|r\.? ?c\.?"),
    Scheme("ro.cnp", cnp.is_valid, r"[1-9]\d{12}"),
    Scheme("bg.egn", egn.is_valid, None, r"\d{10}", r"egn|егн"),
    Scheme("gr.amka", amka.is_valid, None, r"\d{6}[ -]?\d{5}", r"amka|αμκα"),
    Scheme("ee.ik", ik.is_valid, None, r"\d{11}", r"isikukood|personal id"),
    Scheme("lt.asmens", asmens.is_valid, None, r"\d{11}", r"asmens"),
    Scheme("hr.oib", oib.is_valid, None, r"\d{11}", r"oib"),
    Scheme("si.emso", emso.is_valid, r"\d{13}"),
    Scheme("is.kennitala", kennitala.is_valid, r"\d{6}-\d{4}", r"\d{6}[ -]?\d{4}", r"kennitala|kt"),
    Scheme("tr.tckimlik", tckimlik.is_valid, None, r"\d{11}", r"kimlik|tckn|t\.c\."),
    Scheme("in.aadhaar", aadhaar.is_valid, None, r"\d{4}[ -]?\d{4}[ -]?\d{4}", r"aadhaar|aadhar|uidai"),
)

ANY_SCHEME = r"national (?:id|insurance|health|patient|registration)|identity (?:number|card)|personal number"
"""Words that stand beside an identifier of any country."""

OTHER_NUMBERS = re.compile(
    r"(?<![a-z])(?:rpps|adeli|inami|riziv|npi|gmc|lanr|efn|finess|siret|siren|pmid|pmcid|pubmed|doi|nct|isrctn|eudract|"
    r"orcid|isbn|issn|gln|snomed|sctid|iban|lot|charge|batch|icd|mim|omim|orpha|rs)[ .:#n°or-]{0,6}$"
)
"""Ends what precedes a number that is known to be something else."""
