"""Keeps memberships in step with groups elsewhere: rosters in doubt, requests not answered, credentials and documents that age."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from server.activitypub.ingress import CatalogueReader, Lookup, RosterReader
from server.core.clock import Clock
from server.core.log import logger
from server.jobs.unit import Units
from server.services import catalogue, groups

log = logger("memberships")
EVERY_SECONDS = 1
SIDE_BY_SIDE = 4
MINUTELY = timedelta(minutes=1)
HOURLY = timedelta(hours=1)


class MembershipKeeper:
    """lookup: fetches documents of groups. reader: fetches rosters. catalogues: fetches what partners list."""

    def __init__(
        self, units: Units, lookup: Lookup, reader: RosterReader, catalogues: CatalogueReader, clock: Clock
    ) -> None:
        self._units = units
        self._lookup = lookup
        self._reader = reader
        self._catalogues = catalogues
        self._clock = clock

    async def run(self) -> None:
        minute: datetime | None = None
        read: datetime | None = None
        hour = self._clock.now()
        while True:
            now = self._clock.now()
            try:
                await self.compare_due()
                if minute is None or not minute <= now < minute + MINUTELY:
                    await self._units.write(groups.ask_again)
                    await self._documents()
                    minute = now
                if read is None or not read <= now < read + HOURLY:
                    read = now
                    await self.read_catalogues()
                if not hour <= now < hour + HOURLY:
                    await self._units.write(groups.renew)
                    await self._units.write(groups.compare_all)
                    hour = now
            except Exception as error:  # noqa: BLE001  whatever it is, the next round tries again
                log.warning("memberships.round_failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def compare_due(self) -> None:
        due = await self._units.read(groups.slices_due)
        for first in range(0, len(due), SIDE_BY_SIDE):
            await asyncio.gather(*(self._reader.read(one) for one in due[first : first + SIDE_BY_SIDE]))

    async def read_catalogues(self) -> None:
        for origin in await self._units.read(catalogue.partners_now):
            await self._catalogues.read(origin)

    async def _documents(self) -> None:
        for group in await self._units.read(groups.documents_due):
            if await self._lookup.group(group.uri) is None:
                await self._units.write(groups.document_failed, group)
