"""Keeps what was checked and attested in step with time: partners' status lists, silence, what has run out, documents to erase."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from server.activitypub.ingress import StatusListReader
from server.core.clock import Clock
from server.core.log import logger
from server.jobs.unit import Units
from server.media.vault import Vault
from server.services import verification

log = logger("verification")
EVERY_SECONDS = 2
SIDE_BY_SIDE = 4
MINUTELY = timedelta(minutes=1)


class VerificationKeeper:
    """reader: fetches lists of partners. vault: holds members' documents until they are erased."""

    def __init__(self, units: Units, reader: StatusListReader, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._reader = reader
        self._vault = vault
        self._clock = clock

    async def run(self) -> None:
        minute: datetime | None = None
        while True:
            now = self._clock.now()
            try:
                await self.fetch_due()
                if minute is None or not minute <= now < minute + MINUTELY:
                    await self._units.write(verification.keep)
                    await self.erase_due()
                    minute = now
            except Exception as error:  # noqa: BLE001  whatever it is, the next round tries again
                log.warning("verification.round_failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def fetch_due(self) -> None:
        due = await self._units.read(verification.lists_due)
        for first in range(0, len(due), SIDE_BY_SIDE):
            await asyncio.gather(*(self._reader.read(one) for one in due[first : first + SIDE_BY_SIDE]))

    async def erase_due(self) -> None:
        """The bytes first: what is recorded as erased is gone."""
        for verification_id, digest in await self._units.read(verification.documents_due):
            await asyncio.to_thread(self._vault.delete, digest)
            await self._units.write(verification.document_erased, verification_id)
