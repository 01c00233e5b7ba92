"""Delivers: a task a destination, its oldest first, several destinations side by side.

Every attempt ends in a row before the next begins or, for those that arrived, before the lease is given back; a kill
in between repeats a delivery under the same activity id, which receivers take once.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random

from federation.types import Origin
from server.activitypub.egress import GONE_AFTER, Attempt, Egress, Outcome, backoff, is_spent
from server.core.clock import Clock
from server.core.metrics import Metrics
from server.domain.work import Delivery, DeliveryState
from server.jobs.unit import Units
from server.services import waiting
from server.services.waiting import DESTINATIONS, Load

BATCH = 200
SEND_FOR = timedelta(seconds=40)
"""Of a lease of a minute: what is not begun by then is given back."""
SHORTEST = timedelta(seconds=1)
STUBBORN = 5
"""After so many answers of 5xx to one activity it stops holding up those behind it."""

FINAL = {Outcome.PARKED: DeliveryState.PARKED, Outcome.REFUSED: DeliveryState.DEAD}


class DeliverWorker:
    """Belongs to one event loop. process: its number among those that work the same rows; 0 where it is alone."""

    def __init__(
        self, units: Units, egress: Egress, clock: Clock, random: Random, metrics: Metrics, process: int
    ) -> None:
        self._units = units
        self._egress = egress
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._process = process
        self._busy: dict[Origin, asyncio.Task[None]] = {}

    async def work(self) -> bool:
        """Starts what is due. True when a destination has finished and may have more."""
        room = DESTINATIONS - len(self._busy)
        if room > 0:
            loads = await self._units.write(waiting.lease, BATCH, frozenset(self._busy), self._process)
            for load in loads:
                self._busy[load.destination] = asyncio.create_task(self._serve(load))
        if not self._busy:
            return False
        await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
        for origin, task in list(self._busy.items()):
            if task.done():
                del self._busy[origin]
                task.result()
        return True

    async def _serve(self, load: Load) -> None:
        began = self._clock.now()
        arrived: list[Delivery] = []
        rest = list(load.deliveries)
        try:
            while rest and self._clock.now() - began < SEND_FOR:
                delivery = rest.pop(0)
                attempt = await self._egress.send(delivery, load.instance, load.versions[delivery.account_id])
                self._metrics.delivered(attempt.outcome.value)
                if attempt.outcome is Outcome.DELIVERED:
                    arrived.append(delivery)
                elif not await self._failed(load, delivery, attempt):
                    break
        finally:
            if arrived or rest or self._process:
                await self._units.write(waiting.finished, load, arrived, rest, self._process)

    async def _failed(self, load: Load, delivery: Delivery, attempt: Attempt) -> bool:
        """Records an attempt that did not arrive. True when those behind it may go on."""
        now = self._clock.now()
        state = FINAL.get(attempt.outcome)
        if state is None and is_spent(delivery.created_at, now):
            state = DeliveryState.DEAD
        if state is not None:
            await self._units.write(waiting.ended, delivery, state, attempt.status, attempt.reason)
            return True
        if attempt.outcome is Outcome.GONE and now - delivery.created_at >= GONE_AFTER:
            await self._units.write(
                waiting.ended, delivery, DeliveryState.DEAD, attempt.status, attempt.reason
            )
            return True
        due_at = now + self._wait(delivery, attempt)
        # one inbox that is gone says nothing of its neighbours; nor does an activity that fails again and again
        own_fault = attempt.outcome is Outcome.GONE or delivery.attempts + 1 >= STUBBORN
        if attempt.status is not None and own_fault:
            await self._units.write(waiting.again, delivery, due_at, attempt.status, attempt.reason, None)
            return True
        breaker = self._breaker(load, now, due_at, attempt)
        await self._units.write(
            waiting.again, delivery, breaker[2] or due_at, attempt.status, attempt.reason, breaker
        )
        return False

    def _wait(self, delivery: Delivery, attempt: Attempt) -> timedelta:
        """A peer that says when to come is believed, a few times."""
        if attempt.retry_after is not None and delivery.attempts + 1 < STUBBORN:
            return max(attempt.retry_after, SHORTEST) * self._random.uniform(1, 1.2)
        return backoff(delivery.attempts + 1, self._random, attempt.retry_after)

    def _breaker(
        self, load: Load, now: datetime, due_at: datetime, attempt: Attempt
    ) -> tuple[datetime | None, int, datetime | None]:
        """Until when the destination rests. One that said when to come again is not failing, and is not woken sooner."""
        if attempt.retry_after is not None:
            return None, 0, due_at
        failures = load.instance.failures + 1
        return load.instance.failing_since or now, failures, now + backoff(failures, self._random)

    async def stop(self) -> None:
        """Waits for what is under way, ten seconds at most; the rest is leased and comes back by itself."""
        if self._busy:
            _, unfinished = await asyncio.wait(self._busy.values(), timeout=10)
            for task in unfinished:
                task.cancel()
