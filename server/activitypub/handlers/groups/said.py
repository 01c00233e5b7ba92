"""What was said in a members-only group, read and checked alike at the group's instance and at a member's.

It refuses what names no profile, or is addressed to anybody but the group and its members.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from federation.errors import Malformed, SignatureInvalid
from federation.iri import same_origin
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.digests import read_digest
from federation.vocab.links import Emoji, Mention
from federation.vocab.objects import Object
from federation.vocab.profile import Envelope, read_envelope
from server.activitypub.handlers.arrived import Arrived
from server.activitypub.handlers.reading import RECORDED, incoming, is_picture
from server.domain.accounts import Account
from server.domain.boundary import ContentClass, MediaKind
from server.services.posts.receive import Incoming, IncomingMedia

TYPES = frozenset({"Note", "Article", "Question"})


def envelope_of(arrived: Arrived) -> Envelope:
    """Of what came as members-only traffic must. Raises FederationError."""
    if not arrived.profiled:
        raise SignatureInvalid("not-profiled")
    return read_envelope(arrived.document)


def check_addressed(said: Activity, group: Account, *, alone: bool = False) -> None:
    """Exactly the group and its members; alone: the group. Raises Malformed."""
    members = group.followers_uri or Iri(f"{group.uri}/followers")
    wanted = {group.uri} if alone else {group.uri, members}
    thing = said.object
    inner = (
        (*thing.to, *thing.cc, *thing.bto, *thing.bcc, *thing.audience) if isinstance(thing, Object) else ()
    )
    others = {*said.cc, *said.bto, *said.bcc}
    if set(said.to) != wanted or others or not {*said.audience, *inner} <= {group.uri, members}:
        raise Malformed("audience-of-group")


def own_object(said: Activity) -> Object:
    """The post that a Create or an Update carries: whole, and of who says it. Raises Malformed."""
    thing = said.object
    if not isinstance(thing, Object) or thing.type not in TYPES or thing.id is None:
        raise Malformed("object-of-group")
    if thing.attributed_to != said.actor or not same_origin(thing.id, said.actor):
        raise Malformed("object-of-another")
    return thing


def named_object(said: Activity) -> Iri:
    """The id of what a Like, a Delete or a removal is about. Raises Malformed."""
    iri = id_of(said.object)
    if iri is None:
        raise Malformed("object-missing")
    return iri


def kinds_of(said: Activity) -> frozenset[MediaKind]:
    thing = said.object
    if not isinstance(thing, Object):
        return frozenset()
    found = set()
    for each in thing.attachment:
        kind = (each.media_type or "").partition("/")[0]
        found.add(MediaKind.IMAGE if kind in {"", "image"} else RECORDED.get(kind, MediaKind.DOCUMENT))
    return frozenset(found)


def language_of(said: Activity) -> str:
    return (said.object.language or "und")[:16] if isinstance(said.object, Object) else "und"


def declared(envelope: Envelope) -> ContentClass:
    return ContentClass.from_word(envelope.content_class)


def words_of(
    thing: Object,
    author: Account,
    at: datetime,
    content_class: ContentClass,
    served_by: Iri | None = None,
) -> Incoming:
    """A post as it is stored. Whoever is named in it is named for the members; pictures for emoji are not taken.

    served_by: the base of the instance that serves its pictures, where that is not the author's.
    """
    plain = replace(thing, tag=tuple(tag for tag in thing.tag if not isinstance(tag, Emoji)))
    named = tuple(tag.href for tag in plain.tag if isinstance(tag, Mention))
    return replace(
        incoming(plain, author, at),
        mentions=named,
        addressed=(),
        sensitive=thing.sensitive,
        content_class=content_class.word,
        media=_pictures(thing, served_by),
    )


def _pictures(thing: Object, served_by: Iri | None) -> tuple[IncomingMedia, ...]:
    """With the digests that were signed; those without one are left out. served_by: the base of the group's instance."""
    found = []
    for each in thing.attachment:
        digest = read_digest(each.digest or "")
        if digest is None or not is_picture(each):
            continue
        found.append(
            IncomingMedia(
                url=each.url if served_by is None else f"{served_by}/media/{digest}",
                mime=each.media_type or "image/jpeg",
                description=each.name or "",
                blurhash=each.blurhash,
                width=each.width or 0,
                height=each.height or 0,
                digest=digest,
            )
        )
    return tuple(found)


def pictures_fit(thing: Object) -> bool:
    """Whether each picture is at its author's instance, under a digest that was signed with it."""
    return all(
        read_digest(each.digest or "") is not None
        and thing.id is not None
        and same_origin(each.url, thing.id)
        and is_picture(each)
        for each in thing.attachment
    )
