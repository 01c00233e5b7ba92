"""Numbers of registers: published examples fit, one changed digit does not."""

from __future__ import annotations

import pytest

from server.registries import check_digits
from server.registries.identifiers import Fit, Register, check, country

GOOD = [
    (Register.US_NPI, "1234567893"),  # the example of the American standard
    (Register.DE_LANR, "123456601"),  # the example of the German association
    (Register.AU_AHPRA, "MED0000932846"),
    (Register.CA_CPSO, "12345"),
]


def completed(prefix: str, holds) -> str:
    """The number that ends with the digit that fits."""
    return next(prefix + str(digit) for digit in range(10) if holds(prefix + str(digit)))


CHECKED = [
    (Register.US_NPI, completed("123456789", lambda n: check_digits.luhn("80840" + n))),
    (Register.FR_RPPS, completed("1000000000", check_digits.luhn)),
    (Register.DE_EFN, completed("80276123456789", check_digits.luhn)),
    (Register.CH_GLN, completed("760100000000", check_digits.ean13)),
    (Register.AU_HPII, completed("800361123456789", check_digits.luhn)),
]


@pytest.mark.parametrize(("register", "number"), GOOD + CHECKED)
def test_numbers_that_fit(register: Register, number: str) -> None:
    assert check(register, number).fit is Fit.FITS
    assert check(register, f" {number[:3]} {number[3:].lower()} ").number == number


@pytest.mark.parametrize(("register", "number"), CHECKED)
def test_any_changed_digit_is_found(register: Register, number: str) -> None:
    for place, digit in enumerate(number):
        changed = number[:place] + str((int(digit) + 1) % 10) + number[place + 1 :]
        assert check(register, changed).fit is Fit.WRONG


def test_the_check_digit_of_lanr_covers_six_digits_and_no_specialty() -> None:
    assert check(Register.DE_LANR, "123456699").fit is Fit.FITS
    assert check(Register.DE_LANR, "123456501").fit is Fit.WRONG


@pytest.mark.parametrize(
    ("register", "number"),
    [
        (Register.US_NPI, "123456789"),
        (Register.US_NPI, "abcdefghij"),
        (Register.FR_RPPS, "1234567890"),
        (Register.AU_AHPRA, "ME00000932846"),
        (Register.CH_GLN, "4006381333931"),  # a good check digit of something else
        (Register.BE_INAMI, "1234567890"),
        (Register.OTHER, ""),
        (Register.OTHER, "1" * 41),
        (Register.GB_GMC, "٣٤٥٦٧٨٩"),
        (Register.OTHER, "<script>"),
    ],
)
def test_what_is_no_number_is_refused(register: Register, number: str) -> None:
    assert check(register, number).fit is Fit.WRONG


@pytest.mark.parametrize(
    ("register", "good", "doubtful"),
    [
        (Register.GB_GMC, "7012345", "701234"),
        (Register.GB_NMC, "98I1393E", "98I1393"),
        (Register.GB_GDC, "123456", "1234567"),
        (Register.GB_HCPC, "PH12345", "12345"),
        (Register.NL_BIG, "12345678901", "123"),
        (Register.ES_COLEGIADO, "282812345", "28"),
        (Register.FR_ADELI, "751234567", "75"),
        (Register.CA_MINC, "CAMD12345678", "XX12345678"),
        (Register.BE_INAMI, "10000502004", "10000503004"),
    ],
)
def test_what_is_only_said_of_a_register_warns(register: Register, good: str, doubtful: str) -> None:
    assert check(register, good).fit is Fit.FITS
    assert check(register, doubtful).fit is Fit.DOUBTFUL


def test_a_register_that_is_not_known() -> None:
    assert check(Register.OTHER, "AB-12/3").fit is Fit.UNKNOWN
    assert check(Register.OTHER, "AB-12/3").number == "AB123"


def test_countries() -> None:
    assert country(Register.FR_RPPS) == "FR"
    assert country(Register.OTHER) == ""
