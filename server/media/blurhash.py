"""BlurHash (https://blurha.sh, the algorithm of Wolt): a short text from which apps paint a blurred placeholder."""

from __future__ import annotations

import math
from collections.abc import Sequence

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Colour = tuple[float, float, float]


def encode(pixels: Sequence[Sequence[tuple[int, int, int]]], across: int = 4, down: int = 3) -> str:
    """The hash of rows of sRGB pixels. Keep the picture small: cost is pixels times components."""
    linear = [[(_LINEAR[r], _LINEAR[g], _LINEAR[b]) for r, g, b in row] for row in pixels]
    factors = [_factor(linear, x, y) for y in range(down) for x in range(across)]
    average, details = factors[0], factors[1:]
    strongest = max((abs(value) for colour in details for value in colour), default=0.0)
    quantised = max(0, min(82, math.floor(strongest * 166 - 0.5))) if details else 0
    scale = (quantised + 1) / 166 if details else 1.0
    text = _base83((across - 1) + (down - 1) * 9, 1) + _base83(quantised, 1)
    red, green, blue = (_to_srgb(value) for value in average)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    return text + "".join(_base83(_detail(colour, scale), 2) for colour in details)


def _factor(linear: list[list[Colour]], x: int, y: int) -> Colour:
    height, width = len(linear), len(linear[0])
    across = [math.cos(math.pi * x * i / width) for i in range(width)]
    red = green = blue = 0.0
    for j, row in enumerate(linear):
        down = math.cos(math.pi * y * j / height)
        for wave, (r, g, b) in zip(across, row, strict=True):
            basis = wave * down
            red += basis * r
            green += basis * g
            blue += basis * b
    scale = (1.0 if x == 0 and y == 0 else 2.0) / (width * height)
    return red * scale, green * scale, blue * scale


def _detail(colour: Colour, scale: float) -> int:
    value = 0
    for part in colour:
        root = math.copysign(math.sqrt(abs(part / scale)), part)
        value = value * 19 + max(0, min(18, math.floor(root * 9 + 9.5)))
    return value


def _to_linear(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _to_srgb(value: float) -> int:
    part = max(0.0, min(1.0, value))
    curve = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return int(curve * 255 + 0.5)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83 ** (length - place - 1) % 83] for place in range(length))


_LINEAR = [_to_linear(value) for value in range(256)]
