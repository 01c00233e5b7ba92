"""How single values are read, in every shape that peers send: text, ids, times, numbers, flags, recipients.

A value of a wrong type is dropped (None) where it merely describes, and refused as Malformed where trust or reach
hangs on it: `strict_iri`, `sole_iri`, `recipients`.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from federation.errors import Malformed
from federation.iri import canonical_iri, find_iri
from federation.types import Iri, Json, JsonObject
from federation.vocab.base import MAX_RECIPIENTS, PUBLIC, PUBLIC_SPELLINGS, Reader

MAX_COUNT: Final = 2**53 - 1

_PREFIXES: Final = frozenset({"as", "toot", "schema", "sc", "litepub", "lemmy", "sec", "vcard", "misskey"})
_NAMESPACES: Final = (
    "https://www.w3.org/ns/activitystreams#",
    "http://www.w3.org/ns/activitystreams#",
    "http://joinmastodon.org/ns#",
    "http://litepub.social/ns#",
    "http://schema.org#",
    "http://schema.org/",
    "https://schema.org/",
    "https://w3id.org/security#",
    "https://w3id.org/fep/044f#",
)


def bare_type(name: str) -> str:
    """A type without the prefix or namespace of a known vocabulary."""
    if ":" not in name:
        return name
    prefix, _, local = name.partition(":")
    if prefix in _PREFIXES and local:
        return local
    for namespace in _NAMESPACES:
        if name.startswith(namespace) and len(name) > len(namespace):
            return name[len(namespace) :]
    return name


def types_of(document: JsonObject) -> tuple[str, ...]:
    """The types of a document, bare, in order; empty where it has none."""
    value = document.get("type")
    if isinstance(value, str):
        return (bare_type(value),) if value else ()
    if isinstance(value, list):
        return tuple(bare_type(item) for item in value[:8] if isinstance(item, str) and item)
    return ()


def first(value: Json) -> Json:
    """The first of a list, or the value itself."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def listed(value: Json) -> list[Json]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def text(value: Json, _depth: int = 0) -> str | None:
    if isinstance(value, list):
        value = first(value)
    return value if isinstance(value, str) else None


def texts(value: Json, _depth: int = 0) -> tuple[str, ...] | None:
    return tuple(item for item in listed(value) if isinstance(item, str)) or None


def text_map(value: Json, _depth: int = 0) -> dict[str, str] | None:
    """A map of language to text."""
    if not isinstance(value, dict):
        return None
    return {
        key: item
        for key, item in value.items()
        if isinstance(item, str) and 0 < len(key) <= 35 and not key.startswith("@")
    } or None


def first_of_map(value: Json, _depth: int = 0) -> str | None:
    """One text of a language map, where a document has no plain text."""
    found = text_map(value)
    return next(iter(found.values())) if found else None


def iri(value: Json, _depth: int = 0) -> Iri | None:
    """The id that a value names: a string, a thing with an id, a link with an href, or the first of a list."""
    if isinstance(value, str):
        return find_iri(value)
    if isinstance(value, list):
        return iri(value[0]) if value and not isinstance(value[0], list) else None
    if isinstance(value, dict):
        return find_iri(value.get("id") or value.get("href"))
    return None


def iris(value: Json, _depth: int = 0) -> tuple[Iri, ...] | None:
    """Each id that a value names, once."""
    found = dict.fromkeys(iri(item) for item in listed(value)[:MAX_RECIPIENTS] if not isinstance(item, list))
    return tuple(item for item in found if item is not None) or None


def strict_iri(reason: str) -> Reader:
    """A reader of an id that must be one where it is present; an embedded thing counts by its id."""

    def read(value: Json, _depth: int = 0) -> Iri | None:
        found = iri(value) if not isinstance(value, list) or len(value) == 1 else None
        if found is None:
            raise Malformed(reason)
        return found

    return read


def document_id(document: JsonObject) -> Iri | None:
    """The id of a document; None where it is absent or null."""
    value = document.get("id")
    if value is None:
        return None
    if not isinstance(value, str):
        raise Malformed("id-not-text")
    try:
        return canonical_iri(value)
    except Malformed:
        raise Malformed("id-not-iri") from None


def sole_iri(value: Json, reason: str) -> Iri | None:
    """The one id that a value names: string, object or a list that names one. Several are refused, so is nonsense.

    One exception: PeerTube names the Person and then their channel, a Group. That list counts as its Person.
    """
    if isinstance(value, str):
        found = find_iri(value)
        if found is None:
            raise Malformed(f"{reason}-not-iri")
        return found
    if not isinstance(value, list):
        value = [value]
    if not value:
        return None
    people = [item for item in value if isinstance(item, dict) and "Person" in types_of(item)]
    others = [item for item in value if not (isinstance(item, dict) and "Group" in types_of(item))]
    if len(value) > 1 and len(people) == 1 and len(others) == 1:
        value = people
    found_ids = {None if isinstance(item, list) else iri(item) for item in value}
    if None in found_ids:
        raise Malformed(f"{reason}-not-iri")
    if len(found_ids) > 1:
        raise Malformed(f"{reason}-several")
    return found_ids.pop()


def recipients(value: Json, _depth: int = 0) -> tuple[Iri, ...] | None:
    """Ids of `to`, `cc` and their like, each once; Public in one spelling. What is not an id reaches nobody."""
    if isinstance(value, str):
        return (PUBLIC,) if value in PUBLIC_SPELLINGS else _one(find_iri(value))
    items = listed(value)
    if len(items) > MAX_RECIPIENTS:
        raise Malformed("too-many-recipients")
    found: dict[Iri, None] = {}
    for item in items:
        name = item.get("id") or item.get("href") if isinstance(item, dict) else item
        if isinstance(name, str):
            known = PUBLIC if name in PUBLIC_SPELLINGS else find_iri(name)
            if known is not None:
                found[known] = None
    return tuple(found) or None


def _one(found: Iri | None) -> tuple[Iri, ...] | None:
    return None if found is None else (found,)


def page_url(value: Json, _depth: int = 0) -> Iri | None:
    """The address of the page: of several links the first that is HTML, else the first that is an address."""
    if isinstance(value, str):
        return find_iri(value)
    fallback: Iri | None = None
    for item in listed(value)[:64]:
        found = iri(item) if not isinstance(item, list) else None
        if found is None:
            continue
        if not isinstance(item, dict) or item.get("mediaType") == "text/html":
            return found
        fallback = fallback or found
    return fallback


def moment(value: Json, _depth: int = 0) -> datetime | None:
    """A time in UTC; one without an offset is taken as UTC. Dates outside the calendar are dropped."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(value: datetime) -> str:
    """`2026-11-23T01:02:03Z`, with a fraction where there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def flag(value: Json, _depth: int = 0) -> bool | None:
    return value if isinstance(value, bool) else None


def count(value: Json, _depth: int = 0) -> int | None:
    """A number that counts something: a whole one, not negative, exact in JSON."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_COUNT else None


def number(value: Json, _depth: int = 0) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) else None


def write_list(value: tuple[Any, ...]) -> Json:
    return list(value)
