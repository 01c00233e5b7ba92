"""Works the inbox: items of one origin in their order, different origins side by side."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from federation.types import Origin
from server.activitypub.ingress import Ingress
from server.domain.work import InboxItem
from server.jobs.unit import Units
from server.services import waiting

BATCH = 100


class InboundWorker:
    """One at a time in a process; on PostgreSQL several processes may, since an item's effect is done once."""

    def __init__(self, units: Units, ingress: Ingress) -> None:
        self._units = units
        self._ingress = ingress

    async def work(self) -> bool:
        """Applies what is due. True when there was something."""
        items = await self._units.read(waiting.due_items, BATCH)
        if not items:
            self._ingress.overloaded = False
            return False
        if len(items) == BATCH:
            self._ingress.overloaded = await self._units.read(waiting.overloaded)
        by_origin: dict[Origin, list[InboxItem]] = defaultdict(list)
        for item in items:
            by_origin[item.origin].append(item)
        await asyncio.gather(*(self._in_order(ordered) for ordered in by_origin.values()))
        return True

    async def _in_order(self, items: list[InboxItem]) -> None:
        for item in items:
            if not await self._ingress.apply(item):
                return  # another process is at this origin: what is behind is its turn as well
