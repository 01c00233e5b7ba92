"""Pictures of posts, by links that were made for one reader.

The link proves for whom it was made; whether that reader may see the post is asked again at each use. A picture
that was uploaded and not yet posted is its uploader's alone.
"""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from server.core.errors import NotFound
from server.domain.posts import Media
from server.domain.viewers import Anonymous, Member
from server.media.sealed import decrypt
from server.services import media, remote_media
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.kit.image_kinds import kind_of
from server.web.kit.media_links import MediaLink, MediaLinks, Variant
from server.web.kit.unit import Unit
from server.web.media import remote


async def show(call: Call) -> Response:
    """GET /media/files/:token."""
    link = MediaLinks(call.context).read(call.parameters["token"])
    if link is None:
        raise NotFound
    one, key = await call.read(_allowed, link)
    digest = one.preview_digest if link.variant is Variant.PREVIEW and one.preview_digest else one.digest
    if digest is None:
        digest = await remote.fetch(call, one, link.variant)
        one, key = await call.read(_allowed, link)
    data = await asyncio.to_thread(call.house.media.read, digest) if digest else None
    if data is not None and key is not None:
        data = decrypt(key, data)
    if data is None:
        raise NotFound
    headers = {"Content-Disposition": "inline"}
    return responses.raw(data, headers=headers, media_type=kind_of(data))


def _allowed(unit: Unit, link: MediaLink) -> tuple[Media, bytes | None]:
    """With what opens its bytes, where they are encrypted."""
    one = media.find(unit, link.media_id)
    viewer = Member(link.viewer_id) if link.viewer_id else Anonymous()
    if one is None or not media.may_see(unit, viewer, one, owner_id=link.viewer_id or None):
        raise NotFound
    return one, remote_media.key(unit, one)
