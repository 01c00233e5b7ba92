"""GET /api/v1/streaming as a WebSocket: one connection, as many streams as its messages ask for.

A message `{"type": "subscribe", "stream": …}` adds one, `unsubscribe` takes it away; what cannot be had is answered with an
error and a status, and the connection stays.
"""

from __future__ import annotations

import asyncio

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.core.errors import AppError, BadRequest, RateLimited
from server.core.i18n import N_
from server.pubsub.hub import MOST_TOPICS, OpenStream, Told
from server.web.kit.sockets import SocketCall
from server.web.mastodon.streaming import topics

CUT_OFF = 1008
TOO_MANY = N_("Too many streams are open")
LONGEST = 4096
WAIT = 60


class Asked(msgspec.Struct):
    """A message of an app."""

    type: str
    stream: str = ""
    tag: str | None = None
    list: str | int | None = None
    only_media: bool | str | None = None

    def options(self) -> dict[str, object]:
        return {"tag": self.tag, "list": self.list, "only_media": self.only_media}


_decode = msgspec.json.Decoder(Asked).decode


async def serve(call: SocketCall) -> None:
    """Raises AppError before the connection is taken over."""
    socket = call.socket

    async def write(told: Told) -> None:
        await socket.send_text(told.frame)

    stream = OpenStream(call.principal, call.token, write)
    query = dict(call.socket.query_params)
    if query.get("stream"):
        first = topics.topic(query["stream"], query)
        await topics.permit(call.house, call.principal, first)
        stream.topics.add(first)
    if not call.house.hub.open(stream):
        raise RateLimited(WAIT, TOO_MANY)
    cut_off = False
    try:
        await socket.accept(subprotocol=next(iter(socket.scope.get("subprotocols", ())), None))
        await _listen(call, stream)
    except WebSocketDisconnect:
        pass
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not stream.ended or task is None:
            raise
        task.uncancel()
        cut_off = True
    finally:
        call.house.hub.close(stream)
    if cut_off:
        await _close(socket)


async def _close(socket: WebSocket) -> None:
    try:
        await socket.close(CUT_OFF)
    except (RuntimeError, ConnectionError):
        return  # it was closing already


async def _listen(call: SocketCall, stream: OpenStream) -> None:
    while True:
        message = await call.socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text") or ""
        if not text:
            continue
        try:
            await _obey(call, stream, text)
        except AppError as error:
            sentence = call.translator.gettext(error.message)
            said = sentence % error.values if error.values else sentence
            await call.socket.send_text(msgspec.json.encode({"error": said, "status": error.status}).decode())


async def _obey(call: SocketCall, stream: OpenStream, text: str) -> None:
    if len(text) > LONGEST:
        raise BadRequest("The message is too long")
    try:
        asked = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadRequest("The message could not be read") from None
    wanted = topics.topic(asked.stream, asked.options())
    if asked.type == "unsubscribe":
        stream.topics.discard(wanted)
    elif asked.type == "subscribe":
        if len(stream.topics) >= MOST_TOPICS:
            raise RateLimited(WAIT, TOO_MANY)
        await topics.permit(call.house, stream.principal, wanted)
        stream.topics.add(wanted)
    else:
        raise BadRequest("The message could not be read")
