"""Upkeep at intervals: counting what waits, forgetting what is done, watching the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from server.core.clock import Clock
from server.core.errors import AppError, Overloaded, StorageFull
from server.core.log import logger
from server.core.metrics import Metrics
from server.jobs.rounds import Interval, attempt, repeat
from server.jobs.unit import Unit, Units
from server.services import (
    agreements,
    federation_lists,
    figures,
    holds,
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
EVERY_HOUR: tuple[Callable[[Unit], object], ...] = (
    upkeep.forget,
    seals.mail_heads,
    holds.remind,
    holds.tell_usual,
    purges.sweep,
    agreements.watch,
    federation_lists.watch,
    purges.ask_due,
)


class Maintenance:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, clock: Clock, metrics: Metrics, register_path: Path) -> None:
        self._units = units
        self._clock = clock
        self._metrics = metrics
        self._register_path = register_path
        self._register_complete = False
        self._hour = Interval(clock, HOURLY, at_once=False)
        self._last = clock.now()
        self._behind = True

    async def run(self) -> None:
        await repeat("maintenance", self.look, COUNT_SECONDS)

    async def look(self) -> bool:
        """One round. What fails in it is in the way of nothing else. False where something did."""
        works = [
            self.mend,
            self.measure,
            self.close_polls,
            self.write_register,
            self.send_scheduled,
            self.let_go,
        ]
        went = [await attempt(f"maintenance.{work.__name__}", work) for work in works]
        if self._hour.is_over():
            self._hour.begin()
            for task in EVERY_HOUR:
                name = f"{task.__module__.rpartition('.')[2]}.{task.__name__}"
                went.append(await attempt(name, partial(self._units.write, task)))
        return all(went)

    async def mend(self) -> None:
        """At the start and whenever the clock went back, which it may have done while nothing ran."""
        now = self._clock.now()
        self._behind = self._behind or now < self._last - BACKWARDS
        self._last = now
        if not self._behind:
            return
        if await self._units.write(upkeep.mend_times, BACKWARDS):
            log.error("clock.went_backwards")
        await self._units.write(upkeep.forget_push_tokens)
        self._behind = False

    async def measure(self) -> None:
        self._metrics.measured(await self._units.read(figures.measure))

    async def close_polls(self) -> None:
        await self._units.write(upkeep.close_polls)

    async def let_go(self) -> None:
        """Whose last day is over. Each in a unit of its own."""
        for account_id in await self._units.read(leaving.due):
            await attempt("leaving", partial(self._units.write, leaving.leave_as_planned, account_id))

    async def write_register(self) -> None:
        """Once: each deletion writes its own line; this adds what is missing from before."""
        if not self._register_complete:
            await self._units.read(register.complete, self._register_path)
            self._register_complete = True

    async def send_scheduled(self) -> None:
        """Each in a unit of its own: one that cannot be sent is not in the way of others."""
        for scheduled_id in await self._units.read(scheduled_posts.due):
            try:
                await self._units.write(scheduled_posts.send, scheduled_id)
            except (Overloaded, StorageFull):
                raise  # nothing is wrong with the post: it waits as it did
            except AppError as error:
                log.info("scheduled.not_sent", scheduled=scheduled_id, error=error.code)
                await self._units.write(scheduled_posts.failed, scheduled_id)
