"""The queue inside the serving process: an event a kind, and a sweep for what no hint was heard of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from server.core.log import logger
from server.domain.work import Hint
from server.queue.base import SWEEP_SECONDS, Worker

log = logger("queue")


class EmbeddedQueue:
    """Belongs to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events = {hint: asyncio.Event() for hint in Hint}

    def hint(self, hints: Iterable[Hint]) -> None:
        for hint in hints:
            try:
                self._loop.call_soon_threadsafe(self._events[hint].set)
            except RuntimeError:
                return  # the loop has ended: the next process finds the rows

    async def run(self, workers: Mapping[Hint, Worker]) -> None:
        async with asyncio.TaskGroup() as group:
            for hint, worker in workers.items():
                group.create_task(self._serve(hint, worker))

    async def _serve(self, hint: Hint, worker: Worker) -> None:
        event = self._events[hint]
        event.set()
        while True:
            with suppress(TimeoutError):
                # not wait_for: it can lose a cancellation that comes together with the event (Python 3.11)
                async with asyncio.timeout(SWEEP_SECONDS):
                    await event.wait()
            event.clear()
            try:
                while await worker():
                    pass
            except Exception as error:
                log.error("queue.worker_failed", kind=hint.value, error=type(error).__name__, exc_info=True)
                await asyncio.sleep(1)

    async def close(self) -> None:
        """Nothing to release."""

    async def healthy(self) -> bool:
        return True
