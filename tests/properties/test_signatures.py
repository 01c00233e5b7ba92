"""One changed byte in anything that a signature covers breaks it: both HTTP schemes, both key types, and proofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import http_sf
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import Unverified
from federation.signatures import schemes
from federation.signatures.proof import Finding, add_proof, canonical, verify_proof
from federation.signatures.schemes import Scheme
from federation.testing.actors import NOON, FakeActor
from federation.types import HttpFrame

ACTOR = FakeActor.create("https://society.example", "anna")
SIGNERS = st.sampled_from([ACTOR.rsa_signer, ACTOR.ed25519_signer])
SCHEMES = st.sampled_from(list(Scheme))
BODIES = st.binary(min_size=1, max_size=200)
SEGMENTS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-._~%", max_size=12)


def holds(frame: HttpFrame) -> bool:
    try:
        presented = schemes.present(frame)
        schemes.check_claims(frame, presented, NOON)
    except Unverified:
        return False
    keys = {signer.key_id: signer.private.public for signer in (ACTOR.rsa_signer, ACTOR.ed25519_signer)}
    key = keys.get(presented.key_id)
    return key is not None and schemes.fits(frame, presented, key)


@st.composite
def signed(draw: st.DrawFn, method: str = "POST") -> HttpFrame:
    query = draw(st.sampled_from(["", "?", "?page=1"]))
    url = f"https://hospital.example/{draw(SEGMENTS)}{query}"
    headers = (("content-type", "application/activity+json"), ("accept", "application/activity+json"))
    body = draw(BODIES) if method == "POST" else b""
    frame = HttpFrame(method, url, headers, body)
    return schemes.sign_request(frame, draw(SIGNERS), draw(SCHEMES), NOON)


def changed(data: bytes, place: int, bit: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


PLACES = st.integers(0, 10_000)
BITS = st.integers(0, 7)


@given(frame=signed())
@settings(max_examples=40, deadline=None)
def test_what_we_sign_verifies(frame: HttpFrame) -> None:
    assert holds(frame)


@given(frame=signed("GET"))
@settings(max_examples=40, deadline=None)
def test_what_we_sign_verifies_without_a_body(frame: HttpFrame) -> None:
    assert holds(frame)


@given(frame=signed(), place=PLACES, bit=BITS)
@settings(max_examples=120, deadline=None)
def test_body(frame: HttpFrame, place: int, bit: int) -> None:
    assert not holds(replace(frame, body=changed(frame.body, place, bit)))


@given(frame=signed(), more=st.binary(min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_longer_body(frame: HttpFrame, more: bytes) -> None:
    assert not holds(replace(frame, body=frame.body + more))


@given(frame=signed(), place=PLACES, bit=st.integers(0, 6), which=st.integers(0, 10))
@settings(max_examples=300, deadline=None)
def test_covered_headers(frame: HttpFrame, place: int, bit: int, which: int) -> None:
    """Date is under no signature of RFC 9421 as we make it; everything else that we send is."""
    rfc9421 = frame.count("signature-input") == 1
    uncovered = {"date", "accept", "host"} if rfc9421 else set()
    names = [index for index, (name, _) in enumerate(frame.headers) if name not in uncovered]
    index = names[which % len(names)]
    name, value = frame.headers[index]
    other = changed(value.encode("latin-1"), place, bit).decode("latin-1")
    if name == "signature" or name == "signature-input":
        if same_meaning(name, value, other):
            return
    elif value.strip() == other.strip():
        return
    headers = (*frame.headers[:index], (name, other), *frame.headers[index + 1 :])
    assert not holds(replace(frame, headers=headers))


def same_meaning(name: str, value: str, other: str) -> bool:
    """Changes to the signature's own headers that leave what it says as it was: case, blanks, unused base64 bits."""
    frames = [HttpFrame("POST", "https://hospital.example/", ((name, text),)) for text in (value, other)]
    if name == "signature-input":
        return False
    try:
        parsed = [schemes.cavage.parse(frame) for frame in frames]
    except Unverified:
        try:
            both = [http_sf.parse(text.encode("latin-1"), tltype="dictionary") for text in (value, other)]
        except (http_sf.StructuredFieldError, ValueError):
            return False
        return both[0] == both[1]
    first, second = parsed
    return replace(first, algorithm=None) == replace(second, algorithm=None)


