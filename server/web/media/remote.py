"""Pictures of other instances: had once through the guarded client, cleaned like uploads, kept in the vault.

Apps never load them from their origin, which would tell it who reads what. A picture that cannot be had is asked
for again after a while, not with every reader.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from server.domain.posts import Media
from server.media.images import ProcessedImage
from server.media.limits import AVATAR, HEADER, Crop
from server.media.sealed import decrypt, encrypt, new_key
from server.services import media, remote_media
from server.services.boundary import ACTOR, Crossing
from server.web.kit.call import Call
from server.web.kit.media_links import Variant

LIMIT = 16 * 1024 * 1024
AGAIN_AFTER = timedelta(minutes=10)
SOON_AGAIN = timedelta(seconds=5)
"""Of pictures in groups, which the group's instance may not have yet."""
CROPS = {"avatar": AVATAR, "header": HEADER}


async def face(call: Call, url: str, kind: str) -> bytes | None:
    """An avatar or header, cut to shape."""
    vault, prepared = call.house.media, call.house.prepared
    key = ("remote-face", kind, url)
    async with turn(call, url):
        digest = prepared.get(key)
        kept = await asyncio.to_thread(vault.read, digest) if digest else None
        if digest and kept is not None:
            await asyncio.to_thread(vault.touch, digest)
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
    async with turn(call, one.remote_url):
        fresh = await call.read(media.find, one.id)
        if fresh is not None and fresh.digest is not None:
            return fresh.preview_digest if variant is Variant.PREVIEW else fresh.digest
        source = None if one.signed_digest is None else _signed(call, fresh or one, crossing)
        made = await _had(call, one.remote_url, crossing, source=source)
        if made is None:
            return None
        names, key = await _keep(call, fresh or one, made)
        values: dict[str, Any] = {
            "mime": made.original.mime,
            "digest": names[0],
            "preview_digest": names[1],
            "key": key,
            "preview_mime": made.preview.mime,
            "blurhash": one.blurhash or made.blurhash,
            "width": made.original.width,
            "height": made.original.height,
            "size": len(made.original.data),
        }
        await call.write(remote_media.arrived, one.id, values)
    return names[1] if variant is Variant.PREVIEW else names[0]


async def _keep(call: Call, one: Media, made: ProcessedImage) -> tuple[list[str], bytes | None]:
    """The names of picture and preview in the vault. In a members-only group they are encrypted, with a key that goes with the post."""
    images = [made.original.data, made.preview.data]
    if one.signed_digest is None:
        return [await asyncio.to_thread(call.house.media.store, data) for data in images], None
    key = await call.read(remote_media.key, one) or new_key()
    sealed = [encrypt(key, data) for data in images]
    return [await asyncio.to_thread(call.house.media.store, data) for data in sealed], key


async def _signed(call: Call, one: Media, crossing: Crossing) -> bytes | None:
    """The bytes that the author signed: kept here, or had as the profile demands; None where they are not those."""
    key = await call.read(remote_media.key, one)
    if one.original is not None and key is not None:
        kept = await asyncio.to_thread(call.house.media.read, one.original)
        return None if kept is None else decrypt(key, kept)
    assert one.remote_url is not None
    data = await call.house.ingress.lookup.picture(one.remote_url, crossing, LIMIT, profiled=True)
    return data if data is not None and sha256(data).hexdigest() == one.signed_digest else None


def turn(call: Call, url: str) -> asyncio.Lock:
    """Many readers of one picture cost one fetch."""
    key = ("turn", url)
    lock = call.house.prepared.get(key)
    if lock is None:
        lock = asyncio.Lock()
        call.house.prepared.put(key, lock)
    found: asyncio.Lock = lock
    return found


async def _had(
    call: Call,
    url: str,
    crossing: Crossing,
    crop: Crop | None = None,
    source: Coroutine[Any, Any, bytes | None] | None = None,
) -> ProcessedImage | None:
    """The cleaned picture; None where it cannot be had, or could not a moment ago. source: gives its bytes; else its address."""
    now = call.context.clock.now()
    failed: datetime | None = call.house.prepared.get(("no-picture", url))
    rests = AGAIN_AFTER if source is None else SOON_AGAIN
    if failed is not None and now - failed < rests:
        if source is not None:
            source.close()
        return None
    data = await (source or call.house.ingress.lookup.picture(url, crossing, LIMIT))
    made = await call.house.workshop.process(data, crop) if data else None
    if not isinstance(made, ProcessedImage):
        call.house.prepared.put(("no-picture", url), now)
        return None
    return made
