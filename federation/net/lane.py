"""Deliveries: one kept-alive HTTP/1.1 connection per destination, one request in flight on it, little CPU.

The bodies of answers are read and thrown away up to a limit; what counts is the status. Refused: what the guard
refuses, answers whose headers are too long or not HTTP, answers later than the total deadline. A request on a kept-alive
connection that the peer had closed, and that yields not one byte of an answer, is sent once more on a new connection:
the activity's id makes that harmless. Redirects are answers like any other.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

import httptools

from federation.errors import TimedOut, TooLarge, Unreachable
from federation.net.dial import Dialler, Endpoint, wire_url
from federation.net.limits import ANSWER_LIMIT, HEADER_LIMIT, LANE_IDLE_SECONDS, MAX_LANES, TOTAL_SECONDS
from federation.signatures.target import split_target
from federation.types import HttpAnswer, HttpFrame

_KEPT_HEADERS: Final = frozenset({b"retry-after", b"content-type", b"date", b"location", b"accept-signature"})


class _PeerClosedError(Exception):
    """The connection ended before the first byte of an answer."""


class _Connection(asyncio.Protocol):
    """One connection. Parses the one answer that is due."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[None] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._reset()
        self.used = False
        self.lost = False

    def _reset(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._head_complete = False
        self._surplus = False
        self._received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self.lost = True
        if self._answer is None or self._answer.done():
            return
        if self._head_complete:
            self._finish()  # an answer that ends with its connection
        elif self._received == 0:
            self._fail(_PeerClosedError())
        else:
            self._fail(Unreachable("answer-cut-short"))

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done() or self._parser is None:
            self.close()  # nobody asked
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(Unreachable("answer-not-http"))
            return
        except httptools.HttpParserUpgrade:
            self._fail(Unreachable("answer-not-http"))
            return
        if not self._head_complete and self._received > HEADER_LIMIT:
            self._fail(TooLarge("headers-too-long"))
        elif self._received > HEADER_LIMIT + ANSWER_LIMIT and not self._answer.done():
            self.close()
            self._finish()

    def on_message_begin(self) -> None:
        if self._head_complete:
            self._surplus = True  # an answer that nobody asked for
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._surplus:
            return
        lowered = name.lower()
        if lowered in _KEPT_HEADERS:
            self.headers[lowered.decode("ascii")] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status >= 200 and not self._surplus:
            self.status = status
            self._head_complete = True

    def on_message_complete(self) -> None:
        if not self._head_complete:
            self.headers.clear()  # an interim answer; the final one follows
            return
        if self._parser is not None and not self._parser.should_keep_alive():
            self.close()
        self._finish()

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _fail(self, problem: Exception) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(problem)

    @property
    def answered(self) -> bool:
        """Whether the status of the answer due is known."""
        return self._head_complete

    @property
    def open(self) -> bool:
        return not self.lost and self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def exchange(self, request: bytes) -> None:
        """Sends, and waits for the answer to be complete."""
        if self._transport is None or not self.open:
            raise _PeerClosedError
        self._reset()
        self.used = True
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answer


class _Lane:
    """The connection to one destination, and who may use it now."""

    __slots__ = ("connection", "endpoint", "last_used", "turn")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.connection: _Connection | None = None
        self.turn = asyncio.Lock()
        self.last_used = 0.0

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Lanes:
    """All lanes of a process. Belongs to one event loop; close() when that ends."""

    def __init__(
        self,
        dialler: Dialler,
        *,
        user_agent: str = "Consilium",
        total_seconds: float = TOTAL_SECONDS,
        idle_seconds: float = LANE_IDLE_SECONDS,
    ) -> None:
        self._dialler = dialler
        self._user_agent = user_agent
        self._total_seconds = total_seconds
        self._idle_seconds = idle_seconds
        self._lanes: dict[Endpoint, _Lane] = {}
        self._reaper: asyncio.TimerHandle | None = None

    async def post(self, frame: HttpFrame) -> HttpAnswer:
        """Sends a signed request and answers its status and a few headers; the body is not kept.

        Raises Refused, AddressNotPublic, TimedOut, TooLarge, Unreachable, Malformed.
        """
        url = wire_url(frame.url)
        self._dialler.guard.check_origin(url)
        endpoint = Endpoint.of(url)
        request = self._encode(frame, url)
        lane = self._lane(endpoint)
        async with lane.turn:
            lane.last_used = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._total_seconds):
                    await self._exchange(lane, request)
            except TimeoutError:
                connection = lane.connection
                lane.close()
                if connection is None or not connection.answered:
                    raise TimedOut("no-answer-in-time") from None
            except BaseException:
                lane.close()  # whatever was half sent must not meet the next request
                raise
            else:
                connection = lane.connection
            assert connection is not None
            return HttpAnswer(connection.status, url, connection.headers)

    async def _exchange(self, lane: _Lane, request: bytes) -> None:
        for _ in range(2):
            connection = lane.connection
            if connection is None or not connection.open:
                connection = lane.connection = await self._dialler.connect(lane.endpoint, _Connection)
            reused = connection.used
            try:
                await connection.exchange(request)
            except _PeerClosedError:
                if not reused:
                    break
                lane.connection = None
            else:
                return
        raise Unreachable("connection-closed")

    def _lane(self, endpoint: Endpoint) -> _Lane:
        lane = self._lanes.get(endpoint)
        if lane is None:
            if len(self._lanes) >= MAX_LANES:
                self._drop_oldest()
            lane = self._lanes[endpoint] = _Lane(endpoint)
            if self._reaper is None:
                self._reaper = asyncio.get_running_loop().call_later(self._idle_seconds / 2, self._reap)
        return lane

    def _drop_oldest(self) -> None:
        idle = [lane for lane in self._lanes.values() if not lane.turn.locked()]
        if idle:
            oldest = min(idle, key=lambda lane: lane.last_used)
            oldest.close()
            del self._lanes[oldest.endpoint]

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time() - self._idle_seconds
        for endpoint, lane in list(self._lanes.items()):
            if not lane.turn.locked() and lane.last_used < before:
                lane.close()
                del self._lanes[endpoint]
        self._reaper = loop.call_later(self._idle_seconds / 2, self._reap) if self._lanes else None

    async def close(self) -> None:
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()

    def _encode(self, frame: HttpFrame, url: str) -> bytes:
        """The request in bytes. Header values with line ends are ours to blame: ValueError."""
        parts = split_target(url)
        proxy = self._dialler.proxy
        plain_proxy = proxy is not None and parts.scheme == "http"
        target = parts.uri if plain_proxy else parts.request_target
        lines = [f"{frame.method} {target} HTTP/1.1"]
        names = set()
        for name, value in frame.headers:
            if "\n" in value or "\r" in value:
                raise ValueError("a header value holds a line end")
            lines.append(f"{name}: {value}")
            names.add(name)
        if "host" not in names:
            lines.insert(1, f"host: {parts.authority}")
        if "user-agent" not in names:
            lines.append(f"user-agent: {self._user_agent}")
        if proxy is not None and plain_proxy and proxy.authorization is not None:
            lines.append(f"proxy-authorization: {proxy.authorization}")
        lines.extend((f"content-length: {len(frame.body)}", "", ""))
        return "\r\n".join(lines).encode("latin-1") + frame.body
