"""Who works the rows: one process at a time, or several where the database lets them share.

What only one may do, upkeep, goes to whichever has the role. It writes nothing to keep the role: a full disk or a
database that is away for a moment must not end the runner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from server.core.errors import AppError
from server.core.log import logger
from server.jobs.unit import Units
from server.services import waiting

log = logger("runner")

RUNNER = "runner"
LOOK_SECONDS = 1.0

Task = Callable[[], Awaitable[None]]


class Presence(Protocol):
    """What this process holds while it lives."""

    @property
    def shared(self) -> bool: ...

    def appear(self) -> bool: ...
    def take(self, role: str) -> bool: ...
    def holds(self) -> bool: ...
    def leave(self) -> None: ...


class _LostError(Exception):
    """The role, or the session that held it."""


async def run(presence: Presence, units: Units, work: Task, upkeep: Sequence[Task], *, alone: bool) -> None:
    """Runs `work` and `upkeep` until cancelled. alone: `work` too waits for the role."""
    try:
        while True:
            await _until(presence.appear)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_watch(presence))
                    if not alone:
                        group.create_task(_endless(work))
                    group.create_task(_in_role(presence, units, ((work,) if alone else ()) + tuple(upkeep)))
            except* _LostError:
                log.warning("runner.lost")
    finally:
        await asyncio.shield(asyncio.to_thread(presence.leave))


async def _in_role(presence: Presence, units: Units, tasks: Sequence[Task]) -> None:
    await _until(lambda: presence.take(RUNNER))
    if not presence.shared:
        await _take_over(units)
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(_endless(task))


async def _take_over(units: Units) -> None:
    while True:
        try:
            await units.write(waiting.take_over)
        except AppError as problem:
            log.warning("runner.waits", reason=problem.code)
            await asyncio.sleep(LOOK_SECONDS)
        else:
            return


async def _until(holds: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(holds):  # noqa: ASYNC110  only the database knows
        await asyncio.sleep(LOOK_SECONDS)


async def _watch(presence: Presence) -> None:
    while await asyncio.to_thread(presence.holds):  # noqa: ASYNC110  only the database knows
        await asyncio.sleep(LOOK_SECONDS)
    raise _LostError


async def _endless(task: Task) -> None:
    """A defect in one task ends neither the others nor the server."""
    while True:
        try:
            await task()
        except Exception as error:
            # whatever it is, the rows stay and are worked again
            log.exception("runner.failed", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)
