"""Opens a house that came out of a backup, as soon as it has caught up."""

from __future__ import annotations

from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import recovery

EVERY_SECONDS = 1


class Recovery:
    def __init__(self, units: Units) -> None:
        self._units = units

    async def run(self) -> None:
        await repeat("recovery", self.look, EVERY_SECONDS)

    async def look(self) -> None:
        if await self._units.read(recovery.is_under_way):
            await self._units.write(recovery.look)
