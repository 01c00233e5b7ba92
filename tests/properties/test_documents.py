"""Properties of documents: one origin for each spelling, encode and decode inverse, audiences that never widen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyld import jsonld

from federation.audience import PUBLIC, Audience, Visibility, read_audience, write_audience
from federation.errors import Malformed
from federation.iri import (
    canonical_iri,
    canonical_origin,
    origin_of,
    parse_handle,
    same_origin,
    strip_fragment,
)
from federation.jsonld.normalise import load_frozen
from federation.keys import PrivateKey
from federation.types import Iri
from federation.vocab.activities import ACTIVITY_TYPES, Activity
from federation.vocab.actors import ACTOR_TYPES, Actor, ActorKey, Generator
from federation.vocab.base import Thing
from federation.vocab.codec import decode, encode, parse
from federation.vocab.collections import COLLECTION_TYPES, Collection
from federation.vocab.links import Emoji, Hashtag, Link, Media, Mention, PropertyValue
from federation.vocab.objects import (
    Object,
    Place,
    PollOption,
    Question,
    Relationship,
    Source,
    Tombstone,
)

# Origins

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--"
)
NAMES = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(LABELS, max_size=3),
    st.from_regex(r"[a-z]{2,8}", fullmatch=True),
)
UNICODE_NAMES = st.builds(
    lambda label, host: f"{label}.{host}",
    st.text(alphabet="äöüéàçñøåβγжшあ漢", min_size=1, max_size=6),
    NAMES,
)
PORTS = st.integers(1, 65535)


@st.composite
def spelled(draw: st.DrawFn, host: str) -> str:
    """The same host in another case, with or without the final dot."""
    letters = "".join(draw(st.sampled_from([c.lower(), c.upper()])) for c in host)
    return letters + draw(st.sampled_from(["", "."]))


@given(st.data(), NAMES, PORTS)
def test_spellings_of_one_origin_are_one(data: st.DataObject, host: str, port: int) -> None:
    plain = canonical_origin(f"{host}:{port}")
    assert plain == (host if port == 443 else f"{host}:{port}")
    other = data.draw(spelled(host))
    assert canonical_origin(f"{other}:{port}") == plain
    assert origin_of(f"HTTPS://{other}:{port}/x") == plain
    assert same_origin(f"https://{other}:{port}/x", f"https://{host}:{port}#y")
    assert parse_handle(f"@ana@{other}:{port}") == ("ana", plain)


@given(NAMES, NAMES, PORTS, PORTS)
def test_different_origins_stay_different(one: str, other: str, first: int, second: int) -> None:
    assume((one, first) != (other, second))
    assert canonical_origin(f"{one}:{first}") != canonical_origin(f"{other}:{second}")


@given(UNICODE_NAMES)
def test_unicode_and_a_labels_are_one_origin(host: str) -> None:
    try:
        origin = canonical_origin(host)
    except Malformed:
        return
    assert origin.isascii()
    assert canonical_origin(origin) == origin
    assert canonical_origin(host.upper()) == origin
    assert canonical_origin(host.replace(".", "。")) == origin


@given(st.integers(0, 2**32 - 1))
def test_each_spelling_of_an_ipv4_address_is_one(number: int) -> None:
    a, b, c, d = number.to_bytes(4, "big")
    plain = f"{a}.{b}.{c}.{d}"
    spellings = [
        plain,
        str(number),
        hex(number),
        f"{a:#x}.{b}.{c * 256 + d}",
        f"0{a:o}.{b:#x}.{c}.{d}",
        f"[::ffff:{plain}]",
        f"[::ffff:{a * 256 + b:x}:{c * 256 + d:x}]",
    ]
    assert {canonical_origin(spelling) for spelling in spellings} == {plain}


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z0-9.:\[\]%@-]{0,24}", fullmatch=True))
def test_canonical_origins_are_fixed_points(text: str) -> None:
    try:
        origin = canonical_origin(text)
    except Malformed:
        return
    assert canonical_origin(origin) == origin
    assert origin == origin.lower()
    assert "@" not in origin
    assert "/" not in origin


@given(
    st.sampled_from(["https", "http", "HTTPS"]),
    NAMES,
    st.none() | PORTS,
    st.text(alphabet="abcXYZ/.~%?=&-_:@ü", max_size=20),
    st.none() | st.text(alphabet="abc-/", max_size=8),
)
def test_canonical_ids_are_fixed_points(
    scheme: str, host: str, port: int | None, path: str, fragment: str | None
) -> None:
    authority = host if port is None else f"{host}:{port}"
    tail = "" if fragment is None else f"#{fragment}"
    text = f"{scheme}://{authority}/{path}{tail}"
    iri = canonical_iri(text)
    assert canonical_iri(iri) == iri
    assert iri.endswith(f"/{path}{tail}")
    assert origin_of(iri) == origin_of(text)
    assert strip_fragment(iri) + tail == iri


# Things

IRIS = st.builds(lambda n: Iri(f"https://peer{n % 3}.example/things/{n}"), st.integers(0, 60))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
FILLED = TEXTS.filter(bool)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
COUNTS = st.integers(0, 2**53 - 1)
RECIPIENTS = st.lists(IRIS | st.just(PUBLIC), max_size=4, unique=True).map(tuple)
LANGUAGES = st.sampled_from(["en", "fr", "pt-BR"])
RSA = PrivateKey.generate_rsa().public
ED25519 = PrivateKey.generate_ed25519().public


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


MEDIA = st.builds(
    Media,
    type=st.sampled_from(["Image", "Document", "Video", "Audio"]),
    url=IRIS,
    media_type=maybe(st.just("image/png")),
    name=maybe(TEXTS),
    blurhash=maybe(FILLED),
    width=maybe(COUNTS),
    height=maybe(COUNTS),
    focal_point=maybe(st.tuples(st.floats(-1, 1), st.floats(-1, 1))),
    size=maybe(COUNTS),
    digest=maybe(FILLED),
)
TAGS = some(
    st.builds(Mention, href=IRIS, name=maybe(TEXTS))
    | st.builds(Hashtag, name=FILLED, href=maybe(IRIS))
    | st.builds(Emoji, id=maybe(IRIS), name=FILLED, icon=MEDIA, updated=maybe(TIMES))
    | st.builds(Link, href=IRIS, name=maybe(TEXTS), media_type=maybe(FILLED), rel=some(st.just("next"), 1))
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """The content with its map: where there is a map there is a plain text."""
    content = draw(maybe(TEXTS))
    languages = {} if content is None else draw(st.dictionaries(LANGUAGES, TEXTS, max_size=2))
    return {"content": content, "content_map": languages}


OBJECT_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": maybe(IRIS),
    "attributed_to": maybe(IRIS),
    "name": maybe(TEXTS),
    "summary": maybe(TEXTS),
    "media_type": maybe(FILLED),
    "source": maybe(st.builds(Source, content=TEXTS, media_type=maybe(FILLED))),
    "url": maybe(IRIS),
    "in_reply_to": maybe(IRIS),
    "context": maybe(IRIS),
    "conversation": maybe(FILLED),
    "published": maybe(TIMES),
    "updated": maybe(TIMES),
    "start_time": maybe(TIMES),
    "end_time": maybe(TIMES),
    "duration": maybe(FILLED),
    "to": RECIPIENTS,
    "cc": RECIPIENTS,
    "bto": RECIPIENTS,
    "bcc": RECIPIENTS,
    "audience": RECIPIENTS,
    "tag": TAGS,
    "attachment": some(MEDIA),
    "icon": maybe(MEDIA),
    "image": maybe(MEDIA),
    "sensitive": st.booleans(),
    "replies": maybe(IRIS),
    "likes": maybe(IRIS),
    "shares": maybe(IRIS),
    "quote": maybe(IRIS),
    "quote_authorization": maybe(IRIS),
    "generator": maybe(IRIS),
}
OPTIONS = some(st.builds(PollOption, name=TEXTS, votes=maybe(COUNTS)))


def _objects(kind: Any, types: list[str], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = {"type": st.sampled_from(types), **OBJECT_FIELDS, **more}
    return st.tuples(st.fixed_dictionaries(fields), contents()).map(lambda pair: kind(**pair[0], **pair[1]))


OBJECTS = st.one_of(
    _objects(Object, ["Note", "Article", "Page", "Video", "Event", "Document", "ChatMessage", "Sculpture"]),
    _objects(
        Question,
        ["Question"],
        one_of=OPTIONS,
        any_of=OPTIONS,
        closed=maybe(st.booleans() | TIMES),
        voters_count=maybe(COUNTS),
    ),
    _objects(Tombstone, ["Tombstone"], former_type=maybe(FILLED), deleted=maybe(TIMES)),
    _objects(
        Relationship, ["Relationship"], subject=maybe(IRIS), object=maybe(IRIS), relationship=maybe(FILLED)
    ),
    _objects(
        Place,
        ["Place"],
        latitude=maybe(st.floats(-90, 90)),
        longitude=maybe(st.floats(-180, 180)),
    ),
)
KEYS = some(st.builds(ActorKey, id=IRIS, owner=IRIS, key=st.sampled_from([RSA, None])), 2)
MULTIKEYS = some(st.builds(ActorKey, id=IRIS, owner=IRIS, key=st.sampled_from([ED25519, RSA, None])), 2)
UNIQUE_IRIS = st.lists(IRIS, max_size=3, unique=True).map(tuple)
ACTORS = st.builds(
    Actor,
    id=IRIS,
    type=st.sampled_from(sorted(ACTOR_TYPES)),
    preferred_username=maybe(FILLED),
    name=maybe(TEXTS),
    summary=maybe(TEXTS),
    url=maybe(IRIS),
    icon=maybe(MEDIA),
    image=maybe(MEDIA),
    inbox=maybe(IRIS),
    outbox=maybe(IRIS),
    followers=maybe(IRIS),
    following=maybe(IRIS),
    featured=maybe(IRIS),
    featured_tags=maybe(IRIS),
    shared_inbox=maybe(IRIS),
    public_keys=KEYS,
    assertion_methods=MULTIKEYS,
    manually_approves_followers=st.booleans(),
    discoverable=maybe(st.booleans()),
    indexable=maybe(st.booleans()),
    memorial=st.booleans(),
    suspended=st.booleans(),
    sensitive=st.booleans(),
    posting_restricted=st.booleans(),
    moved_to=maybe(IRIS),
    also_known_as=UNIQUE_IRIS,
    moderators=maybe(IRIS),
    attachment=some(st.builds(PropertyValue, name=TEXTS, value=TEXTS)),
    tag=TAGS,
    published=maybe(TIMES),
    updated=maybe(TIMES),
    webfinger=maybe(FILLED),
    generator=maybe(st.builds(Generator, id=IRIS, name=maybe(TEXTS), implements=UNIQUE_IRIS)),
    implements=UNIQUE_IRIS,
)


def _activities(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    one = IRIS | inner
    side = maybe(one | st.lists(one, min_size=2, max_size=3).map(tuple))
    return st.builds(
        Activity,
        id=maybe(IRIS),
        type=st.sampled_from(sorted(ACTIVITY_TYPES)),
        actor=IRIS,
        object=one | st.lists(one, min_size=2, max_size=3).map(tuple),
        target=side,
        origin=side,
        instrument=side,
        result=side,
        name=maybe(TEXTS),
        summary=maybe(TEXTS),
        content=maybe(TEXTS),
        in_reply_to=maybe(IRIS),
        published=maybe(TIMES),
        updated=maybe(TIMES),
        end_time=maybe(TIMES),
        to=RECIPIENTS,
        cc=RECIPIENTS,
        bto=RECIPIENTS,
        bcc=RECIPIENTS,
        audience=RECIPIENTS,
        tag=TAGS,
    )


def _collections(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(first: Any) -> st.SearchStrategy[Any]:
        return st.builds(
            Collection,
            id=maybe(IRIS),
            type=st.sampled_from(sorted(COLLECTION_TYPES)),
            name=maybe(TEXTS),
            summary=maybe(TEXTS),
            attributed_to=maybe(IRIS),
            total_items=maybe(COUNTS),
            first=first,
            last=maybe(IRIS),
            next=maybe(IRIS),
            prev=maybe(IRIS),
            current=maybe(IRIS),
            part_of=maybe(IRIS),
            start_index=maybe(COUNTS),
            items=some(IRIS | inner),
            published=maybe(TIMES),
            updated=maybe(TIMES),
            to=RECIPIENTS,
            cc=RECIPIENTS,
        )

    return build(maybe(IRIS | build(maybe(IRIS))))


LINKS = st.builds(Link, href=IRIS, name=maybe(TEXTS), media_type=maybe(FILLED))
EMBEDDED = OBJECTS | ACTORS
THINGS = (
    OBJECTS
    | ACTORS
    | LINKS
    | _activities(EMBEDDED | _activities(OBJECTS))
    | _collections(EMBEDDED | _activities(OBJECTS))
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(THINGS)
def test_decode_is_the_inverse_of_encode(thing: Thing) -> None:
    document = encode(thing)  # type: ignore[arg-type]
    wire = json.dumps(document, ensure_ascii=False).encode()
    read = decode(parse(wire))
    assert read == thing
    # and the other way round: on documents of ours nothing is lost
    assert encode(read) == document


def _members(document: Any) -> set[str]:
    if isinstance(document, list):
        return set().union(*map(_members, document)) if document else set()
    if not isinstance(document, dict):
        return set()
    found = set(document) - {"@context"}
    for key, item in document.items():
        if key not in {"@context", "contentMap"}:
            found |= _members(item)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(OBJECTS | ACTORS | _activities(EMBEDDED))
def test_the_context_defines_each_member_that_is_written(thing: Thing) -> None:
    document = encode(thing)  # type: ignore[arg-type]
    # one statement for each member, so that what no context defines shows as a blank property
    flat = {
        member: "https://x.example/"
        for member in _members(document)
        if member not in {"id", "type", "contentMap"}
    }
    expanded = jsonld.expand({"@context": document["@context"], **flat}, {"documentLoader": load_frozen})
    properties = expanded[0] if expanded else {}
    assert not [name for name in properties if name.startswith("_:")]
    assert len(properties) >= len(flat) - 1  # items and orderedItems are one


# Audiences

FOLLOWERS = Iri("https://home.example/actors/1/followers")
ADDRESSES = st.lists(IRIS | st.sampled_from([PUBLIC, FOLLOWERS, Iri("as:Public")]), max_size=5)


@given(ADDRESSES, ADDRESSES, st.sampled_from([None, FOLLOWERS]), ADDRESSES)
def test_a_round_trip_changes_nothing(
    to: list[Iri], cc: list[Iri], followers: Iri | None, audience: list[Iri]
) -> None:
    read = read_audience(to, cc, followers, audience)
    again = read_audience(*write_audience(read), followers)
    assert again.visibility.rank <= read.visibility.rank
    assert set(again.named) <= set(read.named)
    if read.visibility is not Visibility.DIRECT or read.followers is None:
        assert again.visibility is read.visibility


@given(
    st.sampled_from(list(Visibility)),
    maybe(st.just(FOLLOWERS)),
    st.lists(IRIS | st.just(PUBLIC), max_size=4).map(tuple),
)
def test_what_is_written_is_never_wider(
    visibility: Visibility, followers: Iri | None, named: tuple[Iri, ...]
) -> None:
    audience = Audience(visibility=visibility, followers=followers, named=named)
    to, cc = write_audience(audience)
    read = read_audience(to, cc, FOLLOWERS)
    assert read.visibility.rank <= visibility.rank
    assert set(read.named) <= set(named)
    if visibility in {Visibility.DIRECT, Visibility.FOLLOWERS}:
        assert PUBLIC not in (*to, *cc)
    if visibility is Visibility.DIRECT:
        assert FOLLOWERS not in (*to, *cc)
