"""Keeps what was checked and attested in step with time: partners' status lists, silence, what has run out, documents to erase."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from server.activitypub.ingress import StatusListReader
from server.core.clock import Clock
from server.jobs.rounds import Interval, repeat
from server.jobs.unit import Units
from server.media.vault import Vault
from server.services import verification

EVERY_SECONDS = 2
SIDE_BY_SIDE = 4
MINUTELY = timedelta(minutes=1)


class VerificationKeeper:
    """reader: fetches lists of partners. vault: holds members' documents until they are erased."""

    def __init__(self, units: Units, reader: StatusListReader, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._reader = reader
        self._vault = vault
        self._minute = Interval(clock, MINUTELY, at_once=True)

    async def run(self) -> None:
        await repeat("verification", self.keep, EVERY_SECONDS)

    async def keep(self) -> None:
        await self.fetch_due()
        if self._minute.is_over():
            await self._units.write(verification.keep)
            await self.erase_due()
            self._minute.begin()

    async def fetch_due(self) -> None:
        due = await self._units.read(verification.lists_due)
        for first in range(0, len(due), SIDE_BY_SIDE):
            await asyncio.gather(*(self._reader.read(one) for one in due[first : first + SIDE_BY_SIDE]))

    async def erase_due(self) -> None:
        await erase_documents(self._units, self._vault)


async def erase_documents(units: Units, vault: Vault) -> int:
    """The bytes first: what is recorded as erased is gone. Answers how many."""
    due = await units.read(verification.documents_due)
    for verification_id, digest in due:
        await asyncio.to_thread(vault.delete, digest)
        await units.write(verification.document_erased, verification_id)
    return len(due)
