"""Videos and sound of other instances: had once when somebody plays them, made anew by the same job as uploads, then kept.

Whoever asks waits a while for it; who waited in vain finds nothing yet, and may ask again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from server.domain.posts import Media
from server.services import media, remote_media
from server.services.media import UPLOAD
from server.web.kit import pictures
from server.web.kit.call import Call
from server.web.kit.media_links import Variant
from server.web.media.remote import turn

LIMIT = 36 * 1024 * 1024
ACCEPT = "video/*, audio/*"
AGAIN_AFTER = timedelta(minutes=10)
WAIT_SECONDS, LOOK_SECONDS = 20.0, 0.25


async def fetch(call: Call, one: Media, variant: Variant) -> str | None:
    """The digest of a post's video or sound, or of its preview; None where it cannot be had, or not yet."""
    if one.upload is None and not await _had(call, one):
        return None
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        fresh = await call.read(media.find, one.id)
        if fresh is None or fresh.upload is None:
            break
        await asyncio.sleep(LOOK_SECONDS)
    else:
        return None
    if fresh is None:
        return None
    return fresh.preview_digest if variant is Variant.PREVIEW else fresh.digest


async def _had(call: Call, one: Media) -> bool:
    """Whether its bytes wait to be made anew from now on, or have been."""
    if one.remote_url is None or one.refusal is not None or not call.house.recordings.is_there():
        return False
    crossing = await call.read(remote_media.crossing, one)
    if crossing is None:
        return False
    async with turn(call, one.remote_url):
        fresh = await call.read(media.find, one.id)
        if fresh is None or fresh.upload is not None or fresh.digest is not None:
            return fresh is not None
        key, now = ("no-recording", one.id), call.context.clock.now()
        tried: datetime | None = call.house.prepared.get(key)
        if tried is not None and now - tried < AGAIN_AFTER:
            return False
        call.house.prepared.put(key, now)
        data = await call.house.ingress.lookup.picture(one.remote_url, crossing, LIMIT, accept=ACCEPT)
        if data is None or call.house.recordings.refused(data) is not None:
            return False
        await call.write(remote_media.waits, one.id, await pictures.keep_sealed(call, UPLOAD, data))
        return True
