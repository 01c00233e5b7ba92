"""The `@context` that each kind of outgoing document carries. Nothing is ever fetched from these addresses."""

from __future__ import annotations

from typing import Final

from federation.types import Json, JsonObject
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from federation.vocab.base import AS, Thing, references
from federation.vocab.collections import Collection
from federation.vocab.links import Link

SECURITY: Final = "https://w3id.org/security/v1"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"

_SHARED_TERMS: Final[JsonObject] = {
    "toot": "http://joinmastodon.org/ns#",
    "sensitive": "as:sensitive",
    "Emoji": "toot:Emoji",
    "Hashtag": "as:Hashtag",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "digestMultibase": {
        "@id": "https://w3id.org/security#digestMultibase",
        "@type": "https://w3id.org/security#multibase",
    },
    "size": "http://schema.org/contentSize",
}
_ACTOR_TERMS: Final[JsonObject] = {
    **_SHARED_TERMS,
    "schema": "http://schema.org#",
    "lemmy": "https://join-lemmy.org/ns#",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "memorial": "toot:memorial",
    "suspended": "toot:suspended",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    # the Multikey context does not define it, and without it no JSON-LD processor finds our Ed25519 keys
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id"},
}
_OBJECT_TERMS: Final[JsonObject] = {
    **_SHARED_TERMS,
    "ostatus": "http://ostatus.org#",
    "litepub": "http://litepub.social/ns#",
    "conversation": "ostatus:conversation",
    "votersCount": "toot:votersCount",
    "EmojiReact": "litepub:EmojiReact",
    "ChatMessage": "litepub:ChatMessage",
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
}

_PLAIN: Final[Json] = AS
_OBJECT: Final[Json] = [AS, _OBJECT_TERMS]
_ACTOR: Final[Json] = [AS, SECURITY, MULTIKEY, _ACTOR_TERMS]
_BOTH: Final[Json] = [AS, SECURITY, MULTIKEY, {**_ACTOR_TERMS, **_OBJECT_TERMS}]


def context_for(thing: Thing) -> Json:
    """The context that defines each term that the thing's document may use. Shared: not to be changed by the caller."""
    objects, actors = _needs(thing)
    if actors:
        return _BOTH if objects else _ACTOR
    return _OBJECT if objects else _PLAIN


def _needs(thing: Thing) -> tuple[bool, bool]:
    """Whether terms of objects, and whether terms of actors, occur."""
    if isinstance(thing, Actor):
        return False, True
    if isinstance(thing, Link):
        return False, False
    if isinstance(thing, Collection):
        inner = (*thing.items, *references(thing.first))
        own = False
    elif isinstance(thing, Activity):
        inner = (
            *references(thing.object),
            *references(thing.target),
            *references(thing.origin),
            *references(thing.instrument),
            *references(thing.result),
        )
        own = bool(thing.tag) or thing.type in {"EmojiReact", "QuoteRequest"}
    else:
        return True, False
    embedded = [_needs(item) for item in inner if isinstance(item, Thing)]
    return own or any(item[0] for item in embedded), any(item[1] for item in embedded)
