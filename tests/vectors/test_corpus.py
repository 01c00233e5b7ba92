"""Each document of the corpus decodes or is refused with a named reason, and nothing else ever happens.

The corpus lies beside the checkout; without it these tests skip.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.errors import FederationError
from federation.vocab.codec import decode, encode, parse
from tests.support.shared import shared_folder, shared_path

REASON = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# of the documents that software emitted and that are ActivityPub, at least this share decodes
FLOOR = 0.97


@cache
def documents() -> tuple[tuple[str, bytes], ...]:
    folder = shared_folder("corpus")
    if folder is None:
        return ()
    return tuple(
        (str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*.json"))
    )


def _filled(raw: bytes) -> bytes:
    """Test suites blank out ids and leave holes for variables; with ids in their places these are real documents."""
    raw = raw.replace(b"SCRUBBED_ID", b"https://kbin.test/scrubbed").replace(b"\\\\/", b"/")
    raw = re.sub(rb"\{\{\w+\}\}", b"https://hole.example/x", raw)
    return re.sub(rb"`\s*\+\s*[\w.()]+\s*\+?\s*`?", b"https://hole.example/x", raw)


def outcome(raw: bytes) -> str:
    """`ok`, or the reason of the refusal; also checks that what was read can be written and read again."""
    try:
        thing = decode(parse(raw))
    except FederationError as refusal:
        assert REASON.fullmatch(refusal.reason), refusal.reason
        return refusal.reason
    assert decode(json.loads(json.dumps(encode(thing)))) == thing
    return "ok"


def test_every_document_decodes_or_is_refused_by_name() -> None:
    shared_path("corpus")
    assert len(documents()) > 600
    for _, raw in documents():
        outcome(raw)


def test_real_documents_decode() -> None:
    shared_path("corpus")
    census: Counter[str] = Counter()
    refused: dict[str, str] = {}
    for name, raw in documents():
        if (
            name.startswith("_")
            or b'"type"' not in raw
            or b"nodeinfo.diaspora" in raw
            or b'"subject"' in raw[:60]
        ):
            continue
        found = outcome(_filled(raw))
        census[found] += 1
        if found != "ok":
            refused[name] = found
    share = census["ok"] / census.total()
    report = "\n".join(f"{reason:28} {name}" for name, reason in refused.items())
    assert census.total() > 380, census
    assert share >= FLOOR, f"{share:.1%} decode: {census}\n{report}"


def test_documents_that_must_fail_do() -> None:
    folder = shared_path("corpus") / "_w3c-activitystreams"
    expected = {
        "number-as-actor": "actor-not-iri",
        "number-as-context": "context-shape",
        "number-as-id": "id-not-text",
        "number-as-object": "object-shape",
    }
    for name, reason in expected.items():
        assert outcome((folder / f"test__fail__{name}-2.json").read_bytes()) == reason


JSON_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "https://a.example/x",
            "as:Public",
            "Note",
            "Create",
            "Person",
            "2026-11-23T12:00:00Z",
            "@id",
            "https://[::1/",
        ]
    )
)
KEYS = st.sampled_from(
    [
        "@context",
        "@id",
        "@type",
        "@graph",
        "@value",
        "@list",
        "id",
        "type",
        "actor",
        "object",
        "attributedTo",
        "to",
        "cc",
        "tag",
        "attachment",
        "url",
        "icon",
        "name",
        "content",
        "contentMap",
        "inbox",
        "publicKey",
        "endpoints",
        "first",
        "items",
        "orderedItems",
        "oneOf",
        "source",
        "inReplyTo",
        "published",
        "href",
        "as:actor",
    ]
) | st.text(max_size=6)
JSON_VALUES = st.recursive(
    JSON_SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += _paths(item, (*path, key))
    return found


def _mutated(document: Any, path: tuple[Any, ...], value: Any, how: str) -> Any:
    document = json.loads(json.dumps(document))
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if how == "drop":
        del holder[path[-1]]
    elif how == "wrap":
        holder[path[-1]] = [holder[path[-1]]]
    elif how == "double":
        holder[path[-1]] = [holder[path[-1]], value]
    else:
        holder[path[-1]] = value
    return document


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.data())
def test_mutated_documents_raise_nothing_else(data: st.DataObject) -> None:
    shared_path("corpus")
    name, raw = data.draw(st.sampled_from(documents()))
    document = json.loads(raw)
    paths = _paths(document)
    if not paths:
        return
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_paths(document) or [()]))
        if not path:
            break
        how = data.draw(st.sampled_from(["replace", "drop", "wrap", "double"]))
        document = _mutated(document, path, data.draw(JSON_VALUES), how)
    assert outcome(json.dumps(document).encode()), name


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, JSON_VALUES, max_size=10))
def test_arbitrary_json_raises_nothing_else(document: dict[str, Any]) -> None:
    # not through the gate: decode is total by itself
    try:
        decode(document)
    except FederationError as refusal:
        assert REASON.fullmatch(refusal.reason)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64) | st.text(alphabet='{}[]":,\\u0d8eE1.-ntf ', max_size=40).map(str.encode))
def test_arbitrary_bytes_raise_nothing_else(raw: bytes) -> None:
    assert outcome(raw)
