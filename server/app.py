"""The composition root: the only place that builds things and hands them down. Built complete, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from random import SystemRandom

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.activitypub.egress import Egress
from server.activitypub.ingress import (
    CatalogueReader,
    Edges,
    FederationListReader,
    Ingress,
    InventoryReader,
    KeyRing,
    LaneGate,
    Lookup,
    Puller,
    RosterReader,
    StatusListReader,
    TrustTable,
)
from server.activitypub.keychain import Keychain
from server.core.http import Outgoing, outgoing
from server.core.i18n import Catalogue
from server.core.log import logger, of_loop
from server.core.metrics import CONTENT_TYPE, Metrics
from server.core.settings import Push, Settings
from server.domain.changes import STREAMED, Change, ChangeKind
from server.domain.work import Hint
from server.jobs import runner
from server.jobs.blobs import BlobSweep
from server.jobs.deliver import DeliverWorker
from server.jobs.federate import FederateWorker
from server.jobs.federation_lists import FederationListKeeper
from server.jobs.inbound import InboundWorker
from server.jobs.mail import Postman
from server.jobs.maintenance import Maintenance
from server.jobs.memberships import MembershipKeeper
from server.jobs.pictures import PictureKeeper
from server.jobs.probes import Prober
from server.jobs.push import Pusher
from server.jobs.recovery import Recovery
from server.jobs.retention import RetentionSweep
from server.jobs.seal import Sealing
from server.jobs.streams import StreamReader
from server.jobs.unit import Units as JobUnits
from server.jobs.uploads import UploadKeeper
from server.jobs.verification import VerificationKeeper
from server.media.vault import Vault
from server.queue.base import Queue, Worker
from server.queue.embedded import EmbeddedQueue
from server.queue.redis import RedisQueue, listen
from server.services import accounts, evaluation, instances, waiting
from server.store.change_feed import INTERVAL, ChangeFeed
from server.store.presence import Presence
from server.store.session import Database
from server.web.kit.auth import Principals
from server.web.kit.dispatch import Dispatch
from server.web.kit.evaluation import Evaluation
from server.web.kit.health import Health
from server.web.kit.house import House
from server.web.kit.limits import Limiter
from server.web.kit.pages import Pages
from server.web.kit.reads import Reads
from server.web.kit.unit import Units
from server.web.mastodon.streaming.broadcast import Broadcast
from server.web.routes import page_of_error, router, session_loader

log = logger("app")

BACKLOG_SECONDS = 5


@dataclass(slots=True)
class Instance:
    """A running instance: the ASGI application, and what works beside it."""

    settings: Settings
    database: Database
    application: ASGIApp
    house: House
    ingress: Ingress
    egress: Egress
    outgoing: Outgoing
    queue: Queue
    metrics: Metrics
    workers: Mapping[Hint, Worker]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)

    async def metrics_application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the listener of CONSILIUM_METRICS_BIND serves: the metrics, and nothing else."""
        if scope["path"] == "/metrics":
            response = Response(self.metrics.text(), 200, {"Content-Type": CONTENT_TYPE})
        else:
            response = Response(b"", 404)
        await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Gates:
    """The two gates, and the connections behind them."""

    ingress: Ingress
    egress: Egress
    outgoing: Outgoing
    puller: Puller
    edges: Edges
    rosters: RosterReader
    status_lists: StatusListReader
    catalogues: CatalogueReader
    federation_lists: FederationListReader
    inventories: InventoryReader


