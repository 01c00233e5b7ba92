"""Keeps memberships in step with groups elsewhere: rosters in doubt, requests not answered, newcomers, credentials and documents that age."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from server.activitypub.ingress import CatalogueReader, Lookup, RosterReader
from server.core.clock import Clock
from server.jobs.rounds import Interval, repeat
from server.jobs.unit import Units
from server.services import catalogue, groups, waiting

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
        self._minute = Interval(clock, MINUTELY, at_once=True)
        self._read = Interval(clock, HOURLY, at_once=True)
        self._hour = Interval(clock, HOURLY, at_once=False)

    async def run(self) -> None:
        await repeat("memberships", self.keep, EVERY_SECONDS)

    async def keep(self) -> None:
        await self.compare_due()
        if self._minute.is_over():
            await self._units.write(groups.ask_again)
            await self._units.write(groups.look_at_all)
            while await self._units.write(groups.look_at_borders):
                pass  # no more of them in one transaction than others can wait for
            await self._documents()
            self._minute.begin()
        if self._read.is_over():
            self._read.begin()  # before: what a partner does not answer is asked again with all others
            await self.read_catalogues()
        if self._hour.is_over():
            await self._units.write(groups.renew)
            await self._units.write(waiting.ask_for_verdicts)
            await self._units.write(groups.compare_all)
            self._hour.begin()

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
