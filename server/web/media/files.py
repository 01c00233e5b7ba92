"""Pictures, videos and sound of posts, by links that were made for one reader; parts of them where a player asks for parts.

The link proves for whom it was made; whether that reader may see the post is asked again at each use. A file
that was uploaded and not yet posted is its uploader's alone.
"""

from __future__ import annotations

import asyncio

from starlette.responses import FileResponse, Response

from server.core.errors import NotFound
from server.domain.posts import Media, Post
from server.domain.reads import Depth, is_recorded
from server.domain.viewers import Anonymous, Member
from server.media.sealed import decrypt
from server.services import accounts, media, openings, remote_media
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.kit.media_kinds import kind_of
from server.web.kit.media_links import MediaLink, MediaLinks, Variant
from server.web.kit.unit import Unit
from server.web.media import remote, remote_recordings

INLINE = {"Content-Disposition": "inline"}


async def show(call: Call) -> Response:
    """GET /media/files/:token."""
    link = MediaLinks(call.context).read(call.parameters["token"])
    if link is None:
        raise NotFound
    look = call.write if link.opening_id else call.read  # what is read in an emergency is recorded with it
    one, key, shown_by = await look(_allowed, link)
    digest = one.preview_digest if link.variant is Variant.PREVIEW and one.preview_digest else one.digest
    if digest is None:
        had = remote_recordings.fetch if one.is_recording else remote.fetch
        digest = await had(call, one, link.variant)
        one, key, shown_by = await look(_allowed, link)
    if digest is None:
        raise NotFound
    response = await (_whole(call, digest, key) if key is not None else _from_disk(call, digest))
    if link.opening_id:
        response.headers["Cache-Control"] = "no-store"
        return response
    left = int((link.expires_at - call.context.clock.now()).total_seconds())
    response.headers["Cache-Control"] = (
        f"private, max-age={max(0, left)}"  # no browser keeps it longer than its link
    )
    if shown_by is not None and is_recorded(shown_by):
        # a timeline shows previews by itself; only who asks for the whole picture opened it
        depth = Depth.LISTED if link.variant is Variant.PREVIEW else Depth.IMAGE
        call.house.reads.note(link.viewer_id, shown_by.account_id, shown_by.id, depth)
    return response


async def _whole(call: Call, digest: str, key: bytes) -> Response:
    sealed = await asyncio.to_thread(call.house.media.read, digest)
    data = None if sealed is None else decrypt(key, sealed)
    if data is None:
        raise NotFound
    return responses.raw(data, headers=dict(INLINE), media_type=kind_of(data))


async def _from_disk(call: Call, digest: str) -> Response:
    """Piece by piece, and the part that was asked for alone: a phone plays no video that it cannot have in parts."""
    head = await asyncio.to_thread(call.house.media.head, digest)
    if head is None:
        raise NotFound
    return FileResponse(call.house.media.path(digest), headers=dict(INLINE), media_type=kind_of(head))


def _allowed(unit: Unit, link: MediaLink) -> tuple[Media, bytes | None, Post | None]:
    """With what opens its bytes, where they are encrypted, and the post that shows it, where one does."""
    if link.opening_id:
        whole = link.variant is Variant.ORIGINAL
        opened = openings.picture(unit, link.viewer_id, link.opening_id, link.media_id, whole=whole)
        return opened, remote_media.key(unit, opened), None
    one = media.find(unit, link.media_id)
    viewer = Member(link.viewer_id) if link.viewer_id else Anonymous()
    if one is None or (link.viewer_id and not accounts.may_read(unit, link.viewer_id)):
        raise NotFound
    post = media.shown_by(unit, viewer, one)
    if post is None and not media.may_see(unit, viewer, one, owner_id=link.viewer_id or None):
        raise NotFound
    return one, remote_media.key(unit, one), post
