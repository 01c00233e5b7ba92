"""The gate for bytes: strict JSON or nothing.

Refused as Malformed: more bytes than allowed, other encodings than UTF-8, text that is not JSON, a member named twice,
NaN and the infinities (numbers too large for a double among them), lone surrogates, NUL characters, nesting beyond the
limit, and anything at the top but an object.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from federation.errors import Malformed
from federation.types import Json, JsonObject

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64

_SUSPICIOUS: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("json-duplicate-member")
    return made


def _constant(_: str) -> Json:
    raise Malformed("json-number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("json-number")
    return number


def _integer(text: str) -> int:
    if len(text) > 400:  # a double ends at 309 digits, and long conversions are quadratic
        raise Malformed("json-number")
    return int(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer
)


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonObject:
    """The JSON object that the bytes are."""
    if len(raw) > max_bytes:
        raise Malformed("too-large")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("json-not-utf8") from None
    # as many brackets as levels are needed, so most documents need no walk
    shallow = raw.count(b"{") + raw.count(b"[") <= max_depth
    if not shallow:
        _check_depth(raw, max_depth)
    try:
        document = _DECODER.decode(text)
    except ValueError:
        raise Malformed("json") from None
    if not isinstance(document, dict):
        raise Malformed("not-an-object")
    if _SUSPICIOUS.search(raw) or b"\\u0000" in raw:
        _check_text(document)
    return document


_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _check_depth(raw: bytes, max_depth: int) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match.group()
        if token in (b"{", b"["):
            depth += 1
            if depth > max_depth:
                raise Malformed("too-deep")
        elif token in (b"}", b"]"):
            depth -= 1


def _check_text(value: Json) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise Malformed("json-nul")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Malformed("json-surrogate") from None
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
