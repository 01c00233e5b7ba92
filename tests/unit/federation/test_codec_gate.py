"""The gate for bytes: what is JSON to us, and what is not."""

from __future__ import annotations

import pytest

from federation.errors import Malformed
from federation.vocab.codec import parse


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "json"),
        (b"nonsense", "json"),
        (b'{"a":1', "json"),
        (b'{"a":1}x', "json"),
        (b"{'a':1}", "json"),
        (b'{"a":1,}', "json"),
        (b'{"a":"\n"}', "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (b'{"a":"\xff"}', "json-not-utf8"),
        (b'{"a":"\xed\xa0\x80"}', "json-not-utf8"),
        ('{"a":1}'.encode("utf-16"), "json-not-utf8"),
        (b"[]", "not-an-object"),
        (b'"a"', "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"a":1,"a":2}', "json-duplicate-member"),
        (b'{"a":{"b":1,"\\u0062":2}}', "json-duplicate-member"),
        (b'{"a":NaN}', "json-number"),
        (b'{"a":[-Infinity]}', "json-number"),
        (b'{"a":1e999}', "json-number"),
        (b'{"a":' + b"9" * 5000 + b"}", "json-number"),
        (b'{"a":"\\ud800"}', "json-surrogate"),
        (b'{"\\udc00x":1}', "json-surrogate"),
        (b'{"a":["x\\u0000"]}', "json-nul"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "too-deep"),
        (b'{"a":' * 100_000, "too-deep"),
        (b'{"a":"' + b"x" * (1024 * 1024) + b'"}', "too-large"),
    ],
)
def test_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(raw)
    assert caught.value.reason == reason


def test_accepted() -> None:
    assert parse(b' {"a": [1, -2.5, true, null, {}]} ') == {"a": [1, -2.5, True, None, {}]}
    assert parse(b'{"a":"\\ud83e\\ude7a \\\\u0000"}') == {"a": "\U0001fa7a \\u0000"}
    assert parse(b'{"a":12345678901234567890123}') == {"a": 12345678901234567890123}
    # brackets inside text are not levels
    assert parse(b'{"a":"' + b"[{" * 500 + b'"}') == {"a": "[{" * 500}
    deep = b'{"a":' + b"[" * 63 + b"]" * 63 + b"}"
    assert "a" in parse(deep)
    # many brackets, few levels
    assert len(parse(b'{"a":[' + b",".join([b"[]"] * 500) + b"]}")["a"]) == 500


def test_limits_can_be_tightened() -> None:
    with pytest.raises(Malformed, match="too-large"):
        parse(b'{"a":1}', max_bytes=6)
    with pytest.raises(Malformed, match="too-deep"):
        parse(b'{"a":{"b":{}}}', max_depth=2)
