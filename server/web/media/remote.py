"""Pictures of other instances: had once through the guarded client, cleaned like uploads, kept in the vault.

Apps never load them from their origin, which would tell it who reads what. A picture that cannot be had is asked
for again after a while, not with every reader.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from server.domain.posts import Media
from server.media.images import ProcessedImage
from server.media.limits import AVATAR, HEADER, Crop
from server.services import media, remote_media
from server.services.boundary import ACTOR, Crossing
from server.web.kit.call import Call
from server.web.kit.media_links import Variant

LIMIT = 16 * 1024 * 1024
AGAIN_AFTER = timedelta(minutes=10)
CROPS = {"avatar": AVATAR, "header": HEADER}


async def face(call: Call, url: str, kind: str) -> bytes | None:
    """An avatar or header, cut to shape."""
    vault, prepared = call.house.media, call.house.prepared
    key = ("remote-face", kind, url)
    async with _turn(call, url):
        digest = prepared.get(key)
        kept = await asyncio.to_thread(vault.read, digest) if digest else None
        if kept is not None:
            return kept
        made = await _had(call, url, ACTOR, CROPS[kind])
        if made is None:
            return None
        prepared.put(key, await asyncio.to_thread(vault.store, made.original.data))
        return made.original.data


async def fetch(call: Call, one: Media, variant: Variant) -> str | None:
    """The digest of a post's picture, fetched now."""
    if one.remote_url is None:
        return None
    crossing = await call.read(remote_media.crossing, one)
    if crossing is None:
        return None
    async with _turn(call, one.remote_url):
        fresh = await call.read(media.find, one.id)
        if fresh is not None and fresh.digest is not None:
            return fresh.preview_digest if variant is Variant.PREVIEW else fresh.digest
        made = await _had(call, one.remote_url, crossing)
        if made is None:
            return None
        for image in (made.original, made.preview):
            await asyncio.to_thread(call.house.media.store, image.data)
        values = {
            "mime": made.original.mime,
            "digest": made.original.digest,
            "preview_digest": made.preview.digest,
            "preview_mime": made.preview.mime,
            "blurhash": one.blurhash or made.blurhash,
            "width": made.original.width,
            "height": made.original.height,
            "size": len(made.original.data),
        }
        await call.write(remote_media.arrived, one.id, values)
    return made.preview.digest if variant is Variant.PREVIEW else made.original.digest


def _turn(call: Call, url: str) -> asyncio.Lock:
    """Many readers of one picture cost one fetch."""
    key = ("turn", url)
    lock = call.house.prepared.get(key)
    if lock is None:
        lock = asyncio.Lock()
        call.house.prepared.put(key, lock)
    found: asyncio.Lock = lock
    return found


async def _had(call: Call, url: str, crossing: Crossing, crop: Crop | None = None) -> ProcessedImage | None:
    """The cleaned picture; None where it cannot be had, or could not a moment ago."""
    now = call.context.clock.now()
    failed: datetime | None = call.house.prepared.get(("no-picture", url))
    if failed is not None and now - failed < AGAIN_AFTER:
        return None
    data = await call.house.ingress.lookup.picture(url, crossing, LIMIT)
    made = await call.house.workshop.process(data, crop) if data else None
    if not isinstance(made, ProcessedImage):
        call.house.prepared.put(("no-picture", url), now)
        return None
    return made
