"""Peers on 127.0.0.1 that are real sockets: honest ones that serve actors and take deliveries, and hostile ones.

A peer answers by its behaviours: a table from path to a coroutine that gets the request and writes what it likes. Names
under .localhost lead here without DNS.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

from federation.testing.actors import FakeActor
from federation.types import HttpFrame, Json

Behaviour: TypeAlias = Callable[[HttpFrame, asyncio.StreamWriter], Awaitable[None]]

ACTIVITY_JSON = "application/activity+json"


@dataclass(slots=True)
class LoopbackPeer:
    """A peer named `{name}.localhost`. Use as an async context manager.

    seen: the requests, in order. connections: how many were opened. fallback: for paths without a behaviour.
    """

    name: str = "peer"
    tls: ssl.SSLContext | None = None
    seen: list[HttpFrame] = field(default_factory=list)
    connections: int = 0
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    fallback: Behaviour | None = None
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.name}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.name}.localhost:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def actor(self, name: str) -> FakeActor:
        """Creates an actor and serves its document and WebFinger."""
        actor = FakeActor.create(self.base, name)
        self.behaviours[f"/actors/{name}"] = document(actor.document())
        return actor

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                frame = await self._read(reader)
                self.seen.append(frame)
                path = "/" + frame.url.partition("://")[2].partition("/")[2]
                behaviour = self.behaviours.get(path) or self.behaviours.get(path.partition("?")[0])
                await (behaviour or self.fallback or answer(404))(frame, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> HttpFrame:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = tuple(
            (name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in rest)
        )
        length = next((int(value) for name, value in headers if name == "content-length"), 0)
        body = await reader.readexactly(length)
        return HttpFrame(method, f"{self.base}{target}", headers, body)


def answer(status: int, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> Behaviour:
    """A plain answer. headers: further ones, with underscores for hyphens."""

    async def behave(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"content-type: {content_type}", f"content-length: {len(body)}"]
        lines.extend(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return behave


def document(value: Json, content_type: str = ACTIVITY_JSON) -> Behaviour:
    return answer(200, json.dumps(value).encode(), content_type)


def redirect(location: str, status: int = 302) -> Behaviour:
    return answer(status, location=location)


def raw(data: bytes, *, close: bool = False) -> Behaviour:
    """These bytes and nothing else."""

    async def behave(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if close:
            await writer.drain()
            writer.close()

    return behave


async def hang(_frame: HttpFrame, _writer: asyncio.StreamWriter) -> None:
    """Accepts the request and says nothing."""
    await asyncio.sleep(3600)


async def hang_up(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
    """Closes without an answer."""
    writer.close()


async def drip(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
    """An answer that comes a byte at a time and never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def endless(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
    """An answer as fast as it is read, without end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def endless_headers(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


def gzip_bomb(megabytes: int) -> Behaviour:
    """A small answer that unpacks to much."""
    packed = gzip.compress(b"\0" * (megabytes * 1024 * 1024))
    return answer(200, packed, ACTIVITY_JSON, content_encoding="gzip")


def then_close(status: int) -> Behaviour:
    """Answers, keeps the connection as if for more, and closes it a moment later without a word."""

    async def behave(_frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    return behave


async def forward_proxy() -> tuple[asyncio.Server, list[str]]:
    """A forward proxy to loopback that knows CONNECT and absolute targets, and the heads it was asked with."""
    asked: list[str] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        method, target, _ = head.split(" ", 2)
        authority = target if method == "CONNECT" else target.split("/")[2]
        there = await asyncio.open_connection("127.0.0.1", int(authority.rpartition(":")[2]))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            there[1].write(head.replace(f"http://{authority}", "", 1).encode())
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, asked
