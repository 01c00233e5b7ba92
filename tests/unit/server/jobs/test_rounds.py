"""Rounds of upkeep: a failure ends nothing, and what is done less often comes when its time has come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.core.clock import FixedClock
from server.jobs.rounds import Interval, attempt, repeat

pytestmark = pytest.mark.anyio


async def test_a_failure_is_tried_again_in_the_next_round() -> None:
    tried = asyncio.Event()
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 3:
            raise OSError("the text of an error is not logged")
        tried.set()

    assert not await attempt("work", work)
    task = asyncio.create_task(repeat("work", work, 0.001))
    await asyncio.wait_for(tried.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("at_once", [True, False])
def test_an_interval(at_once: bool) -> None:
    clock = FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    hour = Interval(clock, timedelta(hours=1), at_once=at_once)
    assert hour.is_over() is at_once
    hour.begin()
    clock.advance(timedelta(minutes=59))
    assert not hour.is_over()
    clock.advance(timedelta(minutes=1))
    assert hour.is_over()
    hour.begin()
    clock.advance(timedelta(days=-1))
    assert hour.is_over(), "a clock that went back"
