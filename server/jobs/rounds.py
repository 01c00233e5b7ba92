"""Work that is looked at again and again. What fails is logged by the kind of its error alone, ends nothing, and is tried in the next round."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from server.core.clock import Clock
from server.core.log import logger

log = logger("rounds")
Work = Callable[[], Awaitable[object]]


async def attempt(name: str, work: Work) -> bool:
    """False where it failed. name: of the work, for the log."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  whatever it is, the next round tries again
        log.error("round.failed", work=name, error=type(error).__name__)
        return False
    return True


async def repeat(name: str, work: Work, seconds: float) -> None:
    """Without end; `seconds` pass between two rounds."""
    while True:
        await attempt(name, work)
        await asyncio.sleep(seconds)


class Interval:
    """Whether it is time again. A clock that went backwards makes it time."""

    def __init__(self, clock: Clock, length: timedelta, *, at_once: bool) -> None:
        self._clock = clock
        self._length = length
        self._begun: datetime | None = None if at_once else clock.now()

    def is_over(self) -> bool:
        return self._begun is None or not self._begun <= self._clock.now() < self._begun + self._length

    def begin(self) -> None:
        self._begun = self._clock.now()
