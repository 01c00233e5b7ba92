"""Turns what happened here into deliveries: one event, one transaction, its rows and its end together.

Events for which a peer has to be asked run beside these, a few at a time: a slow peer holds up nothing that leaves.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from federation.errors import Unreachable
from federation.types import Origin
from server.activitypub.egress import Egress
from server.activitypub.ingress import Lookup
from server.core.clock import Clock
from server.core.errors import AppError, Overloaded, StorageFull
from server.core.i18n import LANGUAGES, Catalogue
from server.core.log import logger
from server.domain.work import Event, EventKind
from server.jobs.unit import Unit, Units
from server.services import groups, messages, profiles, purges, relationships, streams, waiting

log = logger("federate")
BATCH = 50
ATTEMPTS = 5
LOOKUPS = 16
LOOKUPS_OF_ONE = 2
"""Look-ups side by side: in all, and at one origin."""
LOOK_SECONDS = 0.1
PAGES = 20
"""How far one look goes past look-ups at origins that have their share already."""
PARENT_AGAIN = (
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(days=2),
)
"""After which a post that is answered is asked for again, where its instance was away."""


class FederateWorker:
    """lookup: fetches the post that a reply answers. catalogue: the languages of messages to members here."""

    def __init__(
        self, units: Units, egress: Egress, lookup: Lookup, clock: Clock, catalogue: Catalogue
    ) -> None:
        self._translators = {language: catalogue.translator(language) for language in LANGUAGES}
        self._translators[""] = catalogue.translator()
        self._units = units
        self._egress = egress
        self._lookup = lookup
        self._clock = clock
        self._looking: dict[int, tuple[str, asyncio.Task[None]]] = {}

    async def work(self) -> bool:
        """Plans the effects of what is due. True when there was something, or a look-up is under way."""
        events = await self._units.read(waiting.due_events, BATCH)
        for event in events:
            await self._one(event)
        await self._look_up()
        if not events and self._looking:
            tasks = [task for _, task in self._looking.values()]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=LOOK_SECONDS)
        for event_id, (_, task) in list(self._looking.items()):
            if task.done():
                del self._looking[event_id]
                task.result()
        return bool(events or self._looking)

    async def _look_up(self) -> None:
        """Starts look-ups, few at any one origin."""
        if len(self._looking) >= LOOKUPS:
            return
        running = Counter(where for where, _ in self._looking.values())
        after = 0
        for _ in range(PAGES):  # past those of an origin for which many wait
            found = await self._units.read(waiting.due_lookups, BATCH, frozenset(self._looking), after)
            for event in found:
                where = str(event.payload["uri"]).split("/", 3)[2:3]
                origin = where[0] if where else ""
                if running[origin] < LOOKUPS_OF_ONE and len(self._looking) < LOOKUPS:
                    running[origin] += 1
                    self._looking[event.id] = (origin, asyncio.create_task(self._one(event)))
            if len(found) < BATCH or len(self._looking) >= LOOKUPS:
                return
            after = found[-1].id

    async def stop(self) -> None:
        """Ends the look-ups that are under way: their rows wait as they did."""
        tasks = [task for _, task in self._looking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, event: Event) -> None:
        try:
            if event.kind is EventKind.PARENT_WANTED:
                await self._look_up_parent(event)
            elif event.kind is EventKind.LINK_NAMED:
                await self._verify_link(event)
            else:
                await self._units.write(self._plan, event)
        except (Overloaded, StorageFull):
            raise  # nothing is wrong with the event: it waits as it did
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

    async def _look_up_parent(self, event: Event) -> None:
        try:
            await self._lookup.parent(str(event.payload["uri"]), int(event.payload.get("above", 0)))
        except Unreachable as problem:
            if event.attempts < len(PARENT_AGAIN):
                again_at = self._clock.now() + PARENT_AGAIN[event.attempts]
                await self._units.write(waiting.event_failed, event, again_at, problem.reason)
                return
        await self._units.write(waiting.settle_event, event, "looked-up")

    async def _verify_link(self, event: Event) -> None:
        account_id, uri = int(event.payload["account_id"]), str(event.payload["uri"])
        addresses = await self._units.read(profiles.addresses_of, account_id)
        verified = await self._lookup.links_back(uri, addresses)
        await self._units.write(_link_verified if verified else _link_left, event, account_id, uri)

    def _plan(self, unit: Unit, event: Event) -> None:
        if not waiting.settle_event(unit, event, "planned"):
            return
        if event.kind is EventKind.TRUST_CHANGED:
            trust_changed(unit, Origin(str(event.payload["domain"])))
        if event.kind is EventKind.ATTESTATION_CHANGED:
            groups.attestation_changed(unit, int(event.payload["attestation_id"]))
        if event.kind is EventKind.MESSAGE_DUE:
            messages.write(unit, event.payload, self._translators)
        self._egress.plan(unit, event)


def trust_changed(unit: Unit, domain: Origin) -> None:
    """What follows where the relation to an instance ended, began, or holds again."""
    relationships.trust_changed(unit, domain)
    groups.trust_changed(unit, domain)
    purges.trust_changed(unit, domain)
    streams.trust_changed(unit, domain)


def _link_verified(unit: Unit, event: Event, account_id: int, uri: str) -> None:
    if waiting.settle_event(unit, event, "verified"):
        profiles.verified(unit, account_id, uri)


def _link_left(unit: Unit, event: Event, _account_id: int, _uri: str) -> None:
    waiting.settle_event(unit, event, "not-verified")
