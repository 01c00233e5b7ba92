"""Reads of posts in members-only groups: noted in memory as they happen, written together about once a second.

A crash loses at most what was noted since the last writing. A writing that fails is done again with the next.
"""

from __future__ import annotations

import asyncio

from server.core.clock import Clock
from server.core.log import logger
from server.domain.reads import Depth, Read
from server.services import reads
from server.web.kit.unit import Units

log = logger("reads")

SECONDS = 1.0
BATCH = 500


class Reads:
    """Used on the event loop alone."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._noted: dict[tuple[int, int, str], Read] = {}

    def note(self, account_id: int, author_id: int, post_id: int, depth: Depth) -> None:
        """post_id: of a post whose reads are recorded. A visitor's and the author's own are not."""
        if not account_id or account_id == author_id:
            return
        now = self._clock.now()
        self._put(Read(account_id, post_id, depth, now, now))

    def _put(self, one: Read) -> None:
        key = (one.account_id, one.post_id, one.day)
        known = self._noted.get(key)
        if known is not None:
            first, last = min(known.first_at, one.first_at), max(known.last_at, one.last_at)
            one = Read(one.account_id, one.post_id, max(known.depth, one.depth), first, last)
        self._noted[key] = one

    async def write(self) -> None:
        """Writes what was noted so far."""
        noted, self._noted = list(self._noted.values()), {}
        while noted:
            try:
                await self._units.write(reads.record, noted[:BATCH])
            except BaseException:
                for one in noted:
                    self._put(one)
                raise
            del noted[:BATCH]

    async def run(self) -> None:
        """Until cancelled; then what is left is written."""
        try:
            while True:
                await asyncio.sleep(SECONDS)
                await self._try_to_write()
        finally:
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            await self.write()
        except Exception as error:  # noqa: BLE001  what cannot be written now is written with the next
            log.error("reads.unwritten", error=type(error).__name__)