async def _gates(database: Database, metrics: Metrics) -> _Gates:
    settings, clock = database.context.settings, database.context.clock
    trust = TrustTable(settings.origin, lambda: database.run_read(instances.trusts))
    out = outgoing(settings, trust, LaneGate(settings.origin, trust))
    keychain = Keychain(database)
    actor = await database.read(accounts.get_instance_actor)
    signed = out.signed(partial(keychain.key, actor.id), clock)
    profiled = out.profiled(partial(keychain.key, actor.id, "ed25519"), clock)
    lookup = Lookup(database, settings, trust, signed, out.plain(), profiled)
    keys = KeyRing(database, clock, lookup.resolver)
    ingress = Ingress(database, clock, trust, keys, lookup, metrics)
    edges = Edges(database, out, keychain, lookup, clock)
    catalogues = CatalogueReader(database, profiled, lookup)
    rosters, lists = RosterReader(database, profiled), StatusListReader(database, profiled)
    published = FederationListReader(database, signed, clock)
    return _Gates(
        ingress,
        Egress(out, trust, keychain, clock),
        out,
        Puller(database, profiled, rosters),
        edges,
        rosters,
        lists,
        catalogues,
        published,
        InventoryReader(database, profiled),
    )


@asynccontextmanager
async def looking_up(database: Database) -> AsyncIterator[Lookup]:
    """The look-up of remote accounts alone, for a command."""
    gates = await _gates(database, Metrics())
    try:
        yield gates.ingress.lookup
    finally:
        await gates.outgoing.close()


async def _house(database: Database, gates: _Gates, queue: Queue, metrics: Metrics) -> House:
    context, units = database.context, Units(database)
    settings = context.settings
    vault = Vault(settings.data_dir / "media")
    await asyncio.to_thread(vault.prepare)
    return House(
        context=context,
        units=units,
        catalogue=Catalogue(default=settings.language, zone=settings.timezone),
        limiter=Limiter(context.clock, enabled=settings.rate_limits),
        principals=Principals(units, context.clock),
        pages=Pages(),
        ingress=gates.ingress,
        egress=gates.egress,
        media=vault,
        health=Health(units, settings, queue),
        metrics=metrics,
        evaluation=Evaluation(on=await database.read(evaluation.left) is None),
        reads=Reads(units, context.clock),
    )


