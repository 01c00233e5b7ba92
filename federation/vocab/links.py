"""What hangs on an object: links, mentions, hashtags, custom emoji, media, profile fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from federation.types import Iri, Json, JsonObject
from federation.vocab.base import MAX_ATTACHMENTS, MAX_FIELDS, MAX_TAGS, Field, Table, Thing
from federation.vocab.shapes import (
    count,
    first,
    iri,
    listed,
    moment,
    number,
    text,
    types_of,
    write_list,
    write_moment,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Thing):
    """A link with its own properties. rel: relation types (FEP-e232 marks quotes so)."""

    type: str = "Link"
    href: Iri
    name: str | None = None
    media_type: str | None = None
    rel: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(Thing):
    """href: the id of who is mentioned. name: as written, `@name@host`."""

    type: str = "Mention"
    href: Iri
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtag(Thing):
    """name: as written, with or without its sign."""

    type: str = "Hashtag"
    name: str
    href: Iri | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media(Thing):
    """A picture, sound, film, file or linked page. focal_point: x and y from -1 to 1. digest: a multibase multihash."""

    type: str = "Document"
    url: Iri
    media_type: str | None = None
    name: str | None = None
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    focal_point: tuple[float, float] | None = None
    size: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emoji(Thing):
    """name: the shortcode as written, `:name:`. icon: its picture."""

    type: str = "Emoji"
    name: str
    icon: Media
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyValue(Thing):
    """One line of a profile. value: HTML."""

    type: str = "PropertyValue"
    name: str
    value: str = ""


Tag: TypeAlias = Link | Mention | Hashtag | Emoji


def _relations(value: Json, _depth: int = 0) -> tuple[str, ...] | None:
    found = (
        value.split() if isinstance(value, str) else [item for item in listed(value) if isinstance(item, str)]
    )
    return tuple(found[:16]) or None


def _address(value: Json, _depth: int = 0) -> Iri | None:
    """The first address of a medium: PeerTube lists one per resolution."""
    for item in listed(value)[:16]:
        found = iri(item) if not isinstance(item, list) else None
        if found is not None:
            return found
    return None


def _focal_point(value: Json, _depth: int = 0) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = number(value[0]), number(value[1])
    return (x, y) if x is not None and y is not None and abs(x) <= 1 and abs(y) <= 1 else None


def read_media(value: Json, depth: int = 0) -> Media | None:
    """A medium given as a string, an object, a link, or the first of a list of them."""
    value = first(value)
    if isinstance(value, str):
        address = iri(value)
        return None if address is None else Media(type="Image", url=address)
    if not isinstance(value, dict):
        return None
    found = _MEDIA.read(value, depth)
    if "url" not in found:
        return None
    return Media(type=next(iter(types_of(value)), "Document"), **found)


def write_media(media: Media) -> JsonObject:
    return _MEDIA.write(media)


def read_attachments(value: Json, _depth: int = 0) -> tuple[Media, ...] | None:
    """The media among attachments. Without an address there is nothing to show, so such entries are dropped."""
    found = [read_media(item) for item in listed(value)[:MAX_ATTACHMENTS] if isinstance(item, dict)]
    return tuple(item for item in found if item is not None) or None


def write_attachments(value: tuple[Media, ...]) -> list[JsonObject]:
    return [_MEDIA.write(item) for item in value]


def read_properties(value: Json, _depth: int = 0) -> tuple[PropertyValue, ...] | None:
    """The profile fields among an actor's attachments."""
    found = []
    for item in listed(value)[:MAX_FIELDS]:
        if isinstance(item, dict) and "PropertyValue" in types_of(item):
            name, content = text(item.get("name")), text(item.get("value"))
            if name is not None:
                found.append(PropertyValue(name=name, value=content or ""))
    return tuple(found) or None


def write_properties(value: tuple[PropertyValue, ...]) -> list[JsonObject]:
    return [{"type": "PropertyValue", "name": item.name, "value": item.value} for item in value]


def read_link(document: JsonObject, depth: int = 0) -> Link | None:
    """A Link of any of its types; None without a usable href."""
    found = _LINK.read(document, depth)
    if "href" not in found:
        return None
    return Link(type=next(iter(types_of(document)), "Link"), **found)


def write_link(link: Link) -> JsonObject:
    return _LINK.write(link)


def read_tags(value: Json, depth: int = 0) -> tuple[Tag, ...] | None:
    """The tags that are understood. Others, bare strings among them, are dropped."""
    found = []
    for item in listed(value)[:MAX_TAGS]:
        if isinstance(item, dict):
            tag = _read_tag(item, depth)
            if tag is not None:
                found.append(tag)
    return tuple(found) or None


def _read_tag(document: JsonObject, depth: int) -> Tag | None:
    kind = next(iter(types_of(document)), None)
    if kind == "Mention":
        found = _MENTION.read(document, depth)
        return Mention(**found) if "href" in found else None
    if kind == "Hashtag":
        found = _HASHTAG.read(document, depth)
        return Hashtag(**found) if found.get("name") else None
    if kind == "Emoji":
        found = _EMOJI.read(document, depth)
        if "icon" not in found or not found.get("name"):
            return None
        return Emoji(id=iri(document.get("id")), **found)
    return read_link(document, depth) if kind == "Link" else None


def write_tags(value: tuple[Tag, ...]) -> list[JsonObject]:
    return [_TAG_TABLES[type(item)].write(item) for item in value]


_LINK = Table(
    Link,
    (
        Field("href", "href", iri),
        Field("name", "name", text),
        Field("mediaType", "media_type", text),
        Field("rel", "rel", _relations, write_list),
    ),
)
_MENTION = Table(Mention, (Field("href", "href", iri), Field("name", "name", text)))
_HASHTAG = Table(Hashtag, (Field("href", "href", iri), Field("name", "name", text)))
_MEDIA = Table(
    Media,
    (
        Field("mediaType", "media_type", text),
        Field("url", "url", _address),
        Field("name", "name", text),
        Field("blurhash", "blurhash", text),
        Field("width", "width", count),
        Field("height", "height", count),
        Field("focalPoint", "focal_point", _focal_point, write_list),
        Field("size", "size", count),
        Field("digestMultibase", "digest", text),
    ),
    aliases={"href": "url", "summary": "name"},
)
_EMOJI = Table(
    Emoji,
    (
        Field("name", "name", text),
        Field("icon", "icon", read_media, write_media),
        Field("updated", "updated", moment, write_moment),
    ),
)
_TAG_TABLES: dict[type, Table] = {Link: _LINK, Mention: _MENTION, Hashtag: _HASHTAG, Emoji: _EMOJI}
