"""Whatever an attestation says, judging what was minted gives it back, and one changed byte gives nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from federation.credentials.attestation import Attestation, Judged, StatusEntry, judge, mint
from federation.credentials.flaw import Flaw
from federation.credentials.status import PLACES, StatusBits, decode_bits, encode_bits
from federation.testing.actors import NOON, FakeActor
from federation.types import Iri, Json, JsonObject, Origin

ISSUER = FakeActor.create("https://chu.example", "instance")
MEMBER = FakeActor.create("https://chu.example", "lynx")
GROUP = Iri("https://society.example/actors/cardiology")

WORDS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
PLACE = st.integers(0, PLACES - 1)


@st.composite
def attestations(draw: st.DrawFn) -> Attestation:
    pseudonymous = draw(st.booleans())
    lists = [Iri(f"https://chu.example/status/{number}") for number in draw(st.tuples(PLACE, PLACE))]
    return Attestation(
        id=f"urn:uuid:{draw(st.uuids())}",
        issuer=ISSUER.id,
        subject=MEMBER.id,
        key_id=MEMBER.ed25519_signer.key_id,
        key=MEMBER.ed25519.public,
        handle="@lynx@chu.example",
        name=draw(NAMES),
        pseudonymous=pseudonymous,
        profession=draw(WORDS),
        specialty=tuple(draw(st.lists(WORDS, max_size=16))),
        jurisdiction=draw(st.sampled_from(["FR", "DE", "US", ""])),
        level=draw(st.integers(0, 4)),
        identity_level=draw(WORDS),
        method=None if pseudonymous else draw(st.none() | WORDS),
        audience=GROUP,
        hosts=tuple(Origin(f"h{number}.example") for number in draw(st.sets(st.integers(0, 99), max_size=5))),
        nonce=draw(st.text("0123456789abcdef", min_size=32, max_size=32)),
        valid_from=NOON - timedelta(hours=draw(st.integers(0, 23))),
        valid_until=NOON + timedelta(days=draw(st.integers(1, 29))),
        status=(
            StatusEntry("revocation", lists[0], draw(PLACE)),
            StatusEntry("suspension", lists[1], draw(PLACE)),
        ),
    )


def judged(document: Json, said: Attestation) -> Judged:
    return judge(
        document,
        issuer=ISSUER.id,
        issuer_key=ISSUER.ed25519.public,
        subject=MEMBER.id,
        subject_key=MEMBER.ed25519.public,
        audience=GROUP,
        hosts=said.hosts,
        nonce=said.nonce,
        now=NOON,
        minimum_level=said.level,
        professions=[said.profession],
    )


def sent(said: Attestation) -> bytes:
    return json.dumps(mint(said, ISSUER.ed25519_signer, NOON), ensure_ascii=False).encode()


@given(said=attestations())
@settings(max_examples=100, deadline=None)
def test_what_is_minted_comes_back(said: Attestation) -> None:
    assert judged(json.loads(sent(said)), said) == said


@given(said=attestations(), place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=400, deadline=None)
def test_one_changed_bit_is_refused(said: Attestation, place: int, bit: int) -> None:
    data = bytearray(sent(said))
    data[place % len(data)] ^= 1 << bit
    try:
        changed = json.loads(data)
    except ValueError:
        return
    assume(changed != json.loads(sent(said)))  # a blank for another blank says the same
    assert isinstance(judged(changed, said), Flaw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _holders(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member and item of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [found for key, each in items for found in [(*path, key), *_holders(each, (*path, key))]]


@given(said=attestations(), which=st.integers(0, 1000), other=JSON)
@settings(max_examples=300, deadline=None)
def test_no_shape_of_a_member_raises(said: Attestation, which: int, other: Json) -> None:
    document: JsonObject = json.loads(sent(said))
    paths = _holders(document)
    *way, last = paths[which % len(paths)]
    holder: Any = document
    for key in way:
        holder = holder[key]
    assume(holder[last] != other)
    holder[last] = other
    assert isinstance(judged(document, said), Flaw)


@given(places=st.sets(PLACE, max_size=200), asked=PLACE)
@settings(max_examples=100, deadline=None)
def test_bits_come_back(places: set[int], asked: int) -> None:
    bits = decode_bits(encode_bits(StatusBits.of(places)))
    assert isinstance(bits, StatusBits)
    assert all(bits.is_set(place) for place in places)
    assert bits.is_set(asked) == (asked in places)
    assert sum(byte.bit_count() for byte in bits.packed) == len(places)


@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda data: "u" + data.hex()))
@settings(max_examples=200, deadline=None)
def test_no_text_is_a_list_by_chance(text: str) -> None:
    assert isinstance(decode_bits(text), Flaw)