@dataclass(frozen=True, slots=True)
class _Ears:
    """Who hears of what was committed: caches at once, open streams by the change feed alone, so that nothing is told twice."""

    house: House
    queue: Queue
    broadcast: Broadcast
    loop: asyncio.AbstractEventLoop

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread."""
        remembered = [change for change in changes if change.kind not in STREAMED]
        if remembered:
            self.house.ingress.heard(remembered)
            self.house.egress.heard(remembered)
            self.house.principals.heard(remembered)
            self.house.evaluation.heard(remembered)

    def committed(self, changes: Iterable[Change], hints: Iterable[Hint]) -> None:
        """In this process."""
        self.heard(changes)
        if changes and self.house.hub:
            self.loop.call_soon_threadsafe(self.house.hub.wake.set)
        self.queue.hint(hints)

    def found(self, changes: list[Change]) -> None:
        """By the change feed, whoever committed it."""
        self.heard(changes)
        self.broadcast.heard(changes)
        if any(change.kind not in STREAMED for change in changes):
            self.queue.hint(Hint)  # whoever changed something, a command perhaps, may have left work as well


@asynccontextmanager
async def running(
    database: Database, *, work: bool = True, as_worker: bool = False, beside: bool = False
) -> AsyncIterator[Instance]:
    """An instance on this event loop. work: whether its rows are worked, here or, with Redis, by worker processes.

    as_worker: this is such a process. beside: other web processes of this machine leave work to whichever is the runner.
    """
    settings, clock = database.context.settings, database.context.clock
    metrics = Metrics()
    gates = await _gates(database, metrics)
    ingress, egress, out = gates.ingress, gates.egress, gates.outgoing
    job_units = JobUnits(database)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(of_loop)
    hinting = bool(settings.redis_url) and not as_worker
    queue: Queue = RedisQueue(loop, settings.redis_url, settings.origin) if hinting else EmbeddedQueue(loop)
    presence = Presence(database, SystemRandom())
    house = await _house(database, gates, queue, metrics)

    ears = _Ears(house, queue, Broadcast(house), loop)
    database.listeners.append(ears.committed)
    feed = ChangeFeed(database)
    feed.start()
    deliver = DeliverWorker(job_units, egress, clock, SystemRandom(), metrics, presence.number)
    inbound, federate = (
        InboundWorker(job_units, ingress),
        FederateWorker(job_units, egress, ingress.lookup, clock, house.catalogue),
    )
    workers: dict[Hint, Worker] = {
        Hint.INBOUND: inbound.work,
        Hint.EVENT: federate.work,
        Hint.DELIVER: deliver.work,
    }
    application = Dispatch(house, router(), metrics, session_loader, page_of_error)
    instance = Instance(settings, database, application, house, ingress, egress, out, queue, metrics, workers)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_follow_changes(feed, ears)),
            group.create_task(ears.broadcast.run()),
            group.create_task(house.reads.run()),
        ]
        if beside:
            tasks.append(group.create_task(_look_for_work(queue)))
        if hinting and work:
            tasks.append(group.create_task(queue.run({})))
        elif work:
            upkeep = _upkeep(job_units, house, gates, metrics)
            alone = not (as_worker and presence.shared)
            tasks.append(
                group.create_task(
                    runner.run(presence, job_units, lambda: queue.run(workers), upkeep, alone=alone)
                )
            )
        if not as_worker:
            tasks.append(group.create_task(_watch_backlog(job_units, ingress)))
        else:
            tasks.append(group.create_task(listen(settings.redis_url, settings.origin, queue.hint)))
        try:
            yield instance
        finally:
            for task in tasks:
                task.cancel()
            database.listeners.remove(ears.committed)
            await asyncio.gather(inbound.stop(), federate.stop(), deliver.stop())
            await queue.close()
            await out.close()


def _upkeep(units: JobUnits, house: House, gates: _Gates, metrics: Metrics) -> list[runner.Task]:
    """What the runner does from time to time."""
    settings, clock = house.context.settings, house.context.clock
    upkeep: list[runner.Task] = [
        Maintenance(units, clock, metrics, settings.purge_register_path).run,
        Sealing(units).run,
        RetentionSweep(units, house.media, clock).run,
        BlobSweep(units, house.media, clock).run,
        Recovery(units, gates.inventories).run,
        StreamReader(units, gates.puller).run,
        MembershipKeeper(units, gates.ingress.lookup, gates.rosters, gates.catalogues, clock).run,
        PictureKeeper(units, gates.ingress.lookup, house.media, clock).run,
        UploadKeeper(units, house.recordings, house.media, house.context).run,
        Prober(units, gates.edges, clock).run,
        VerificationKeeper(units, gates.status_lists, house.media, clock).run,
        FederationListKeeper(units, gates.federation_lists).run,
    ]
    if settings.push is not Push.OFF:
        upkeep.append(Pusher(units, gates.outgoing, house.context, house.catalogue).run)
    if settings.smtp_url:
        upkeep.append(Postman(units, settings, house.catalogue).run)
    return upkeep


async def _watch_backlog(units: JobUnits, ingress: Ingress) -> None:
    """Whoever works the inbox, a process that takes deliveries has to know when to ask peers to come later."""
    while True:
        await asyncio.sleep(BACKLOG_SECONDS)
        try:
            ingress.overload = await units.read(waiting.overload)
        except Exception as error:  # noqa: BLE001  what cannot be read is tried again
            log.error("backlog.unreadable", error=type(error).__name__)


async def _look_for_work(queue: Queue) -> None:
    """Hints do not cross processes by themselves: the runner looks as often as for changes."""
    while True:
        await asyncio.sleep(INTERVAL)
        queue.hint(Hint)


async def _follow_changes(feed: ChangeFeed, ears: _Ears) -> None:
    """While the feed cannot be read nothing cached is believed, and streams are closed."""
    wake = ears.house.hub.wake
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), INTERVAL)
        wake.clear()
        try:
            changes = await feed.look()
        except Exception as error:  # noqa: BLE001  whatever it is, caches must not be believed meanwhile
            log.error("changes.unreadable", error=type(error).__name__)
            changes = [Change(ChangeKind.EVERYTHING, "")]
            await asyncio.sleep(0.5)
        if changes:
            ears.found(changes)
