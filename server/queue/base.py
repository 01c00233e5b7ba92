"""The four methods of a queue. Losing a hint costs one sweep, never work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from server.domain.work import Hint

Worker: TypeAlias = Callable[[], Awaitable[bool]]
"""Works what is due of one kind. True when it did something, so that more may be waiting."""

SWEEP_SECONDS = 15.0


class Queue(Protocol):
    """Hands hints to workers."""

    def hint(self, hints: Iterable[Hint]) -> None:
        """Work of these kinds was committed. Callable from any thread; never blocks."""
        ...

    async def run(self, workers: Mapping[Hint, Worker]) -> None:
        """Works until cancelled. Does nothing where other processes do the work."""
        ...

    async def close(self) -> None: ...

    async def healthy(self) -> bool:
        """Whether hints get through. Work is safe either way."""
        ...
