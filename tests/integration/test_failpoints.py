"""SIGKILL at each place between a commit and what follows it: nothing acknowledged is lost, nothing happens twice.

The kills of `test_crash.py` come at random moments of a loaded instance; here each boundary of a post, of a delivery and of what
comes in is hit once, by name.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from itertools import pairwise
from random import Random

import pytest

from tests.support.crash import loaded
from tests.support.failpoints import VARIABLE
from tests.support.instances import Launcher, LiveInstance, launcher

__all__ = ["launcher"]
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

POSTING = ("_create:begin", "_create:inside", "_create:end", "_plan:begin", "_plan:inside", "_plan:end")
DELIVERING = ("lease:inside", "lease:end", "send:begin", "send:end", "finished:inside", "finished:end")
RECEIVING = ("_store:begin", "_store:inside", "_store:end", "_effect:begin", "_effect:inside", "_effect:end")
FAILING = ("again:begin", "again:inside", "again:end")
"""While a peer answers 5xx. They come last: it rests afterwards."""


async def killed_at(target: LiveInstance, place: str, after: str, doing: asyncio.Task[None]) -> None:
    """The process, which is armed for the place, ends there; the next is armed for the place after it. doing: leads there."""
    process = target.processes["serve"]
    try:
        async with asyncio.timeout(30):
            while process.poll() is None:
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"{place} was not come by: {doing}\n{target.log()[-2000:]}")
    assert process.poll() == -signal.SIGKILL, f"{place}: {target.log()[-2000:]}"
    await asyncio.to_thread(armed, target, after)


def armed(target: LiveInstance, place: str) -> None:
    """Starts it; it ends by itself where it comes by the place, if one is named: with what waits, before it answers."""
    target.environment[VARIABLE] = place
    try:
        target.start_process("serve", "serve", "--port", str(target.port))
    finally:
        del target.environment[VARIABLE]


async def test_killed_at_every_place(launcher: Launcher) -> None:
    """Posts and notes are tried until they are acknowledged, over as many kills as it takes."""
    target = launcher.prepare("target", CONSILIUM_POSTS="public")
    places = (*POSTING, *DELIVERING, *RECEIVING, *FAILING)
    async with AsyncExitStack() as stack:
        load = await stack.enter_async_context(loaded(target, Random(11), "healthy", "moody"))
        healthy, moody = load.peers
        client = await stack.enter_async_context(target.async_client(load.alice.token))
        await asyncio.to_thread(target.kill)
        await asyncio.to_thread(armed, target, places[0])
        async with asyncio.TaskGroup() as group:
            for number, (place, after) in enumerate(pairwise((*places, "")), 1):
                moody.failing = 1.0 if place in FAILING else 0.0
                coming = place in RECEIVING
                work = load.note(healthy, number) if coming else load._post(client, f"out {number:05}")
                await killed_at(target, place, after, group.create_task(work))
        await asyncio.to_thread(target.start)
        load.number = len(places)
        account = await load.settle(90)
        assert not account
        assert len(load.posted) == len(places) - len(RECEIVING)
        assert len(load.delivered) >= len(RECEIVING)
