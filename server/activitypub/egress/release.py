"""What a peer fetches: found through the visibility predicate, decided by the policy, then rendered.

What a peer may not have raises the same NotFound as what is missing. Decisions about content are recorded; those
about profiles and counts are made each time but not written down, since they carry nothing of any post.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from federation.types import Iri, Origin
from federation.vocab import codec
from federation.vocab.codec import Decoded
from federation.vocab.collections import Collection
from server.activitypub.egress import group_documents, rendering
from server.activitypub.render import actors as render_actors
from server.activitypub.render import posts as render_posts
from server.core.errors import NotFound
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import Action, Direction, Effect
from server.domain.ledger import Via
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Peer, Viewer
from server.services import accounts, boundary, holds, ledger, remote_media, streams, timelines
from server.services import media as media_rows
from server.services.boundary import Crossing
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store import groups, work
from server.store import relationships as relationship_rows
from server.store.session import Unit

PAGE = 20
RENDERED = 500
FACE_TYPE = "image/jpeg"


def encoded(thing: Decoded) -> bytes:
    return msgspec.json.encode(codec.encode(thing))


def instance_actor(unit: Unit) -> bytes:
    account = accounts.get_instance_actor(unit)
    return encoded(render_actors.actor(account, account_rows.keys(unit, account.id), unit.context.settings))


def actor(unit: Unit, peer: Peer, public_id: str, rendered: dict[tuple[int, int], bytes]) -> bytes:
    """rendered: documents made before, by account and its version, which every change of a profile raises.

    That of a group is made for each asker.
    """
    account = _local(unit, public_id)
    _permit_profile(unit, peer.origin)
    if account.kind is AccountKind.GROUP:
        return group_documents.document(unit, peer, account)
    version = account.id, account.version
    document = rendered.get(version)
    if document is None:
        keys = account_rows.keys(unit, account.id)
        document = encoded(render_actors.actor(account, keys, unit.context.settings))
        if len(rendered) >= RENDERED:
            rendered.clear()
        rendered[version] = document
    return document


def moderators(unit: Unit, origin: Origin, public_id: str) -> bytes:
    account = _local(unit, public_id)
    _permit_profile(unit, origin)
    return group_documents.moderators(unit, account)


def featured(unit: Unit, peer: Peer, public_id: str) -> bytes:
    account = _local(unit, public_id)
    _permit_profile(unit, peer.origin)
    return group_documents.featured(unit, peer, account)


def page_of_actor(unit: Unit, viewer: Viewer, public_id: str) -> str:
    """Where people read about a local account that they may know of."""
    account = _local(unit, public_id)
    if not accounts.known_to(unit, viewer, [account]):
        raise NotFound
    return account.url


def page_of_post(unit: Unit, viewer: Viewer, post_id: int) -> str:
    """Where people read a post that they may see."""
    return visible.visible_post(unit, viewer, post_id).url


def object_(unit: Unit, peer: Peer, post_id: int) -> bytes:
    post = visible.visible_post(unit, peer, post_id)
    if not post.local or post.boost_of_id is not None:
        raise NotFound
    _confine(unit, peer, post)
    item = rendering.item_of(unit, post)
    _permit(unit, Action.FETCH, peer.origin, boundary.of_post(unit, post, item.media), post.uri, post.id)
    return encoded(render_posts.note(item, unit.context.settings))


def activity(unit: Unit, peer: Peer, activity_id: str) -> bytes:
    """An activity of ours that is about a post which this peer may see."""
    uri = f"{unit.context.settings.base}/activities/{activity_id}"
    row = work.find_activity(unit, uri)
    if row is None or row.post_id is None:
        raise NotFound
    _confine(unit, peer, visible.visible_post(unit, peer, row.post_id))
    _permit(unit, Action.FETCH, peer.origin, Crossing.from_record(row.crossing), uri, row.post_id)
    body: bytes = row.body
    return body


@dataclass(frozen=True, slots=True)
class Served:
    """Bytes that may be released. name: theirs in the vault. key: opens them where they are encrypted there."""

    mime: str
    name: str
    key: bytes | None = field(default=None, repr=False)


def media(unit: Unit, peer: Peer, digest: str) -> Served:
    """What this peer may have: of a post that it may see, or a picture of an account."""
    if not digest.isalnum() or len(digest) != 64:
        raise NotFound
    post = media_rows.visible_post_with(unit, peer, digest)
    if post is None:
        if not account_rows.has_face(unit, digest):
            raise NotFound
        _permit_profile(unit, peer.origin)
        return Served(FACE_TYPE, digest)
    _confine(unit, peer, post)
    signed = media_rows.signed_as(unit, post.id, digest)
    shown = signed or media_rows.of_post_with(unit, post.id, digest)
    if shown is None or (shown.key_sealed is not None and signed is None):
        raise NotFound
    _permit(
        unit, Action.MEDIA, peer.origin, boundary.of_post(unit, post, [shown]), f"media:{digest}", post.id
    )
    if post.group_id is not None:
        there = Iri(f"{unit.context.settings.base}/media/{digest}")
        ledger.may_have(unit, there, {peer.origin: ""}, Via.MEDIA, post=post, digest=digest)
    if signed is not None:
        if signed.original is None:
            raise NotFound  # not here yet: asked for again
        return Served(signed.mime, signed.original, remote_media.key(unit, signed))
    return Served(shown.mime if shown.digest == digest else shown.preview_mime or shown.mime, digest)


def _confine(unit: Unit, peer: Peer, post: Post) -> None:
    """Something in a members-only group, for who may have what it answers. The ledger says that it may have it."""
    if post.group_id is None:
        return
    group = accounts.get(unit, post.group_id)
    if group.local:
        for uri in (post.uri, post.in_reply_to_uri):
            if uri is not None and peer.origin not in streams.holders(unit, uri):
                raise NotFound
    ledger.may_have(unit, post.uri, {peer.origin: ""}, Via.FETCH, post=post, digest=post.digest or "")


def collection(unit: Unit, origin: Origin, public_id: str, name: str, before: int | None) -> bytes:
    """The collection itself, or the page of what is older than `before` (0: the newest)."""
    account = _local(unit, public_id)
    _permit_profile(unit, origin)
    if groups.is_confined(unit, account.id):
        raise NotFound  # how many are in it, and whether it is there, its document and its roster tell who may know
    uri = Iri(f"{account.uri}/{name}")
    total = {
        "outbox": account.posts_count,
        "followers": account.followers_count,
        "following": account.following_count,
    }[name]
    if before is None:
        first = Iri(f"{uri}?page=0")
        return encoded(Collection(id=uri, type="OrderedCollection", total_items=total, first=first))
    items, oldest = _items(unit, origin, account, name, Page(PAGE, max_id=before or None))
    following = Iri(f"{uri}?page={oldest}") if oldest is not None and len(items) == PAGE else None
    page_id = Iri(f"{uri}?page={before}")
    return encoded(
        Collection(
            id=page_id,
            type="OrderedCollectionPage",
            part_of=uri,
            next=following,
            total_items=total,
            items=items,
        )
    )


def _items(
    unit: Unit, origin: Origin, account: Account, name: str, page: Page
) -> tuple[tuple[Iri, ...], int | None]:
    """Posts that the peer may see; of followers and followed only those who live at the peer."""
    if name == "outbox":
        posts = timelines.account_posts(unit, Peer(origin), account, page, exclude_reblogs=True)
        return tuple(post.uri for post in posts), posts[-1].id if posts else None
    rows = relationship_rows.at_origin(unit, account.id, origin, page, followers=name == "followers")
    return tuple(other.uri for _, other in rows), rows[-1][0] if rows else None


def _local(unit: Unit, public_id: str) -> Account:
    account = account_rows.find_by_public_id(unit, public_id)
    if account is None or account.gone:
        raise NotFound
    return account


def _permit_profile(unit: Unit, origin: Origin) -> None:
    if not boundary.permits(unit, Direction.OUT, Action.FETCH, origin, boundary.ACTOR):
        raise NotFound


def _permit(
    unit: Unit, action: Action, origin: Origin, crossing: Crossing, subject: str, post_id: int
) -> None:
    """What waits for a person cannot be fetched either, until it is let go to this peer."""
    made = boundary.decide(unit, Direction.OUT, action, origin, crossing, subject=subject)
    if made.effect is Effect.HOLD and holds.let_go(unit, post_id, origin):
        made = boundary.decide(unit, Direction.OUT, action, origin, crossing, subject=subject, released=True)
    if not made.allowed:
        raise NotFound
