"""SIGKILL at random moments under load in both directions: nothing acknowledged is lost, nothing happens twice.

CONSILIUM_SOAK=1 kills a thousand times; CONSILIUM_SEED repeats the choices of a run.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.support.crash import loaded
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveInstance, launcher
from tests.support.redis import RedisServer, redis_server

__all__ = ["launcher"]

SOAK = os.environ.get("CONSILIUM_SOAK") == "1"
KILLS = 1000 if SOAK else 25
SETTLE = 600.0 if SOAK else 150.0

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(6 * 3600 if SOAK else 900)]


class Killer:
    """Ends processes of the instance and starts them again. slowest: seconds from start to the first answer."""

    def __init__(self, target: LiveInstance, redis: RedisServer | None, random: Random) -> None:
        self.target = target
        self.redis = redis
        self.random = random
        self.kills = 0
        self.slowest = 0.0
        self._redis_up = True

    def once(self) -> None:
        """One kill; now and then another while the instance is starting."""
        victims = self.random.choice((["serve"], ["worker"], [])) if self.redis else []
        self.target.kill(*victims)
        self.kills += 1
        if self.redis is not None and self.random.random() < 0.4:
            self._toggle_redis()
        began = time.monotonic()
        if self.random.random() < 0.15:
            self.target.start_process("serve", "serve", "--port", str(self.target.port))
            time.sleep(self.random.uniform(0, 1.5))
            self.target.kill("serve")
            self.kills += 1
            began = time.monotonic()
        self.target.start()
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _toggle_redis(self) -> None:
        assert self.redis is not None
        if self._redis_up:
            self.redis.kill()
        else:
            self.redis.start()
        self._redis_up = not self._redis_up

    def end(self) -> None:
        if not self._redis_up:
            self._toggle_redis()


async def survive(target: LiveInstance, redis: RedisServer | None) -> None:
    seed = int(os.environ.get("CONSILIUM_SEED", SystemRandom().randrange(2**32)))
    random = Random(seed)
    killer = Killer(target, redis, random)
    async with loaded(target, random, "healthy", "moody") as load:
        healthy, moody = load.peers
        moody.failing = 0.5
        async with asyncio.TaskGroup() as group:
            for work in (load.post(), load.post(), load.deliver(healthy), load.deliver(moody)):
                group.create_task(work)
            while killer.kills < KILLS:
                await asyncio.sleep(random.uniform(0.1, 0.9))
                await asyncio.to_thread(killer.once)
            await asyncio.to_thread(killer.end)
            load.stopping = True
        account = await load.settle(SETTLE)
        print(
            f"seed {seed}: {killer.kills} kills, {len(load.posted)} posts and {len(load.delivered)} deliveries acknowledged, "
            f"{moody.refused} refused by the failing peer, slowest start {killer.slowest:.1f} s; {account}"
        )
        assert not account
        assert min(len(load.posted), len(load.delivered), moody.refused) > 10, "hardly anything happened"


async def test_embedded_on_sqlite(launcher: Launcher) -> None:
    await survive(launcher.prepare("target", engine=SQLITE, CONSILIUM_POSTS="public"), None)


async def test_workers_on_postgresql_while_redis_is_killed(launcher: Launcher, tmp_path: Path) -> None:
    with redis_server(tmp_path / "redis") as redis:
        target = launcher.prepare("target", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
        await survive(target, redis)
