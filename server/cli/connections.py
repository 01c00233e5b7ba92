"""A connection of the web server whose client has to come to the point.

A request's head is here within seconds, and its body after it as fast as the slowest telephone sends a picture, or the
connection ends: whoever only begins one, or lets it drip, would hold a file for ever. A body's size is bounded elsewhere.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN = 10.0
BODY_WITHIN = 20.0
BYTES_A_SECOND = 4096
"""What a body brought buys it further time."""
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's, with these bounds."""

    _late: asyncio.TimerHandle | None = None
    _body_since = 0.0
    _taken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._stop()
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # otherwise it becomes a socket, whose connection is not ours any more
            self._body_since, self._taken = self.loop.time(), 0
            self._late = self.loop.call_later(BODY_WITHIN, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        self._taken += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_WITHIN, self._head_is_late)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        """Without a word: there is no request that could be answered."""
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()

    def _body_is_late(self) -> None:
        """An answer that was given before the body came stands; the application is told that its client is gone."""
        now = self.loop.time()
        left = self._body_since + BODY_WITHIN + self._taken / BYTES_A_SECOND - now
        if self.flow.read_paused:  # it is we who are slow
            left = max(left, BODY_WITHIN)
        self._late = None if left <= 0 else self.loop.call_later(left, self._body_is_late)
        if self._late is None and not self.transport.is_closing():
            if not self.cycle.response_started:
                self.transport.write(TOO_SLOW)
            self.transport.close()
