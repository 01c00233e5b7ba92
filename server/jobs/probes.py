"""Probes the partners that are due: daily, hourly after a failure, and when an administrator asks.

A partner that does not answer costs its own probe the time it takes, and holds up no other. A line that was not tried has
not passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from federation.types import Origin
from server.activitypub.ingress import Edges
from server.core.clock import Clock
from server.core.log import logger
from server.domain.trust import ProbeLine, ProbeRound
from server.jobs.rounds import repeat
from server.jobs.unit import Units
from server.services import partners, probes

log = logger("probes")
EVERY_SECONDS = 1.0
LOOK_SECONDS = 0.2
PATIENCE = timedelta(seconds=30)
"""How long an answer may take: it goes through the queues of both sides."""
TOGETHER = 20
TRIP = ("delivered", "answered", "deleted", "receipted")


class Prober:
    """Runs beside the workers, in the process that holds the runner's lease."""

    def __init__(self, units: Units, edges: Edges, clock: Clock) -> None:
        self._units = units
        self._edges = edges
        self._clock = clock
        self._busy: dict[Origin, asyncio.Task[None]] = {}

    async def run(self) -> None:
        try:
            await repeat("probes", self._round, EVERY_SECONDS)
        finally:
            for task in self._busy.values():
                task.cancel()

    async def _round(self) -> None:
        for domain, task in list(self._busy.items()):
            if task.done():
                del self._busy[domain]
        for domain in await self._units.read(partners.due, TOGETHER):
            if domain not in self._busy and len(self._busy) < TOGETHER:
                self._busy[domain] = asyncio.create_task(self._one(domain))

    async def _one(self, domain: Origin) -> None:
        try:
            await self.probe(domain)
        except Exception as error:  # noqa: BLE001  the next round tries again
            log.error("probe.failed", domain=domain, error=type(error).__name__)

    async def probe(self, domain: Origin) -> list[ProbeLine]:
        """One probe, line by line, and its result."""
        began = self._clock.now()
        partner = await self._units.read(partners.get, domain)
        lines = await self._edges.look(partner)
        given = any(line.check == "object" and line.passed for line in lines)
        lines += await self._trip(domain) if given else _failed(TRIP)
        await self._units.write(partners.probed, domain, lines, began)
        return lines

    async def _trip(self, domain: Origin) -> list[ProbeLine]:
        """The canary goes there and is answered; it is taken back, and that is receipted."""
        await self._units.write(probes.begin, domain)
        answered = await self._until(domain, lambda found: found.answered_at is not None)
        delivered = await self._units.read(probes.delivered, answered.activity_uri)
        lines = [
            ProbeLine("delivered", passed=delivered),
            ProbeLine("answered", passed=answered.answered_at is not None),
        ]
        if answered.answered_at is None:
            return lines + _failed(TRIP[2:])
        await self._units.write(probes.withdraw, domain)
        ended = await self._until(domain, lambda found: found.receipted_at is not None)
        deleted = await self._units.read(probes.delivered, ended.withdrawal_uri)
        return [
            *lines,
            ProbeLine("deleted", passed=deleted),
            ProbeLine("receipted", passed=ended.receipted_at is not None),
        ]

    async def _until(self, domain: Origin, holds: Callable[[ProbeRound], bool]) -> ProbeRound:
        """The round once that holds, or as it stands when patience ends."""
        until = self._clock.now() + PATIENCE
        while True:
            found = await self._units.read(probes.get, domain)
            if holds(found) or self._clock.now() >= until:
                return found
            await asyncio.sleep(LOOK_SECONDS)


def _failed(checks: tuple[str, ...]) -> list[ProbeLine]:
    return [ProbeLine(check, passed=False, words="not-tried") for check in checks]
