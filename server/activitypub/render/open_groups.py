"""What an open group says: the activities of others, announced to its followers in the shape of FEP-1b12."""

from __future__ import annotations

from datetime import datetime

from federation.types import Iri, JsonObject
from federation.vocab.base import PUBLIC
from federation.vocab.shapes import write_moment
from server.domain.accounts import Account

CONTEXT = "https://www.w3.org/ns/activitystreams"


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
