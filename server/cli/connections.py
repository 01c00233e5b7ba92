"""A connection of the web server whose client has to come to the point.

A request's head is here within seconds, or the connection ends: whoever only begins one would hold a file for ever. How
long a body takes is its sender's affair, since pictures come from telephones; its size is bounded elsewhere.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN = 10.0


class Connection(HttpToolsProtocol):
    """uvicorn's, with that bound."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_WITHIN, self._end)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        """Without a word: there is no request that could be answered."""
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()
