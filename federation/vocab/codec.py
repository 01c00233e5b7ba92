"""JSON <-> vocabulary. `parse` for bytes, `decode` for a normalised document, `encode` for the way back.

decode is total: it answers a thing or raises FederationError, whatever JSON it is given. What it reads of unknown types:
with an actor and an object an Activity, else an Object, each with the type as written. A document whose types belong to
two kinds of things is refused, and so is one without a type, except that embedded it counts by its id.
decode(encode(thing)) == thing for things in canonical form (canonical ids, UTC times, within the limits of `base`).
"""

from __future__ import annotations

from typing import Final, TypeAlias

from federation.errors import Malformed
from federation.iri import find_iri
from federation.jsonld.normalise import normalise
from federation.types import Json, JsonObject
from federation.vocab.activities import ACTIVITY_TYPES, Activity, build_table, read_activity
from federation.vocab.actors import ACTOR_TYPES, Actor, ActorKey, read_actor, read_key, write_actor
from federation.vocab.base import (
    MAX_ITEMS,
    MAX_NESTING,
    MAX_OBJECTS,
    PUBLIC,
    PUBLIC_SPELLINGS,
    Reference,
    References,
    Thing,
)
from federation.vocab.collections import COLLECTION_TYPES, Collection, build_tables, read_collection
from federation.vocab.contexts import context_for
from federation.vocab.gate import parse
from federation.vocab.links import Link, read_link, write_link
from federation.vocab.objects import OBJECT_TYPES, Object, read_object, write_object
from federation.vocab.shapes import iri, types_of

__all__ = ["Decoded", "decode", "decode_key", "encode", "parse"]

Decoded: TypeAlias = Actor | Object | Activity | Collection | Link

_LINK_TYPES: Final = frozenset({"Link", "Mention", "Hashtag"})
_KINDS: Final[dict[str, str]] = {
    **dict.fromkeys(ACTOR_TYPES, "actor"),
    **dict.fromkeys(ACTIVITY_TYPES, "activity"),
    **dict.fromkeys(OBJECT_TYPES, "object"),
    **dict.fromkeys(COLLECTION_TYPES, "collection"),
    **dict.fromkeys(_LINK_TYPES, "link"),
}


def decode(document: JsonObject) -> Decoded:
    """The thing that a document describes, or Malformed with the reason."""
    return _decode(normalise(document), 0)


def decode_key(document: JsonObject) -> ActorKey:
    """The key that a document of its own describes, or the first that an actor's document lists."""
    normal = normalise(document)
    inner = normal.get("publicKey")
    found = read_key(normal)
    if found is None and isinstance(inner, dict):
        found = read_key(inner)
    if found is None:
        raise Malformed("key-missing")
    return found


def encode(thing: Decoded) -> JsonObject:
    """The document of a thing, with its context."""
    return {"@context": context_for(thing), **_write(thing)}


def _kind(document: JsonObject) -> tuple[str, str]:
    """What kind of thing a document is, and its type."""
    types = types_of(document)
    if not types:
        raise Malformed("type-missing")
    known = [name for name in types if name in _KINDS]
    kinds = {_KINDS[name] for name in known}
    if len(kinds) > 1:
        raise Malformed("type-ambiguous")
    if known:
        return _KINDS[known[0]], known[0]
    return ("activity" if "actor" in document and "object" in document else "object"), types[0]


def _decode(document: JsonObject, depth: int) -> Decoded:
    if depth > MAX_NESTING:
        raise Malformed("nested-too-deep")
    kind, name = _kind(document)
    if kind == "activity":
        return read_activity(document, name, depth, _ACTIVITY)
    if kind == "actor":
        return read_actor(document, name, depth)
    if kind == "collection":
        return read_collection(document, name, depth, _ORDERED if name.startswith("Ordered") else _PLAIN)
    if kind == "link":
        link = read_link(document)
        if link is None:
            raise Malformed("href-missing")
        return link
    return read_object(document, name, depth)


def _read_reference(value: Json, depth: int) -> Reference:
    """One thing that is named or embedded."""
    if isinstance(value, str):
        found = PUBLIC if value in PUBLIC_SPELLINGS else find_iri(value)
        if found is None:
            raise Malformed("object-not-iri")
        return found
    if not isinstance(value, dict):
        raise Malformed("object-shape")
    types = types_of(value)
    named = iri(value)
    if named is not None and (
        not types
        or _LINK_TYPES.issuperset(types)
        # who did it is not said: only its id counts
        or ("actor" not in value and ACTIVITY_TYPES.issuperset(types))
    ):
        return named
    return _decode(value, depth + 1)


def _read_references(value: Json, depth: int) -> References:
    if not isinstance(value, list):
        return _read_reference(value, depth)
    if len(value) > MAX_OBJECTS:
        raise Malformed("too-many-objects")
    found = tuple(_read_reference(item, depth) for item in value if item is not None)
    if len(found) == 1:
        return found[0]
    return found or None


def _read_side(value: Json, depth: int) -> References:
    """What stands beside the object (target, instrument …): dropped where it cannot be read, as anonymous software is."""
    try:
        return _read_references(value, depth)
    except Malformed:
        return None


def _read_items(value: Json, depth: int) -> tuple[Reference, ...] | None:
    """The items of a collection; one that cannot be read is dropped and does not cost the others."""
    found: list[Reference] = []
    for item in (value if isinstance(value, list) else [value])[:MAX_ITEMS]:
        try:
            found.append(_read_reference(item, depth))
        except Malformed:
            continue
    return tuple(found) or None


def _read_page(value: Json, depth: int) -> Reference | None:
    if isinstance(value, dict) and _kind_or_none(value) == "collection":
        return _decode(value, depth + 1)
    return iri(value)


def _kind_or_none(document: JsonObject) -> str | None:
    try:
        return _kind(document)[0]
    except Malformed:
        return None


def _write(thing: Thing) -> JsonObject:
    if isinstance(thing, Activity):
        return _ACTIVITY.write(thing)
    if isinstance(thing, Object):
        return write_object(thing)
    if isinstance(thing, Actor):
        return write_actor(thing)
    if isinstance(thing, Collection):
        return (_ORDERED if thing.ordered else _PLAIN).write(thing)
    if isinstance(thing, Link):
        return write_link(thing)
    raise TypeError(f"{type(thing).__name__} stands inside other things only")


def _write_reference(reference: Reference) -> Json:
    return _write(reference) if isinstance(reference, Thing) else reference


def _write_references(value: References) -> Json:
    if isinstance(value, tuple):
        return [_write_reference(item) for item in value]
    return None if value is None else _write_reference(value)


def _write_items(value: tuple[Reference, ...]) -> Json:
    return [_write_reference(item) for item in value]


_ACTIVITY: Final = build_table(_read_references, _read_side, _write_references)
_PLAIN, _ORDERED = build_tables(_read_items, _write_items, _read_page, _write_reference)
