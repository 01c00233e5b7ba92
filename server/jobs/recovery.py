"""Opens a house that came out of a backup, as soon as it has caught up; and asks who has members in its groups what they hold of them."""

from __future__ import annotations

from server.activitypub.ingress import InventoryReader
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import inventories, recovery

EVERY_SECONDS = 1
AT_ONCE = 20


class Recovery:
    """reader: fetches inventories."""

    def __init__(self, units: Units, reader: InventoryReader) -> None:
        self._units = units
        self._reader = reader

    async def run(self) -> None:
        await repeat("recovery", self.look, EVERY_SECONDS)

    async def look(self) -> None:
        for host, url in await self._units.read(inventories.due, AT_ONCE):
            await self._reader.read(host, url)
        if await self._units.read(recovery.is_under_way):
            await self._units.write(recovery.look)
