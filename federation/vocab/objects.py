"""Content: notes, articles, polls, media, events, places, tombstones, relationships, and any type not known here.

`attributedTo` is reduced to one id; several are refused. A type that no table knows is read as an Object with its type,
so that a Tombstone, a boost or a flag of it still works; what to show is the host's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from federation.errors import Malformed
from federation.types import Iri, Json, JsonObject
from federation.vocab.base import MAX_OPTIONS, Field, Table, Thing
from federation.vocab.links import (
    Link,
    Media,
    Tag,
    read_attachments,
    read_media,
    read_tags,
    write_attachments,
    write_media,
    write_tags,
)
from federation.vocab.shapes import (
    count,
    document_id,
    first,
    first_of_map,
    flag,
    iri,
    listed,
    moment,
    number,
    page_url,
    recipients,
    sole_iri,
    text,
    text_map,
    types_of,
    write_list,
    write_moment,
)

OBJECT_TYPES: Final = frozenset(
    [
        "Object",
        "Note",
        "Article",
        "Question",
        "Page",
        "Video",
        "Image",
        "Audio",
        "Document",
        "Event",
        "Place",
        "Profile",
        "Tombstone",
        "Relationship",
        "ChatMessage",
        "Album",
        "Track",
        "Library",
        "Playlist",
        "Review",
        "Quotation",
        "Comment",
        "Rating",
    ]
)

_QUOTE_RELATIONS: Final = frozenset({"https://misskey-hub.net/ns#_misskey_quote", "quote"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the author typed."""

    content: str
    media_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Thing):
    """A piece of content. url: its page. content, summary: HTML. content_map: the content by language.

    context, conversation: the thread as the peer names it. quote: what is quoted, by whatever extension says so.
    """

    attributed_to: Iri | None = None
    name: str | None = None
    summary: str | None = None
    content: str | None = None
    content_map: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None
    source: Source | None = None
    url: Iri | None = None
    in_reply_to: Iri | None = None
    context: Iri | None = None
    conversation: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration: str | None = None
    to: tuple[Iri, ...] = ()
    cc: tuple[Iri, ...] = ()
    bto: tuple[Iri, ...] = ()
    bcc: tuple[Iri, ...] = ()
    audience: tuple[Iri, ...] = ()
    tag: tuple[Tag, ...] = ()
    attachment: tuple[Media, ...] = ()
    icon: Media | None = None
    image: Media | None = None
    sensitive: bool = False
    replies: Iri | None = None
    likes: Iri | None = None
    shares: Iri | None = None
    quote: Iri | None = None
    quote_authorization: Iri | None = None
    generator: Iri | None = None

    @property
    def language(self) -> str | None:
        """The language of the content: the key of the map that holds it."""
        for language, content in self.content_map.items():
            if content == self.content or len(self.content_map) == 1:
                return language
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """votes: None where the tally is withheld."""

    name: str
    votes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Object):
    """A poll: one_of where a voter has one vote, any_of where several. closed: when, or merely that, it is over."""

    one_of: tuple[PollOption, ...] = ()
    any_of: tuple[PollOption, ...] = ()
    closed: datetime | bool | None = None
    voters_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone(Object):
    """What remains of something deleted."""

    former_type: str | None = None
    deleted: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship(Object):
    """subject stands in a relationship to object."""

    subject: Iri | None = None
    object: Iri | None = None
    relationship: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Object):
    latitude: float | None = None
    longitude: float | None = None


def vote(*, id: Iri, voter: Iri, question: Iri, option: str, owner: Iri) -> Object:  # noqa: A002  the field's own name
    """A vote as Mastodon sends it: a Note that bears the option's name and answers the question, to its author only."""
    return Object(id=id, type="Note", attributed_to=voter, name=option, in_reply_to=question, to=(owner,))


def is_vote(thing: Thing) -> bool:
    """Whether this has the shape of a vote. Whether what it answers is a poll, the host knows."""
    return (
        isinstance(thing, Object)
        and thing.type == "Note"
        and bool(thing.name)
        and not thing.content
        and thing.in_reply_to is not None
    )


def _source(value: Json, _depth: int = 0) -> Source | None:
    if isinstance(value, str):
        return Source(content=value)
    if isinstance(value, dict) and (content := text(value.get("content"))) is not None:
        return Source(content=content, media_type=text(value.get("mediaType")))
    return None


def _write_source(value: Source) -> JsonObject:
    document: JsonObject = {"content": value.content}
    if value.media_type is not None:
        document["mediaType"] = value.media_type
    return document


def _owner(value: Json, _depth: int = 0) -> Iri | None:
    return sole_iri(value, "attributed-to")


def _options(value: Json, _depth: int = 0) -> tuple[PollOption, ...] | None:
    found = []
    for item in listed(value)[:MAX_OPTIONS]:
        name = text(item.get("name")) if isinstance(item, dict) else None
        if name is None:
            continue
        replies = item.get("replies")
        votes = count(replies.get("totalItems")) if isinstance(replies, dict) else None
        found.append(PollOption(name=name, votes=votes))
    return tuple(found) or None


