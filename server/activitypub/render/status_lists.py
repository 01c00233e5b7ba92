"""The hint that a status list has changed."""

from __future__ import annotations

from federation.types import Iri, JsonObject
from federation.vocab.profile import Envelope, write_envelope
from server.domain.accounts import Account

NOTICE = Envelope(content_class="notice")


def changed(uri: Iri, own: Account, to: Iri, about: Iri) -> JsonObject:
    """An Update of a list, by its address: it is to be fetched anew."""
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "Update",
        "actor": own.uri,
        "to": [to],
        "object": about,
    }
    return write_envelope(document, NOTICE)
