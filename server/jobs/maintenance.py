"""Upkeep at intervals: counting what waits, forgetting what is done, watching the clock."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from server.core.clock import Clock
from server.core.log import logger
from server.core.metrics import Metrics
from server.jobs.unit import Units
from server.services import upkeep, waiting

log = logger("maintenance")
COUNT_SECONDS = 15
HOURLY = timedelta(hours=1)
BACKWARDS = timedelta(seconds=5)


class Maintenance:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, clock: Clock, metrics: Metrics) -> None:
        self._units = units
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        last = cleaned = self._clock.now()
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            now = self._clock.now()
            if now < last - BACKWARDS:
                # waiting work is due by the database's rows: those that now lie in the future are made due again
                log.error("clock.went_backwards", seconds=int((last - now).total_seconds()))
                await self._units.write(upkeep.clock_went_back)
            last = now
            await self._round(now, cleaned)
            if now - cleaned >= HOURLY or now < cleaned:
                cleaned = now

    async def _round(self, now: datetime, cleaned: datetime) -> None:
        try:
            self._metrics.waiting(await self._units.read(waiting.counts))
            await self._units.write(upkeep.close_polls)
            if now - cleaned >= HOURLY:
                await self._units.write(upkeep.forget)
        except Exception as error:  # noqa: BLE001  upkeep that fails is tried again; it must not end the runner
            log.error("maintenance.failed", error=type(error).__name__)