@given(frame=signed(), place=PLACES, bit=st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_target(frame: HttpFrame, place: int, bit: int) -> None:
    start = len("https://hospital.example/")
    tail = frame.url[start:].encode()
    if not tail:
        return
    other = changed(tail, place, bit).decode("latin-1")
    if "#" in other or not other.isprintable():
        return
    assert not holds(replace(frame, url=frame.url[:start] + other))


@given(frame=signed(), method=st.sampled_from(["PUT", "DELETE", "PATCH"]))
@settings(max_examples=20, deadline=None)
def test_method(frame: HttpFrame, method: str) -> None:
    assert not holds(replace(frame, method=method))


@given(
    frame=signed(), host=st.sampled_from(["hospital.example:8443", "hospital.example.evil", "evil.example"])
)
@settings(max_examples=20, deadline=None)
def test_another_house(frame: HttpFrame, host: str) -> None:
    """A delivery made for one host is none for another, not even with its Host header."""
    assert not holds(replace(frame, url=frame.url.replace("hospital.example", host)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(min_size=1, max_size=6), JSON, min_size=1, max_size=4).filter(
    lambda value: "proof" not in value and "@context" not in value
)


def edits(value: Any) -> list[Callable[[], Any]]:
    """Ways to change a JSON value a little."""
    made: list[Callable[[], Any]] = [lambda: [value], lambda: "changed" if value != "changed" else "other"]
    if isinstance(value, str):
        made.append(lambda: value + "x")
    elif isinstance(value, bool) or value is None:
        made.append(lambda: 1)
    elif isinstance(value, int):
        made.append(lambda: value - 1 if value > 0 else value + 1)
    elif isinstance(value, list):
        made.append(lambda: [*value, None])
    return made


@given(document=DOCUMENTS, data=st.data())
@settings(max_examples=100, deadline=None)
def test_proofs(document: dict[str, Any], data: st.DataObject) -> None:
    signed_document = add_proof(document, ACTOR.ed25519_signer, NOON)
    assert verify_proof(signed_document, ACTOR.ed25519.public, NOON).valid
    name = data.draw(st.sampled_from(sorted(document)))
    other = data.draw(st.sampled_from(edits(document[name])))()
    if canonical(other) != canonical(document[name]):
        verdict = verify_proof({**signed_document, name: other}, ACTOR.ed25519.public, NOON)
        assert verdict.finding is Finding.INVALID
    without = {key: value for key, value in signed_document.items() if key != name}
    assert not verify_proof(without, ACTOR.ed25519.public, NOON).valid


@given(document=DOCUMENTS, place=PLACES, letter=st.sampled_from("123456789ABCabcxyz0"))
@settings(max_examples=80, deadline=None)
def test_proof_values(document: dict[str, Any], place: int, letter: str) -> None:
    signed_document = add_proof(document, ACTOR.ed25519_signer, NOON)
    value = signed_document["proof"]["proofValue"]
    place %= len(value)
    other = value[:place] + letter + value[place + 1 :]
    if other == value:
        return
    changed_proof = {**signed_document["proof"], "proofValue": other}
    assert not verify_proof({**signed_document, "proof": changed_proof}, ACTOR.ed25519.public, NOON).valid
    for member in ("created", "verificationMethod"):
        options = {**signed_document["proof"], member: signed_document["proof"][member].replace("2", "1")}
        if options != signed_document["proof"]:
            verdict = verify_proof({**signed_document, "proof": options}, ACTOR.ed25519.public, NOON)
            assert verdict.finding is Finding.INVALID


PIECES = st.sampled_from(
    [
        'keyId="https://society.example/actors/anna#main-key"',
        'signature="c2ln"',
        'headers="(request-target) host date digest"',
        "created=1",
        'algorithm="hs2019"',
        "sig1=",
        '("@method" "@target-uri" "content-digest")',
        ';created=1764000000;keyid="k"',
        ":c2ln:",
        "SHA-256=",
        "sha-256=:AA==:",
        ",",
        ";",
        '"',
        "\\",
        "(",
        "\x00",
        "é",
        "\udc80",
    ]
)
VALUES = st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=40)
NAMES = st.sampled_from(
    ["signature", "signature-input", "digest", "content-digest", "date", "host", "content-type"]
)


@given(
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    url=st.sampled_from(["https://hospital.example/inbox", "https://hospital.example", "x", ""]),
    method=st.sampled_from(["GET", "POST"]),
)
@settings(max_examples=400, deadline=None)
def test_nothing_but_refusals(headers: list[tuple[str, str]], url: str, method: str) -> None:
    """Whatever the headers are, the answer is a refusal by name, never another exception."""
    assert not holds(HttpFrame(method, url, tuple(headers), b"{}"))
