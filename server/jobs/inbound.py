"""Works the inbox: items of one origin in their order, different origins side by side.

What an activity names may have to be fetched from a slow peer: an origin whose turn takes long holds up no other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from federation.types import Origin
from server.activitypub.ingress import Ingress
from server.domain.work import InboxItem
from server.jobs.unit import Units
from server.services import waiting

BATCH = 100
LOOK_SECONDS = 0.1
"""How soon others get their turn while an origin takes long."""


class InboundWorker:
    """One at a time in a process; on PostgreSQL several processes may, since an item's effect is done once."""

    def __init__(self, units: Units, ingress: Ingress) -> None:
        self._units = units
        self._ingress = ingress
        self._busy: dict[Origin, asyncio.Task[None]] = {}

    async def work(self) -> bool:
        """Applies what is due. True when there was something, or more may come of an origin that is busy."""
        items = await self._units.read(waiting.due_items, BATCH, frozenset(self._busy))
        by_origin: dict[Origin, list[InboxItem]] = defaultdict(list)
        for item in items:
            by_origin[item.origin].append(item)
        for origin, ordered in by_origin.items():
            self._busy[origin] = asyncio.create_task(self._in_order(ordered))
        if not self._busy:
            return False
        await asyncio.wait(self._busy.values(), timeout=LOOK_SECONDS)
        for origin, task in list(self._busy.items()):
            if task.done():
                del self._busy[origin]
                task.result()
        return True

    async def _in_order(self, items: list[InboxItem]) -> None:
        for item in items:
            if not await self._ingress.apply(item):
                return  # another process is at this origin, or it was paused: what is behind waits as well

    async def stop(self) -> None:
        """Ends what is under way: its rows wait as they did."""
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
