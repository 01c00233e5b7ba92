"""RFC 8785: the author's test data, through the function that our proofs use."""

from __future__ import annotations

import json

import pytest

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
