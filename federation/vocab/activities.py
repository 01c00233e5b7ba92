"""Activities: who did what. `actor` is reduced to one id, several are refused; `object` is an id, a thing, or several.

An activity that is embedded without saying who did it counts only by its id. A type not known here that has both an
actor and an object is read as an activity too: the host answers that it does not support it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import Malformed
from federation.types import Iri, Json, JsonObject
from federation.vocab.base import Field, Reader, References, Table, Thing
from federation.vocab.links import Tag, read_tags, write_tags
from federation.vocab.shapes import (
    document_id,
    first_of_map,
    iri,
    moment,
    recipients,
    sole_iri,
    text,
    write_list,
    write_moment,
)

NEEDS_OBJECT: Final = frozenset(
    [
        "Accept",
        "Add",
        "Announce",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "EmojiReact",
        "Flag",
        "Follow",
        "Ignore",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "Move",
        "QuoteRequest",
        "Read",
        "Reject",
        "Remove",
        "TentativeAccept",
        "TentativeReject",
        "Undo",
        "Update",
        "View",
    ]
)
ACTIVITY_TYPES: Final = NEEDS_OBJECT | frozenset(
    {"Activity", "Arrive", "IntransitiveActivity", "Listen", "Offer", "Travel"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Thing):
    """content: the reason of a Flag, the emoji of an EmojiReact or of a Misskey Like. tag: its custom emoji."""

    actor: Iri
    object: References = None
    target: References = None
    origin: References = None
    instrument: References = None
    result: References = None
    name: str | None = None
    summary: str | None = None
    content: str | None = None
    in_reply_to: Iri | None = None
    published: datetime | None = None
    updated: datetime | None = None
    end_time: datetime | None = None
    to: tuple[Iri, ...] = ()
    cc: tuple[Iri, ...] = ()
    bto: tuple[Iri, ...] = ()
    bcc: tuple[Iri, ...] = ()
    audience: tuple[Iri, ...] = ()
    tag: tuple[Tag, ...] = ()


def _actor(value: Json, _depth: int = 0) -> Iri | None:
    return sole_iri(value, "actor")


def build_table(read: Reader, read_side: Reader, write: Callable[[References], Json]) -> Table:
    """The members of an activity. The codec's own: read for the object, read_side for what stands beside it, write."""
    return Table(
        Activity,
        (
            Field("actor", "actor", _actor),
            Field("object", "object", read, write),
            Field("target", "target", read_side, write),
            Field("origin", "origin", read_side, write),
            Field("instrument", "instrument", read_side, write),
            Field("result", "result", read_side, write),
            Field("name", "name", text),
            Field("summary", "summary", text),
            Field("content", "content", text),
            Field("inReplyTo", "in_reply_to", iri),
            Field("published", "published", moment, write_moment),
            Field("updated", "updated", moment, write_moment),
            Field("endTime", "end_time", moment, write_moment),
            Field("to", "to", recipients, write_list),
            Field("cc", "cc", recipients, write_list),
            Field("bto", "bto", recipients, write_list),
            Field("bcc", "bcc", recipients, write_list),
            Field("audience", "audience", recipients, write_list),
            Field("tag", "tag", read_tags, write_tags),
        ),
        aliases={"_misskey_reaction": "content", "expires": "endTime"},
    )


def read_activity(document: JsonObject, kind: str, depth: int, table: Table) -> Activity:
    """The activity that a document describes."""
    found = table.read(document, depth)
    if "actor" not in found:
        raise Malformed("actor-missing")
    if "object" not in found and kind in NEEDS_OBJECT:
        raise Malformed("object-missing")
    for key, name in (("nameMap", "name"), ("summaryMap", "summary"), ("contentMap", "content")):
        if name not in found and key in document:
            plain = first_of_map(document[key])
            if plain is not None:
                found[name] = plain
    return Activity(id=document_id(document), type=kind, **found)
