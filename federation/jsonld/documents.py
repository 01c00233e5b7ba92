"""The contexts that are known, each a file of this package or of PyLD's bundle. No address is ever dialled.

A peer serves some contexts under its own host (`https://HOST/schemas/litepub-0.1.jsonld`); those are known by the shape
of their path, never by their content.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pyld import BUNDLED_CONTEXTS

from federation.types import JsonObject

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
FEDIVERSE: Final = "https://w3id.org/consilium/contexts/fediverse"

_OWN: Final = {
    FEDIVERSE: "fediverse",
    "https://w3id.org/consilium": "consilium",
    "https://w3id.org/consilium/v1": "consilium",
    "https://w3id.org/security/data-integrity/v1": "data-integrity",
    "https://w3id.org/security/data-integrity/v2": "data-integrity",
    "https://w3id.org/security/multikey/v1": "multikey",
    "https://purl.archive.org/socialweb/webfinger": "webfinger",
    "https://litepub.social/litepub/context.jsonld": "fediverse",
    "https://gotosocial.org/ns": "fediverse",
    "https://join-lemmy.org/context.json": "fediverse",
    "https://w3id.org/identity/v1": "multikey",
    "http://joinmastodon.org/ns": "fediverse",
}
_SPELLINGS: Final = {
    "http://www.w3.org/ns/activitystreams": ACTIVITYSTREAMS,
    "https://www.w3.org/ns/activitystreams#": ACTIVITYSTREAMS,
    "https://www.w3.org/ns/activitystreams.jsonld": ACTIVITYSTREAMS,
    "http://w3id.org/security/v1": SECURITY,
}
_SHAPES: Final = re.compile(r"https?://[^/?#]+/(?:schemas/litepub-[0-9.]+\.jsonld|contexts|-/context)")


def known_context(url: str) -> str | None:
    """The address under which a context is stored; None where it is not known."""
    url = _SPELLINGS.get(url, url)
    if url in _OWN or url in BUNDLED_CONTEXTS:
        return url
    return FEDIVERSE if _SHAPES.fullmatch(url) else None


@cache
def context_document(url: str) -> JsonObject:
    """The stored document of a known context. KeyError for any other."""
    if url in _OWN:
        stored = files("federation.jsonld") / "contexts" / f"{_OWN[url]}.jsonld"
        document: JsonObject = json.loads(stored.read_text(encoding="utf-8"))
        return document
    bundled: Any = BUNDLED_CONTEXTS[url]
    return bundled if isinstance(bundled, dict) else json.loads(bundled.read_text(encoding="utf-8"))
