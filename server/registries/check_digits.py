"""Check digits that registers use. Each takes digits only and says whether the last one fits."""

from __future__ import annotations

_LANR_WEIGHTS = (4, 9, 4, 9, 4, 9)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: every second digit from the right counts double."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def ean13(digits: str) -> bool:
    """GS1: every second digit from the right counts three times."""
    return sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(reversed(digits))) % 10 == 0


def lanr(digits: str) -> bool:
    """The seventh digit follows from the six before it; the two after it name a specialty."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _LANR_WEIGHTS, strict=False))
    return (10 - total % 10) % 10 == int(digits[6])


def modulo_97(digits: str) -> bool:
    """The seventh and eighth digit complete the six before them to 97."""
    return 97 - int(digits[:6]) % 97 == int(digits[6:8])
