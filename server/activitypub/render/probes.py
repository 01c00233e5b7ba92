"""The probe as documents: the canary, what wraps it, and the receipt of its end. All say `probe: true`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from federation.keys import base58_encode
from federation.types import Iri, JsonObject, Origin
from federation.vocab.profile import Envelope, write_envelope
from federation.vocab.shapes import write_moment
from server.domain.accounts import Account
from server.services import probes

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
TEXT: Final = "<p>This is a synthetic text. It tests the connection of two instances and is about nobody.</p>"
PICTURE: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg=="
)
"""One grey pixel."""
PICTURE_TYPE: Final = "image/png"
NOTICE: Final = Envelope(content_class="notice")


def canary(uri: Iri, own: Account, to: Iri, base: str, at: datetime) -> JsonObject:
    """The object, for one reader."""
    digest = "z" + base58_encode(b"\x12\x20" + sha256(PICTURE).digest())
    picture = {
        "type": "Image",
        "mediaType": PICTURE_TYPE,
        "url": f"{base}{probes.CANARY_MEDIA}",
        "digestMultibase": digest,
    }
    return write_envelope(
        {
            "@context": ACTIVITYSTREAMS,
            "id": uri,
            "type": "Note",
            "attributedTo": own.uri,
            "to": [to],
            "content": TEXT,
            "attachment": [picture],
            "published": write_moment(at),
            "probe": True,
        },
        NOTICE,
    )


def activity(
    kind: str,
    uri: Iri,
    own: Account,
    to: Iri,
    about: JsonObject | Iri,
    heads: Sequence[str] = (),
    unread_since: datetime | None = None,
) -> JsonObject:
    """heads: where chains end, ours in what asks, the reader's as it is kept here in what answers.

    unread_since: since when the reader's status lists were not read here.
    """
    document: JsonObject = {
        "@context": ACTIVITYSTREAMS,
        "id": uri,
        "type": kind,
        "actor": own.uri,
        "to": [to],
        "object": about,
        "probe": True,
    }
    if heads:
        document["heads"] = list(heads)
    if unread_since is not None:
        document["listsUnreadSince"] = write_moment(unread_since)
    return write_envelope(document, NOTICE)


def receipt(
    uri: Iri, own: Account, to: Iri, *, request: Iri, about: Iri, host: Origin, at: datetime
) -> JsonObject:
    """The same whether or not anything was held."""
    document = {
        "@context": ACTIVITYSTREAMS,
        "id": uri,
        "type": "Receipt",
        "actor": own.uri,
        "to": [to],
        "request": request,
        "object": about,
        "host": host,
        "status": "gone",
        "published": write_moment(at),
        "probe": True,
    }
    return write_envelope(document, NOTICE)
