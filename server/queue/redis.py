"""Hints through Redis, as arq jobs without arguments. Losing them, or Redis, costs one sweep and never work.

The serving process hands hints over; a worker process hears them and works the rows as the embedded runner does, sweep
included. Nothing of an instance's data goes through Redis, and what comes out of it can only wake a worker: jobs are
JSON, never pickle, and their arguments are not looked at.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import msgspec
from arq import Worker as ArqWorker
from arq import create_pool, func
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

from server.core.errors import SettingsError
from server.core.ids import Ids
from server.core.log import logger
from server.domain.work import Hint
from server.queue.base import Worker

log = logger("queue")

PAUSE = 0.02
"""Seconds between two hints of one process: what is committed meanwhile goes with the next."""
AGAIN = 1.0
HINT_LIVES = 60
MOST = 1000
"""Hints that lie unheard: beyond it nobody listens, and more would say nothing new."""
LOST = (RedisError, OSError, TimeoutError, asyncio.TimeoutError)


def _settings(url: str) -> RedisSettings:
    try:
        settings = RedisSettings.from_dsn(url)
    except (RuntimeError, ValueError):
        raise SettingsError(
            "CONSILIUM_REDIS_URL is not an address such as redis://127.0.0.1:6379/0."
        ) from None
    settings.conn_retries = 0
    return settings


def _name(instance: str) -> str:
    return f"consilium:{instance}"


class RedisQueue:
    """The serving process's side. instance: the name that keeps instances on one Redis apart."""

    def __init__(self, loop: asyncio.AbstractEventLoop, url: str, instance: str) -> None:
        self._loop = loop
        self._settings = _settings(url)
        self._name = _name(instance)
        self._wanted: set[Hint] = set()
        self._wake = asyncio.Event()
        self._ids = (f"{self._name}:{os.getpid()}:{Ids.public()}:{number}" for number in itertools.count())
        self._pool: ArqRedis | None = None
        self._reached = True

    def hint(self, hints: Iterable[Hint]) -> None:
        wanted = frozenset(hints)
        if not wanted:
            return
        try:
            self._loop.call_soon_threadsafe(self._want, wanted)
        except RuntimeError:
            return  # the loop has ended: a sweep finds the rows

    def _want(self, hints: frozenset[Hint]) -> None:
        self._wanted |= hints
        self._wake.set()

    async def run(self, workers: Mapping[Hint, Worker]) -> None:  # noqa: ARG002  other processes do the work
        """Hands hints over until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._wanted = self._wanted, set()
            try:
                async with asyncio.timeout(AGAIN):
                    await self._send(wanted)
            except LOST as error:
                await self._lost(error)
                await asyncio.sleep(AGAIN)
            else:
                if not self._reached:
                    log.info("queue.redis_back")
                self._reached = True
                await asyncio.sleep(PAUSE)

    async def _send(self, hints: set[Hint]) -> None:
        if self._pool is None:
            self._pool = await _connect(self._settings, self._name)
        if await self._pool.zcard(self._name) < MOST:
            for hint in hints:
                await self._pool.enqueue_job(hint.value, _job_id=next(self._ids), _expires=HINT_LIVES)

    async def _lost(self, error: BaseException) -> None:
        if self._reached:
            log.warning("queue.redis_lost", error=type(error).__name__)
        self._reached = False
        await self.close()

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await _close(pool)

    async def healthy(self) -> bool:
        """Whether the last hint got through."""
        return self._reached


async def listen(url: str, instance: str, heard: Callable[[Iterable[Hint]], None]) -> None:
    """The worker's side: passes hints on until cancelled, through every loss of Redis."""
    settings, name, reached = _settings(url), _name(instance), True
    while True:
        pool: ArqRedis | None = None
        try:
            pool = await _connect(settings, name)
            if not reached:
                log.info("queue.redis_back")
            reached = True
            heard(Hint)  # what was hinted while nobody listened
            await _arq(pool, name, heard).async_run()
        except LOST as error:
            if reached:
                log.warning("queue.redis_lost", error=type(error).__name__)
            reached = False
        finally:
            if pool is not None:
                await _close(pool)
        await asyncio.sleep(AGAIN)


def _arq(pool: ArqRedis, name: str, heard: Callable[[Iterable[Hint]], None]) -> ArqWorker:
    def function(hint: Hint) -> Callable[..., Coroutine[Any, Any, None]]:
        async def wake(_context: dict[Any, Any], *_: object) -> None:
            heard((hint,))

        return wake

    return ArqWorker(
        functions=[func(function(hint), name=hint.value, max_tries=1) for hint in Hint],
        redis_pool=pool,
        queue_name=name,
        handle_signals=False,
        poll_delay=PAUSE,
        job_timeout=30,
        keep_result=0,
        max_tries=1,
        log_results=False,
        job_serializer=msgspec.json.encode,
        job_deserializer=msgspec.json.decode,
    )


async def _connect(settings: RedisSettings, name: str) -> ArqRedis:
    return await create_pool(
        settings,
        default_queue_name=name,
        job_serializer=msgspec.json.encode,
        job_deserializer=msgspec.json.decode,
    )


async def _close(pool: ArqRedis) -> None:
    try:
        await pool.close(close_connection_pool=True)
    except LOST:
        return  # it is gone already
