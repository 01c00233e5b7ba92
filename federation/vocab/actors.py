"""Actors: Person, Group, Organization, Service, Application, with their keys.

A key that cannot be read (a broken PEM, RSA under 2048 bits) is kept by id without its key: it verifies nothing and does
not cost the actor. An id or inbox that is no id is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import Malformed
from federation.keys import PublicKey
from federation.types import Iri, Json, JsonObject
from federation.vocab.base import MAX_KEYS, Field, Table, Thing
from federation.vocab.links import (
    Media,
    PropertyValue,
    Tag,
    read_media,
    read_properties,
    read_tags,
    write_media,
    write_properties,
    write_tags,
)
from federation.vocab.shapes import (
    document_id,
    first,
    first_of_map,
    flag,
    iri,
    iris,
    listed,
    moment,
    page_url,
    strict_iri,
    text,
    write_list,
    write_moment,
)

ACTOR_TYPES: Final = frozenset({"Person", "Group", "Organization", "Service", "Application"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKey:
    """A public key as an actor's document lists it. key: None where it is only named, or cannot be read."""

    id: Iri
    owner: Iri
    key: PublicKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator(Thing):
    """The software behind an actor (FEP-844e). implements: the specifications that it names."""

    type: str = "Application"
    name: str | None = None
    implements: tuple[Iri, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor(Thing):
    """inbox is None only in documents that no one can deliver to (key stubs, embedded mentions of a person).

    public_keys: RSA keys of the security vocabulary. assertion_methods: Multikeys (FEP-521a).
    """

    preferred_username: str | None = None
    name: str | None = None
    summary: str | None = None
    url: Iri | None = None
    icon: Media | None = None
    image: Media | None = None
    inbox: Iri | None = None
    outbox: Iri | None = None
    followers: Iri | None = None
    following: Iri | None = None
    featured: Iri | None = None
    featured_tags: Iri | None = None
    shared_inbox: Iri | None = None
    public_keys: tuple[ActorKey, ...] = ()
    assertion_methods: tuple[ActorKey, ...] = ()
    manually_approves_followers: bool = False
    discoverable: bool | None = None
    indexable: bool | None = None
    memorial: bool = False
    suspended: bool = False
    sensitive: bool = False
    posting_restricted: bool = False
    moved_to: Iri | None = None
    also_known_as: tuple[Iri, ...] = ()
    moderators: Iri | None = None
    attachment: tuple[PropertyValue, ...] = ()
    tag: tuple[Tag, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    webfinger: str | None = None
    generator: Generator | None = None
    implements: tuple[Iri, ...] = ()

    def key(self, key_id: Iri) -> ActorKey | None:
        """The key that this document lists under the id."""
        for listed_key in (*self.public_keys, *self.assertion_methods):
            if listed_key.id == key_id:
                return listed_key
        return None


def read_key(document: JsonObject) -> ActorKey | None:
    """A key from its own document or from an actor's. None where it has no id or no owner."""
    key_id = iri(document.get("id"))
    owner = iri(document.get("owner") or document.get("controller"))
    if key_id is None or owner is None:
        return None
    pem, multibase = document.get("publicKeyPem"), document.get("publicKeyMultibase")
    key: PublicKey | None = None
    try:
        if isinstance(pem, str):
            key = PublicKey.from_pem(pem)
        elif isinstance(multibase, str):
            key = PublicKey.from_multibase(multibase)
    except Malformed:
        key = None
    return ActorKey(id=key_id, owner=owner, key=key)


def write_public_key(key: ActorKey) -> JsonObject:
    document: JsonObject = {"id": key.id, "owner": key.owner}
    if key.key is not None:
        document["publicKeyPem"] = key.key.to_pem()
    return document


def write_multikey(key: ActorKey) -> JsonObject:
    document: JsonObject = {"id": key.id, "type": "Multikey", "controller": key.owner}
    if key.key is not None:
        document["publicKeyMultibase"] = key.key.to_multibase()
    return document


def _keys(value: Json, _depth: int = 0) -> tuple[ActorKey, ...] | None:
    found = [read_key(item) for item in listed(value)[:MAX_KEYS] if isinstance(item, dict)]
    return tuple(item for item in found if item is not None) or None


def _write_keys(value: tuple[ActorKey, ...]) -> Json:
    # one key as an object: several widespread implementations do not read a list
    written = [write_public_key(key) for key in value]
    return written[0] if len(written) == 1 else written


def _write_multikeys(value: tuple[ActorKey, ...]) -> Json:
    return [write_multikey(key) for key in value]


def _shared_inbox(value: Json, _depth: int = 0) -> Iri | None:
    value = first(value)
    return iri(value.get("sharedInbox")) if isinstance(value, dict) else None


def _write_shared_inbox(value: Iri) -> JsonObject:
    return {"sharedInbox": value}


def _implements(value: Json, _depth: int = 0) -> tuple[Iri, ...] | None:
    return iris(value)


def _write_implements(value: tuple[Iri, ...]) -> Json:
    return [{"type": "Link", "href": item} for item in value]


def _generator(value: Json, depth: int = 0) -> Generator | None:
    value = first(value)
    if isinstance(value, str):
        found = iri(value)
        return None if found is None else Generator(id=found)
    if not isinstance(value, dict):
        return None
    return Generator(id=iri(value.get("id")), **_GENERATOR.read(value, depth))


def _write_generator(value: Generator) -> JsonObject:
    return _GENERATOR.write(value)


_GENERATOR = Table(
    Generator,
    (
        Field("name", "name", text),
        Field("implements", "implements", _implements, _write_implements),
    ),
)
_ACTOR = Table(
    Actor,
    (
        Field("preferredUsername", "preferred_username", text),
        Field("name", "name", text),
        Field("summary", "summary", text),
        Field("url", "url", page_url),
        Field("icon", "icon", read_media, write_media),
        Field("image", "image", read_media, write_media),
        Field("inbox", "inbox", strict_iri("inbox-not-iri")),
        Field("outbox", "outbox", iri),
        Field("followers", "followers", iri),
        Field("following", "following", iri),
        Field("featured", "featured", iri),
        Field("featuredTags", "featured_tags", iri),
        Field("endpoints", "shared_inbox", _shared_inbox, _write_shared_inbox),
        Field("publicKey", "public_keys", _keys, _write_keys),
        Field("assertionMethod", "assertion_methods", _keys, _write_multikeys),
        Field("manuallyApprovesFollowers", "manually_approves_followers", flag),
        Field("discoverable", "discoverable", flag),
        Field("indexable", "indexable", flag),
        Field("memorial", "memorial", flag),
        Field("suspended", "suspended", flag),
        Field("sensitive", "sensitive", flag),
        Field("postingRestrictedToMods", "posting_restricted", flag),
        Field("movedTo", "moved_to", iri),
        Field("alsoKnownAs", "also_known_as", iris, write_list),
        Field("attributedTo", "moderators", iri),
        Field("attachment", "attachment", read_properties, write_properties),
        Field("tag", "tag", read_tags, write_tags),
        Field("published", "published", moment, write_moment),
        Field("updated", "updated", moment, write_moment),
        Field("webfinger", "webfinger", text),
        Field("generator", "generator", _generator, _write_generator),
        Field("implements", "implements", _implements, _write_implements),
    ),
    aliases={"moderators": "attributedTo"},
)


def read_actor(document: JsonObject, kind: str, depth: int) -> Actor:
    """The actor that a document describes. Malformed without an id."""
    actor_id = document_id(document)
    if actor_id is None:
        raise Malformed("id-missing")
    found = _ACTOR.read(document, depth)
    for key, name in (("nameMap", "name"), ("summaryMap", "summary")):
        if name not in found and key in document:
            plain = first_of_map(document[key])
            if plain is not None:
                found[name] = plain
    return Actor(id=actor_id, type=kind, **found)


def write_actor(actor: Actor) -> JsonObject:
    return _ACTOR.write(actor)
