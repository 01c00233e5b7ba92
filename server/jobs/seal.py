"""Seals the audit and decision logs, once a second."""

from __future__ import annotations

from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import seals

EVERY_SECONDS = 1.0


class Sealing:
    """Runs in the process that holds the runner's lease."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def run(self) -> None:
        await repeat("seals", self.seal, EVERY_SECONDS)

    async def seal(self) -> None:
        if await self._units.read(seals.any_waiting):
            while await self._units.write(seals.seal):
                pass
