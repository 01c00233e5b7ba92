"""The open streams of this process, by whose they are.

What is pushed waits in a bounded queue of its reader: one who does not keep up is cut off, and so is never told half of
something. Nothing is decided here about who may see what; whoever pushes has asked the predicate for this reader.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec

from server.domain.streaming import StreamEvent, Topic
from server.domain.users import Principal

MOST_WAITING = 500
MOST_OF_ACCOUNT = 40
MOST_TOPICS = 60

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Told:
    """One event of one stream, as both kinds of connection carry it; the same object for all its readers."""

    frame: str
    lines: bytes

    @classmethod
    def of(cls, topic: Topic, event: StreamEvent, payload: bytes) -> Told:
        """payload: empty for an event that has none. Sockets then leave it out: masto.js takes what is there for JSON."""
        carried = b',"payload":' + _encode(payload.decode()) if payload else b""
        head = b'{"stream":%b,"event":"%b"' % (_encode(topic.words), event.encode())
        return cls(
            frame=(head + carried + b"}").decode(),
            lines=b"event: %b\ndata: %b\n\n" % (event.encode(), payload),
        )


class OpenStream:
    """One connection of one reader. token: kept to be asked about again when something changes. write: sends one event."""

    __slots__ = ("_draining", "_task", "_waiting", "_write", "beats", "ended", "principal", "token", "topics")

    def __init__(self, principal: Principal, token: str, write: Callable[[Told], Awaitable[None]]) -> None:
        self.principal = principal
        self.token = token
        self.topics: set[Topic] = set()
        self.ended = False
        self.beats = False  # it wants a sign of life from time to time
        self._write = write
        self._waiting: deque[Told] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()

    @property
    def account_id(self) -> int:
        assert self.principal.account_id is not None
        return self.principal.account_id

    def push(self, told: Told) -> None:
        """Never waits."""
        if self.ended:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.end()
            return
        self._waiting.append(told)
        if self._draining is None:
            # a task only while there is something to send: thousands of streams are silent most of the time
            self._draining = asyncio.get_running_loop().create_task(self._drain())

    def end(self) -> None:
        """Cuts the reader off: whatever the connection waits for is interrupted."""
        if not self.ended:
            self.ended = True
            self._waiting.clear()
            if self._task is not None:
                self._task.cancel()

    def left(self) -> None:
        """The connection is closed."""
        self.ended = True
        self._waiting.clear()
        if self._draining is not None:
            self._draining.cancel()

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._write(self._waiting.popleft())
        except Exception:  # noqa: BLE001  however a connection breaks, it is over
            self.end()
        finally:
            self._draining = None


class Hub:
    """Which streams are open here. For the event loop's thread only."""

    def __init__(self) -> None:
        self._of: dict[int, set[OpenStream]] = {}
        self.wake = asyncio.Event()
        """Set when something was committed in this process that streams may wait for."""

    def __bool__(self) -> bool:
        return bool(self._of)

    def __len__(self) -> int:
        return sum(len(streams) for streams in self._of.values())

    def is_full(self, account_id: int) -> bool:
        """Whether the account has as many open as it may."""
        return len(self._of.get(account_id, ())) >= MOST_OF_ACCOUNT

    def open(self, stream: OpenStream) -> bool:
        """False where the account has too many already."""
        if self.is_full(stream.account_id):
            return False
        self._of.setdefault(stream.account_id, set()).add(stream)
        return True

    def close(self, stream: OpenStream) -> None:
        stream.left()
        held = self._of.get(stream.account_id)
        if held is not None:
            held.discard(stream)
            if not held:
                self._of.pop(stream.account_id)

    def all(self) -> list[OpenStream]:
        return [stream for held in self._of.values() for stream in held]

    def of(self, account_id: int) -> tuple[OpenStream, ...]:
        return tuple(self._of.get(account_id, ()))

    def account_ids(self) -> list[int]:
        return list(self._of)

    def topics(self, wanted: Callable[[Topic], bool]) -> dict[int, set[Topic]]:
        """The wanted topics that accounts listen to here."""
        found: dict[int, set[Topic]] = {}
        for account_id, held in self._of.items():
            topics = {topic for stream in held for topic in stream.topics if wanted(topic)}
            if topics:
                found[account_id] = topics
        return found

    def push(self, account_id: int, topic: Topic, told: Told, scope: str) -> None:
        """To those streams of an account that listen to the topic and may read such things."""
        for stream in self.of(account_id):
            if topic in stream.topics and stream.principal.allows(scope):
                stream.push(told)

    def end_all(self) -> None:
        for stream in self.all():
            stream.end()

    def expire(self, is_over: Callable[[Principal], bool]) -> Iterable[OpenStream]:
        """Cuts off those whose time is over; answers the others."""
        for stream in self.all():
            if is_over(stream.principal):
                stream.end()
            else:
                yield stream
