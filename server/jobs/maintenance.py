"""Upkeep at intervals: counting what waits, forgetting what is done, watching the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.core.clock import Clock
from server.core.errors import AppError, Overloaded
from server.core.log import logger
from server.core.metrics import Metrics
from server.jobs.unit import Units
from server.services import (
    agreements,
    federation_lists,
    figures,
    leaving,
    purges,
    register,
    scheduled_posts,
    seals,
    upkeep,
)

log = logger("maintenance")
COUNT_SECONDS = 15
HOURLY = timedelta(hours=1)
BACKWARDS = timedelta(seconds=5)


class Maintenance:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, clock: Clock, metrics: Metrics, register_path: Path) -> None:
        self._units = units
        self._clock = clock
        self._metrics = metrics
        self._register_path = register_path
        self._register: register.File | None = None

    async def run(self) -> None:
        last = cleaned = self._clock.now()
        behind = True  # until looked: the clock may have gone back while nothing ran
        while True:
            now = self._clock.now()
            behind = behind or now < last - BACKWARDS
            last = now
            if await self._round(now, cleaned, behind=behind):
                behind = False
            if now - cleaned >= HOURLY or now < cleaned:
                cleaned = now
            await asyncio.sleep(COUNT_SECONDS)

    async def _round(self, now: datetime, cleaned: datetime, *, behind: bool) -> bool:
        """False when it must be done again."""
        try:
            if behind and await self._units.write(upkeep.mend_times, BACKWARDS):
                log.error("clock.went_backwards")
            if behind:
                await self._units.write(upkeep.forget_push_tokens)
            self._metrics.measured(await self._units.read(figures.measure))
            await self._units.write(upkeep.close_polls)
            await self.write_register()
            await self.send_scheduled()
            for account_id in await self._units.read(leaving.due):
                await self._units.write(leaving.leave_as_planned, account_id)
            if now - cleaned >= HOURLY:
                await self._units.write(upkeep.forget)
                await self._units.write(seals.mail_heads)
                await self._units.write(purges.sweep)
                await self._units.write(agreements.watch)
                await self._units.write(federation_lists.watch)
                await self._units.write(purges.ask_due)
        except Exception as error:  # noqa: BLE001  upkeep that fails is tried again; it must not end the runner
            log.error("maintenance.failed", error=type(error).__name__)
            return False
        return True

    async def write_register(self) -> None:
        """What was taken away since the last look, to the file that outlives the database."""
        if self._register is None:
            self._register = await asyncio.to_thread(register.File, self._register_path)
        since = self._register.from_here or datetime.min.replace(tzinfo=UTC)
        lines = await self._units.read(register.since, since)
        await asyncio.to_thread(self._register.append, lines)

    async def send_scheduled(self) -> None:
        """Each in a unit of its own: one that cannot be sent is not in the way of others."""
        for scheduled_id in await self._units.read(scheduled_posts.due):
            try:
                await self._units.write(scheduled_posts.send, scheduled_id)
            except Overloaded:
                raise
            except AppError as error:
                log.info("scheduled.not_sent", scheduled=scheduled_id, error=error.code)
                await self._units.write(scheduled_posts.failed, scheduled_id)
