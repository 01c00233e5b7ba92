"""Fetches the federation lists that are due, every hour. What does not come is looked for again; lists run out by their own date."""

from __future__ import annotations

from server.activitypub.ingress import FederationListReader
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import federation_lists

EVERY_SECONDS = 30


class FederationListKeeper:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, reader: FederationListReader) -> None:
        self._units = units
        self._reader = reader

    async def run(self) -> None:
        await repeat("federation_lists", self.fetch_due, EVERY_SECONDS)

    async def fetch_due(self) -> None:
        for one in await self._units.read(federation_lists.due):
            await self._reader.read(one)
