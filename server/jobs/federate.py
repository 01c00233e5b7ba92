"""Turns what happened here into deliveries: one event, one transaction, its rows and its end together."""

from __future__ import annotations

from datetime import timedelta

from federation.types import Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import Lookup
from server.core.clock import Clock
from server.core.errors import AppError
from server.core.log import logger
from server.domain.work import Event, EventKind
from server.jobs.unit import Unit, Units
from server.services import relationships, waiting

log = logger("federate")
BATCH = 50
ATTEMPTS = 5


class FederateWorker:
    """lookup: fetches the post that a reply answers."""

    def __init__(self, units: Units, egress: Egress, lookup: Lookup, clock: Clock) -> None:
        self._units = units
        self._egress = egress
        self._lookup = lookup
        self._clock = clock

    async def work(self) -> bool:
        """Plans the effects of what is due. True when there was something."""
        events = await self._units.read(waiting.due_events, BATCH)
        for event in events:
            await self._one(event)
        return bool(events)

    async def _one(self, event: Event) -> None:
        try:
            if event.kind is EventKind.PARENT_WANTED:
                await self._lookup.post(str(event.payload["uri"]), int(event.payload.get("above", 0)))
                await self._units.write(waiting.settle_event, event, "looked-up")
            else:
                await self._units.write(self._plan, event)
        except AppError as problem:
            await self._units.write(waiting.event_failed, event, None, problem.code)
        except Exception as error:  # a poisonous event is parked, never in the way of others
            log.error("event.failed", event_kind=event.kind.value, error=type(error).__name__, exc_info=True)
            again_at = (
                None
                if event.attempts + 1 >= ATTEMPTS
                else self._clock.now() + timedelta(seconds=15 * 4**event.attempts)
            )
            await self._units.write(waiting.event_failed, event, again_at, type(error).__name__)

    def _plan(self, unit: Unit, event: Event) -> None:
        if not waiting.settle_event(unit, event, "planned"):
            return
        if event.kind is EventKind.TRUST_CHANGED:
            relationships.trust_changed(unit, Origin(str(event.payload["domain"])))
        self._egress.plan(unit, event)
