"""Fetches the federation lists that are due, every hour. What does not come is looked for again; lists run out by their own date."""

from __future__ import annotations

import asyncio

from server.activitypub.ingress import FederationListReader
from server.core.log import logger
from server.jobs.unit import Units
from server.services import federation_lists

log = logger("federation_lists")
EVERY_SECONDS = 30


class FederationListKeeper:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, reader: FederationListReader) -> None:
        self._units = units
        self._reader = reader

    async def run(self) -> None:
        while True:
            try:
                await self.fetch_due()
            except Exception as error:  # noqa: BLE001  whatever it is, the next round tries again
                log.warning("federation_lists.round_failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def fetch_due(self) -> None:
        for one in await self._units.read(federation_lists.due):
            await self._reader.read(one)
