"""Pulls the streams of groups elsewhere that are known to be behind, few at a time, until nothing is missing."""

from __future__ import annotations

import asyncio

from server.activitypub.ingress import Puller
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import streams
from server.services.streams import Wanted

EVERY_SECONDS = 1
SIDE_BY_SIDE = 4
PAGES = 200
"""Of one stream in a row: then others have their turn."""


class StreamReader:
    def __init__(self, units: Units, puller: Puller) -> None:
        self._units = units
        self._puller = puller

    async def run(self) -> None:
        await repeat("streams", self.read_due, EVERY_SECONDS)

    async def read_due(self) -> None:
        due = await self._units.read(streams.due)
        for first in range(0, len(due), SIDE_BY_SIDE):
            await asyncio.gather(*(self._read(one) for one in due[first : first + SIDE_BY_SIDE]))

    async def _read(self, wanted: Wanted) -> None:
        for _ in range(PAGES):
            if not await self._puller.pull(wanted):
                return
            wanted = await self._units.read(streams.rest, wanted.group)
