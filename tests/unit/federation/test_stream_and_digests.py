"""The header Consilium-Stream, and digests of files in signed documents."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.types import Iri
from federation.vocab.digests import read_digest, write_digest
from federation.vocab.stream import MOST, StreamMark, read_mark, write_mark

numbers = st.integers(0, MOST)


@given(st.integers(1, MOST), numbers, numbers, st.binary(max_size=40))
def test_a_mark_is_read_as_it_was_written(epoch: int, n: int, stamp: int, seed: bytes) -> None:
    mark = StreamMark(Iri("https://a.example/actors/1"), epoch, n, stamp, sha256(seed).hexdigest())
    assert read_mark(write_mark(mark)) == mark


@pytest.mark.parametrize(
    "header",
    [
        "",
        "group",
        'group="x", epoch=1, n=1',
        'group="https://a.example/g", n=1',
        'group="https://a.example/g", epoch=0, n=1',
        'group="https://a.example/g", epoch=1, n=-1',
        'group="https://a.example/g", epoch=1, n="1"',
        'group="https://a.example/g", epoch=?1, n=1',
        'group=("https://a.example/g"), epoch=1, n=1',
        "é",
        'group="https://a.example/g", epoch=1, n=1' + " " * 2000,
    ],
)
def test_what_is_no_mark_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        read_mark(header)


@given(st.binary(max_size=64))
def test_a_digest_is_read_as_it_was_written(data: bytes) -> None:
    digest = sha256(data).hexdigest()
    assert read_digest(write_digest(digest)) == digest
    assert read_digest(f"f1220{digest}") == digest


@given(st.text(max_size=80))
def test_nothing_else_is_a_digest(text: str) -> None:
    found = read_digest(text)
    assert found is None or (len(found) == 64 and found == found.lower())
