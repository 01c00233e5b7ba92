"""Numbers of professional registers: their form and their check digit.

A number that fits exists perhaps; it says nothing of who holds it. What is certain of a register's numbers refuses; what
is only said to be so warns, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.registries import check_digits

MAX_NUMBER: Final = 40
_BLANKS: Final = str.maketrans("", "", " .-/")


class Register(StrEnum):
    """Whose numbers. OTHER: any register that is not listed; its numbers are not looked at."""

    US_NPI = "us-npi"
    FR_RPPS = "fr-rpps"
    FR_ADELI = "fr-adeli"
    GB_GMC = "gb-gmc"
    GB_NMC = "gb-nmc"
    GB_GDC = "gb-gdc"
    GB_GPHC = "gb-gphc"
    GB_HCPC = "gb-hcpc"
    DE_LANR = "de-lanr"
    DE_EFN = "de-efn"
    ES_COLEGIADO = "es-colegiado"
    BE_INAMI = "be-inami"
    NL_BIG = "nl-big"
    CH_GLN = "ch-gln"
    AU_AHPRA = "au-ahpra"
    AU_HPII = "au-hpii"
    CA_CPSO = "ca-cpso"
    CA_MINC = "ca-minc"
    OTHER = "other"


class Fit(StrEnum):
    """How a number fits its register."""

    FITS = "fits"  # form, and check digit where there is one
    DOUBTFUL = "doubtful"  # not as numbers of this register are said to be
    WRONG = "wrong"  # no number of this register
    UNKNOWN = "unknown"  # nothing is known of this register's numbers


@dataclass(frozen=True, slots=True)
class Checked:
    """number: without blanks and separators, letters upper case."""

    number: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class _Rule:
    """certain_form, certain_check: whether a breach is an error, or a reason to look twice."""

    form: re.Pattern[str]
    certain_form: bool = False
    check: Callable[[str], bool] | None = None
    certain_check: bool = False


def _certain(form: str, check: Callable[[str], bool] | None = None) -> _Rule:
    return _Rule(re.compile(form), certain_form=True, check=check, certain_check=True)


def _said(form: str, check: Callable[[str], bool] | None = None) -> _Rule:
    return _Rule(re.compile(form), check=check)


_RULES: Final[dict[Register, _Rule]] = {
    Register.US_NPI: _certain("[12][0-9]{9}", lambda number: check_digits.luhn("80840" + number)),
    Register.FR_RPPS: _certain("[0-9]{11}", check_digits.luhn),
    Register.FR_ADELI: _said("[0-9AB]{9}"),
    Register.GB_GMC: _said("[0-9]{7}"),
    Register.GB_NMC: _said("[0-9]{2}[A-Z][0-9]{4}[A-Z]"),
    Register.GB_GDC: _said("[0-9]{1,6}"),
    Register.GB_GPHC: _said("[0-9]{7}"),
    Register.GB_HCPC: _said("[A-Z]{2}[0-9]+"),
    Register.DE_LANR: _certain("[0-9]{9}", check_digits.lanr),
    Register.DE_EFN: _certain("80276[0-9]{10}", check_digits.luhn),
    Register.ES_COLEGIADO: _said("[0-9]{9}"),
    # the form is certain, the check digits are not
    Register.BE_INAMI: _Rule(re.compile("[0-9]{11}"), certain_form=True, check=check_digits.modulo_97),
    Register.NL_BIG: _said("[0-9]{11}"),
    Register.CH_GLN: _certain("76[0-9]{11}", check_digits.ean13),
    Register.AU_AHPRA: _certain("[A-Z]{3}[0-9]{10}"),
    Register.AU_HPII: _certain("800361[0-9]{10}", check_digits.luhn),
    Register.CA_CPSO: _certain("[0-9]{5,6}"),
    Register.CA_MINC: _said("CAMD[0-9A-Z]+"),
}


def check(register: Register, typed: str) -> Checked:
    """How a number fits its register, as people type it."""
    number = typed.strip().upper().translate(_BLANKS)
    rule = _RULES.get(register)
    if not number or len(number) > MAX_NUMBER or not (number.isascii() and number.isalnum()):
        return Checked(number[:MAX_NUMBER], Fit.WRONG)
    if rule is None:
        return Checked(number, Fit.UNKNOWN)
    if not rule.form.fullmatch(number):
        return Checked(number, Fit.WRONG if rule.certain_form else Fit.DOUBTFUL)
    if rule.check is not None and not rule.check(number):
        return Checked(number, Fit.WRONG if rule.certain_check else Fit.DOUBTFUL)
    return Checked(number, Fit.FITS)


def country(register: Register) -> str:
    """ISO 3166-1 of the register's country; "" for OTHER."""
    return "" if register is Register.OTHER else register.value[:2].upper()
