"""What an open group says: the activities of others, announced to its followers in the shape of FEP-1b12."""

from __future__ import annotations

from datetime import datetime

from federation.types import Iri, JsonObject
from federation.vocab.base import PUBLIC
from federation.vocab.shapes import write_moment
from server.domain.accounts import Account

CONTEXT = "https://www.w3.org/ns/activitystreams"


def moderation(
    uri: Iri, kind: str, by: Account, group: Account, about: Iri, reason: str, *, undone: bool
) -> JsonObject:
    """What a moderator of a group of ours did, for the group to announce. undone: `Undo` of that."""
    said: JsonObject = {
        "id": uri,
        "type": kind,
        "actor": by.uri,
        "object": about,
        "summary": reason,  # Lemmy tells a moderator's deletion from an author's by it
        "to": [PUBLIC],
        "cc": [group.uri],
        "audience": group.uri,
    }
    if not undone:
        return said
    return {**said, "id": f"{uri}#undo", "type": "Undo", "object": said}


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
