"""Streams without a network: a WebSocket, or an answer that stays open, of an instance in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENCE = 5.0
Event: TypeAlias = tuple[list[str], str, Any]


class ClosedError(Exception):
    """The server ended it. code: of a close frame, or the status of a refusal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Socket:
    """The client's end."""

    subprotocol: str | None = None
    _to: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    _from: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def say(self, **message: Any) -> None:
        await self.say_text(json.dumps(message))

    async def say_text(self, text: str) -> None:
        await self._to.put({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        """The next frame. Raises ClosedError, TimeoutError."""
        message = await asyncio.wait_for(self._from.get(), PATIENCE)
        if message["type"] != "websocket.send":
            raise ClosedError(message.get("code", message.get("status", 1000)))
        heard: dict[str, Any] = json.loads(message["text"])
        return heard

    async def event(self) -> Event:
        """The next event: stream, kind, decoded payload."""
        heard = await self.hear()
        text = heard.get("payload")
        return heard["stream"], heard["event"], json.loads(text) if text else None

    async def events(self, count: int) -> list[Event]:
        return [await self.event() for _ in range(count)]

    async def silent(self, seconds: float = 0.6) -> bool:
        """Whether nothing comes for longer than the change feed takes."""
        try:
            await asyncio.wait_for(self._from.get(), seconds)
        except TimeoutError:
            return True
        return False


def _scope(kind: str, url: str, headers: dict[str, str], subprotocols: list[str]) -> Scope:
    parts = urlsplit(url)
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "wss" if kind == "websocket" else "https",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("med.test", 443),
        "subprotocols": subprotocols,
        "extensions": {"websocket.http.response": {}},
    }


@asynccontextmanager
async def socket(
    application: ASGIApp,
    url: str,
    headers: dict[str, str] | None = None,
    subprotocols: list[str] | None = None,
) -> AsyncIterator[Socket]:
    """An accepted WebSocket. Raises ClosedError with the status of a refusal."""
    made = Socket()
    await made._to.put({"type": "websocket.connect"})
    scope = _scope("websocket", url, headers or {}, subprotocols or [])
    task = asyncio.create_task(application(scope, made._to.get, made._from.put))  # type: ignore[arg-type]
    try:
        first = await asyncio.wait_for(made._from.get(), PATIENCE)
        if first["type"] != "websocket.accept":
            raise ClosedError(first.get("status", 403))
        made.subprotocol = first.get("subprotocol")
        yield made
    finally:
        await made._to.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(task, PATIENCE)


@asynccontextmanager
async def event_stream(
    application: ASGIApp, url: str, headers: dict[str, str] | None = None
) -> AsyncIterator[asyncio.Queue[str]]:
    """The chunks of an answer that stays open. Raises ClosedError with the status of a refusal; an ended one gives ""."""
    sent: asyncio.Queue[Message] = asyncio.Queue()
    chunks: asyncio.Queue[str] = asyncio.Queue()
    leaving = asyncio.Event()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await sent.put(message)
        else:
            await chunks.put(message.get("body", b"").decode())

    task = asyncio.create_task(application(_scope("http", url, headers or {}, []), receive, send))  # type: ignore[arg-type]
    try:
        start = await asyncio.wait_for(sent.get(), PATIENCE)
        if start["status"] != 200:
            raise ClosedError(start["status"])
        yield chunks
    finally:
        leaving.set()
        await asyncio.wait_for(task, PATIENCE)


def hanging_up(application: ASGIApp, beneath: str) -> ASGIApp:
    """The same application for a client that leaves at once where answers stay open: beneath a path."""

    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(beneath):
            await application(scope, receive, send)
            return
        asked = False
        ended = False

        async def once() -> Message:
            nonlocal asked
            if asked:
                return {"type": "http.disconnect"}
            asked = True
            return await receive()

        async def noted(message: Message) -> None:
            nonlocal ended
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await application(scope, once, noted)
        if not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return left
