"""Erases what the vault holds of deleted posts, replaced pictures and uploads that never became a post.

Bytes that were stored or touched within the last hour stay: the row that will name them may not be written yet.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from server.core.clock import Clock
from server.core.log import logger
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.media.vault import Vault
from server.services import blobs

log = logger("blobs")
EVERY_SECONDS = 600
YOUNG = timedelta(hours=1)
AT_ONCE = 400


class BlobSweep:
    """clock: the one by which the files of the vault are dated."""

    def __init__(self, units: Units, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._clock = clock

    async def run(self) -> None:
        await repeat("blobs", self.sweep, EVERY_SECONDS)

    async def sweep(self) -> int:
        """One round. Answers how many were erased."""
        erased, before = 0, self._clock.now() - YOUNG
        await self._units.write(blobs.forget_uploads)
        settled = await asyncio.to_thread(lambda: list(self._vault.settled(before)))
        for first in range(0, len(settled), AT_ONCE):
            for digest in await self._units.read(blobs.unnamed, settled[first : first + AT_ONCE]):
                erased += await asyncio.to_thread(self._vault.sweep, digest, before)
        if erased:
            log.info("blobs.erased", count=erased)
        return erased
