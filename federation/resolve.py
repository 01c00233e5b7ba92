"""Fetching remote documents by id, so that what comes back is what the id's own origin says.

Refused: other media types than ActivityPub's (an upload is not a document), documents whose id is not where they came
from (one hop to their own id on the same origin is followed), keys that their owner's document does not list, owners on
another origin than their keys, and more fetches for one activity than the budget allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from federation.errors import Malformed, OriginMismatch, Unreachable
from federation.iri import canonical_iri, same_origin, strip_fragment
from federation.keys import PublicKey
from federation.net.dial import wire_url
from federation.net.limits import JSON_LIMIT
from federation.net.media_type import ACCEPT, is_activity_type
from federation.ports import Fetcher
from federation.types import Iri, JsonObject
from federation.vocab import codec
from federation.vocab.actors import Actor
from federation.vocab.links import Link

FETCHES_PER_ACTIVITY: Final = 20


@dataclass(frozen=True, slots=True)
class Resolved:
    """A document that its own origin serves at its id. raw: the bytes, for proofs."""

    id: Iri
    thing: codec.Decoded
    document: JsonObject = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResolvedActor:
    """An actor that its own origin serves at its id."""

    id: Iri
    actor: Actor
    document: JsonObject = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResolvedKey:
    """A key with the owner whose document lists it."""

    key_id: Iri
    key: PublicKey
    owner: ResolvedActor


@dataclass(frozen=True, slots=True)
class _Document:
    id: Iri
    document: JsonObject
    raw: bytes


class Resolver:
    """Fetches for one activity, within its budget. Make a new one for each activity."""

    def __init__(self, fetcher: Fetcher, budget: int = FETCHES_PER_ACTIVITY) -> None:
        self._fetcher = fetcher
        self.remaining = budget

    async def object(self, iri: Iri) -> Resolved:
        """The thing whose id is exactly this. Raises FederationError."""
        return _as_thing(await self._exact(iri))

    async def actor(self, iri: Iri) -> ResolvedActor:
        """The actor whose id is exactly this. Raises FederationError."""
        return _as_actor(await self._exact(iri))

    async def look_up(self, url: Iri) -> Resolved:
        """What a URL that a person typed leads to; its id may be another, redirects may lead elsewhere."""
        return _as_thing(await self._document(url))

    async def key(self, key_id: Iri) -> ResolvedKey:
        """The key with this id: key, to its owner, back to the key. Raises FederationError."""
        key_id = canonical_iri(key_id)
        found = await self._document(strip_fragment(key_id))
        if not same_origin(found.id, key_id):
            raise OriginMismatch("key-of-another-origin")
        if "inbox" in found.document:
            owner, claimed = _as_actor(found), None
        else:
            claimed = codec.decode_key(found.document)
            if claimed.id != key_id or not same_origin(claimed.owner, key_id):
                raise OriginMismatch("key-of-another-owner")
            owner = await self.actor(claimed.owner)
        listed = owner.actor.key(key_id)
        if listed is None or listed.owner != owner.id:
            raise OriginMismatch("key-not-listed-by-owner")
        if listed.key is None:
            raise Malformed("key-unreadable")
        if claimed is not None and claimed.key is not None and claimed.key != listed.key:
            raise OriginMismatch("key-differs-from-owners")
        return ResolvedKey(key_id, listed.key, owner)

    async def _exact(self, iri: Iri) -> _Document:
        wanted = canonical_iri(iri)
        found = await self._document(wanted)
        if found.id != wanted:
            raise OriginMismatch("id-is-not-the-one-asked-for")
        return found

    async def _document(self, url: Iri) -> _Document:
        found, came_from = await self._get(url)
        if wire_url(found.id) == came_from:
            return found
        if not same_origin(found.id, came_from):
            raise OriginMismatch("document-of-another-origin")
        again, came_from = await self._get(found.id)
        if again.id != found.id or wire_url(again.id) != came_from:
            raise OriginMismatch("id-is-not-where-it-came-from")
        return again

    async def _get(self, url: Iri) -> tuple[_Document, Iri]:
        if self.remaining <= 0:
            raise Unreachable("fetch-budget-spent")
        self.remaining -= 1
        answer = await self._fetcher.get(wire_url(url), accept=ACCEPT, limit=JSON_LIMIT)
        if not is_activity_type(answer.headers.get("content-type")):
            raise Malformed("media-type")
        document = codec.parse(answer.body)
        document_id = document.get("id", document.get("@id"))
        if not isinstance(document_id, str):
            raise Malformed("id-missing")
        return _Document(canonical_iri(document_id), document, answer.body), wire_url(answer.url)


def _as_thing(found: _Document) -> Resolved:
    """It is the decoded id that is judged: a document's context may give another member the meaning of an id."""
    thing = codec.decode(found.document)
    if isinstance(thing, Link) or thing.id != found.id:
        raise OriginMismatch("document-of-another-origin")
    return Resolved(found.id, thing, found.document, found.raw)


def _as_actor(found: _Document) -> ResolvedActor:
    thing = codec.decode(found.document)
    if not isinstance(thing, Actor):
        raise Malformed("not-an-actor")
    if thing.id != found.id:
        raise OriginMismatch("document-of-another-origin")
    return ResolvedActor(found.id, thing, found.document, found.raw)