def _write_options(value: tuple[PollOption, ...]) -> list[JsonObject]:
    written = []
    for option in value:
        document: JsonObject = {"type": "Note", "name": option.name}
        if option.votes is not None:
            document["replies"] = {"type": "Collection", "totalItems": option.votes}
        written.append(document)
    return written


def _closed(value: Json, _depth: int = 0) -> datetime | bool | None:
    return moment(value) if isinstance(value, str) else flag(value)


def _write_closed(value: datetime | bool) -> Json:
    return value if isinstance(value, bool) else write_moment(value)


COMMON: Final = (
    Field("attributedTo", "attributed_to", _owner),
    Field("name", "name", text),
    Field("summary", "summary", text),
    Field("content", "content", text),
    Field("contentMap", "content_map", text_map, dict),
    Field("mediaType", "media_type", text),
    Field("source", "source", _source, _write_source),
    Field("url", "url", page_url),
    Field("inReplyTo", "in_reply_to", iri),
    Field("context", "context", iri),
    Field("conversation", "conversation", text),
    Field("published", "published", moment, write_moment),
    Field("updated", "updated", moment, write_moment),
    Field("startTime", "start_time", moment, write_moment),
    Field("endTime", "end_time", moment, write_moment),
    Field("duration", "duration", text),
    Field("to", "to", recipients, write_list),
    Field("cc", "cc", recipients, write_list),
    Field("bto", "bto", recipients, write_list),
    Field("bcc", "bcc", recipients, write_list),
    Field("audience", "audience", recipients, write_list),
    Field("tag", "tag", read_tags, write_tags),
    Field("attachment", "attachment", read_attachments, write_attachments),
    Field("icon", "icon", read_media, write_media),
    Field("image", "image", read_media, write_media),
    Field("sensitive", "sensitive", flag),
    Field("replies", "replies", iri),
    Field("likes", "likes", iri),
    Field("shares", "shares", iri),
    Field("quote", "quote", iri),
    Field("quoteAuthorization", "quote_authorization", iri),
    Field("generator", "generator", iri),
)
_TABLE_OF: Final[dict[str, Table]] = {
    "Object": Table(Object, COMMON),
    "Question": Table(
        Question,
        (
            *COMMON,
            Field("oneOf", "one_of", _options, _write_options),
            Field("anyOf", "any_of", _options, _write_options),
            Field("closed", "closed", _closed, _write_closed),
            Field("votersCount", "voters_count", count),
        ),
    ),
    "Tombstone": Table(
        Tombstone,
        (
            *COMMON,
            Field("formerType", "former_type", text),
            Field("deleted", "deleted", moment, write_moment),
        ),
    ),
    "Relationship": Table(
        Relationship,
        (
            *COMMON,
            Field("subject", "subject", iri),
            Field("object", "object", iri),
            Field("relationship", "relationship", text),
        ),
    ),
    "Place": Table(
        Place, (*COMMON, Field("latitude", "latitude", number), Field("longitude", "longitude", number))
    ),
}
_QUOTE_KEYS: Final = ("quoteUrl", "quoteUri", "quoteURL", "quoteURI", "_misskey_quote")


def read_object(document: JsonObject, kind: str, depth: int) -> Object:
    """The object that a document of this type describes."""
    table = _TABLE_OF.get(kind) or _TABLE_OF["Object"]
    found = table.read(document, depth)
    _read_language(document, found)
    _read_quote(document, found)
    made = table.kind(id=document_id(document), type=kind, **found)
    if not isinstance(made, Object):
        raise Malformed("type-unknown")
    return made


def write_object(thing: Object) -> JsonObject:
    return (_TABLE_OF.get(thing.type) or _TABLE_OF["Object"]).write(thing)


def _read_language(document: JsonObject, found: dict[str, Any]) -> None:
    """Fills plain texts from language maps, and the map from `language` where a peer names it apart."""
    if "content" not in found and "content_map" in found:
        found["content"] = next(iter(found["content_map"].values()))
    for key, name in (("nameMap", "name"), ("summaryMap", "summary")):
        if name not in found and key in document:
            plain = first_of_map(document[key])
            if plain is not None:
                found[name] = plain
    if "content" in found and "content_map" not in found:
        language = first(document.get("language"))
        if isinstance(language, dict):
            language = language.get("identifier")
        if isinstance(language, str) and 0 < len(language) <= 35 and language not in {"und", "@none"}:
            found["content_map"] = {language: found["content"]}


def _read_quote(document: JsonObject, found: dict[str, Any]) -> None:
    if "quote" in found:
        return
    for key in _QUOTE_KEYS:
        quoted = iri(document[key]) if key in document else None
        if quoted is not None:
            found["quote"] = quoted
            return
    for tag in found.get("tag", ()):
        if isinstance(tag, Link) and _QUOTE_RELATIONS.intersection(tag.rel):
            found["quote"] = tag.href
            return


def is_object_type(document: JsonObject) -> bool:
    """Whether one of the document's types is content."""
    return any(kind in OBJECT_TYPES for kind in types_of(document))
