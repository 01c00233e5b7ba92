"""RFC 8785: the author's test data, through the function that our proofs use."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.signatures.proof import canonical
from tests.support.shared import shared_path


def test_published_data() -> None:
    folder = shared_path("vectors") / "jcs" / "testdata"
    inputs = sorted((folder / "input").glob("*.json"))
    assert len(inputs) >= 6
    for path in inputs:
        made = canonical(json.loads(path.read_text(encoding="utf-8")))
        assert made == (folder / "output" / path.name).read_bytes(), path.name
        expected = bytes.fromhex((folder / "outhex" / f"{path.stem}.txt").read_text())
        assert made == expected, path.name


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"a": ["\udc00"]}])
def test_what_is_not_i_json(value: object) -> None:
    with pytest.raises(Malformed):
        canonical(value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6), inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=6), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(_json)
def test_the_quick_way_writes_the_same_bytes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_every_character_is_written_alike() -> None:
    for code in (*range(0x20 + 2), *range(0x7E, 0xA2), 0x2028, 0x2029, 0xFFFF, 0x10000, 0x10FFFF):
        value = {"a": chr(code), chr(code): 1}
        assert canonical(value) == rfc8785.dumps(value), hex(code)
