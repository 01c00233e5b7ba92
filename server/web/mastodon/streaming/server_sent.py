"""The streams as server-sent events: one stream a connection, named by the path or by `stream=`."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.core.errors import RateLimited, Unauthenticated
from server.domain.streaming import Topic
from server.pubsub.hub import Hub, OpenStream, Told
from server.web.kit import auth, responses
from server.web.kit.call import Call
from server.web.mastodon.streaming import topics
from server.web.mastodon.streaming.sockets import TOO_MANY, WAIT

HEADERS = {"X-Accel-Buffering": "no"}
BASE = "/api/v1/streaming"
THUMP = Told(frame="", lines=b":thump\n\n")
"""Keeps the connection, and what lies between, awake."""


class EventStream(Response):
    """Stays open until the reader goes away or is cut off."""

    media_type = "text/event-stream"

    def __init__(self, call: Call, topic: Topic, token: str) -> None:
        super().__init__(None, 200, HEADERS)
        del self.headers["content-length"]
        self._hub: Hub = call.house.hub
        self._topic = topic
        self._token = token
        assert call.principal is not None
        self._principal = call.principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def write(told: Told) -> None:
            await send({"type": "http.response.body", "body": told.lines, "more_body": True})

        del scope
        stream = OpenStream(self._principal, self._token, write)
        stream.topics.add(self._topic)
        stream.beats = True
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        opened = self._hub.open(stream)
        try:
            if opened:
                stream.push(THUMP)  # apps wait for a first byte
                while (await receive())["type"] != "http.disconnect":
                    pass
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not stream.ended or task is None:
                raise
            task.uncancel()
        finally:
            self._hub.close(stream)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def show(call: Call) -> Response:
    """GET /api/v1/streaming/user and its kin; GET /api/v1/streaming?stream=user."""
    query = dict(call.request.query_params)
    name = call.route.path.removeprefix(BASE).strip("/").replace("/", ":") or query.get("stream", "")
    wanted = topics.topic(name, query)
    token = auth.token_of(call.request, call.route)
    if call.principal is None or token is None:
        raise Unauthenticated
    await topics.permit(call.house, call.principal, wanted)
    if call.house.hub.is_full(call.account_id):
        raise RateLimited(WAIT, TOO_MANY)
    return EventStream(call, wanted, token)


async def health(_call: Call) -> Response:
    """GET /api/v1/streaming/health."""
    return responses.raw(b"OK", media_type="text/plain; charset=utf-8")
