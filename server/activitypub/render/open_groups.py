"""What an open group says: the activities of others, announced to its followers in the shape of FEP-1b12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from federation.types import Iri, JsonObject
from federation.vocab.base import PUBLIC
from federation.vocab.shapes import write_moment
from server.domain.accounts import Account
from server.domain.moderation import Lists, Verb

CONTEXT = "https://www.w3.org/ns/activitystreams"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a moderator says something. target: of the group: itself, or one of its lists."""

    kind: str
    undone: bool = False
    target: str | None = None


SHAPES: Mapping[Verb, Shape] = {
    Verb.REMOVE: Shape("Delete"),
    Verb.RESTORE: Shape("Delete", undone=True),
    Verb.LOCK: Shape("Lock"),
    Verb.UNLOCK: Shape("Lock", undone=True),
    Verb.FEATURE: Shape("Add", target="/featured"),
    Verb.UNFEATURE: Shape("Remove", target="/featured"),
    Verb.EXCLUDE: Shape("Block", target=""),
    Verb.ADMIT: Shape("Block", undone=True, target=""),
    Verb.PROMOTE: Shape("Add", target="/moderators"),
    Verb.DEMOTE: Shape("Remove", target="/moderators"),
}


def moderation(
    uri: Iri, verb: Verb, by: Account, group: Account, about: Iri, reason: str, lists: Lists | None = None
) -> JsonObject:
    """What a moderator did: in a group of ours, for the group to announce; in one elsewhere, whose lists it names, for that to do."""
    shape = SHAPES[verb]
    said: JsonObject = {
        "@context": CONTEXT,
        "id": uri,
        "type": shape.kind,
        "actor": by.uri,
        "object": about,
        "to": [PUBLIC],
        "cc": [group.uri],
        "audience": group.uri,
    }
    if shape.target is None or shape.kind == "Block":
        said["summary"] = reason  # Lemmy tells a moderator's deletion from an author's by it
    if shape.target is not None:
        said["target"] = _list(group, shape.target, lists)
    if not shape.undone:
        return said
    inner = {name: value for name, value in said.items() if name != "@context"}
    return {**said, "id": f"{uri}#undo", "type": "Undo", "object": inner}


def _list(group: Account, name: str, lists: Lists | None) -> Iri:
    if name and lists is not None:
        return lists.moderators if name == "/moderators" else lists.featured
    return Iri(f"{group.uri}{name}")


def announce(uri: Iri, group: Account, inner: JsonObject, at: datetime) -> JsonObject:
    """inner: as its author sent it, whatever terms it has."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Announce",
        "actor": group.uri,
        "object": inner,
        "published": write_moment(at),
        "to": [PUBLIC],
        "cc": [group.followers_uri or f"{group.uri}/followers"],
        "audience": group.uri,
    }
