"""Local actors as protocol objects, with their keys."""

from __future__ import annotations

from collections.abc import Iterable

from federation.keys import PublicKey
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor, ActorKey, Generator
from federation.vocab.links import Media, PropertyValue
from server.core.settings import Settings
from server.domain.accounts import Account, AccountKey, AccountKind

IMPLEMENTS = (
    Iri("https://www.rfc-editor.org/rfc/rfc9421"),
    Iri("https://w3id.org/fep/521a"),
    Iri("https://w3id.org/fep/844e"),
    Iri("https://w3id.org/consilium/members-only/1"),
)


def actor(account: Account, keys: Iterable[AccountKey], settings: Settings) -> Actor:
    """The actor document of a local account."""
    listed = [ActorKey(id=key.key_id, owner=account.uri, key=PublicKey.from_der(key.public)) for key in keys]
    rsa = tuple(key for key in listed if key.key is not None and key.key.algorithm == "rsa")
    multikeys = tuple(key for key in listed if key.key is not None and key.key.algorithm == "ed25519")
    person = account.kind is not AccountKind.APPLICATION
    return Actor(
        id=account.uri,
        type=account.kind.value,
        preferred_username=account.username if person else settings.domain,
        name=account.display_name or account.username,
        summary=account.note or None,
        url=Iri(account.url) if person else Iri(settings.base),
        icon=_image(account.avatar, settings),
        image=_image(account.header, settings),
        inbox=account.inbox,
        outbox=account.outbox,
        followers=account.followers_uri,
        following=account.following_uri,
        shared_inbox=account.shared_inbox,
        public_keys=rsa,
        assertion_methods=multikeys,
        manually_approves_followers=account.locked,
        discoverable=account.discoverable,
        indexable=account.indexable,
        moved_to=account.moved_to_uri,
        also_known_as=account.also_known_as,
        attachment=tuple(PropertyValue(name=field.name, value=field.value) for field in account.fields),
        published=account.created_at,
        updated=account.actor_updated_at,
        webfinger=f"{account.username}@{settings.domain}" if person else None,
        generator=Generator(name="Consilium", implements=IMPLEMENTS),
    )


def update(account: Account, document: Actor, activity_id: Iri) -> Activity:
    to = (Iri("https://www.w3.org/ns/activitystreams#Public"),)
    return Activity(id=activity_id, type="Update", actor=account.uri, object=document, to=to)


def delete(account: Account, activity_id: Iri) -> Activity:
    to = (Iri("https://www.w3.org/ns/activitystreams#Public"),)
    return Activity(id=activity_id, type="Delete", actor=account.uri, object=account.uri, to=to)


def _image(digest: str, settings: Settings) -> Media | None:
    """An avatar or header of a local account, by the digest of its bytes."""
    return Media(type="Image", url=Iri(f"{settings.base}/media/{digest}")) if digest else None
