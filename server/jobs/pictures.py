"""Keeps the pictures that were posted to groups of ours from elsewhere: fetched once, held against the digest that was signed.

Member instances get them from here; until they are here, their author's instance has them. What does not fit is not kept.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256

from server.activitypub.ingress import Lookup
from server.core.clock import Clock
from server.domain.posts import Media
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.media.sealed import encrypt, new_key
from server.media.vault import Vault
from server.services import remote_media

EVERY_SECONDS = 1
LIMIT = 16 * 1024 * 1024
AGAIN_AFTER = timedelta(minutes=1)
REMEMBERED = 10_000


class PictureKeeper:
    def __init__(self, units: Units, lookup: Lookup, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._lookup = lookup
        self._vault = vault
        self._clock = clock
        self._failed: dict[int, datetime] = {}

    async def run(self) -> None:
        await repeat("pictures", self.keep_due, EVERY_SECONDS)

    async def keep_due(self) -> None:
        now = self._clock.now()
        for one in await self._units.read(remote_media.to_keep):
            failed = self._failed.get(one.id)
            if failed is None or now - failed >= AGAIN_AFTER:
                await self._keep(one)

    async def _keep(self, one: Media) -> None:
        crossing = await self._units.read(remote_media.crossing, one)
        if crossing is None or one.remote_url is None:
            return
        data = await self._lookup.picture(one.remote_url, crossing, LIMIT, profiled=True)
        if data is None or sha256(data).hexdigest() != one.signed_digest:
            if len(self._failed) > REMEMBERED:
                self._failed.clear()
            self._failed[one.id] = self._clock.now()
            return
        key = await self._units.read(remote_media.key, one) or new_key()
        name = await asyncio.to_thread(self._vault.store, encrypt(key, data))
        await self._units.write(remote_media.kept, one.id, name, key)
