"""The sockets that a process answers on, bound before anything runs, and the HTTP server on them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from server.cli.connections import Connection
from server.core.errors import SettingsError

SOCKET_MESSAGE = 16 * 1024
"""Bytes of one message of an app: it names a stream."""
PING_SECONDS = 20.0
"""How often an open socket is asked whether it is still there: what lies between gives up after half a minute of silence."""


class AddressTakenError(SettingsError):
    """Another process listens there."""


def listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=2048,
            reuse_port=False,
        )
    except OSError as error:
        kind = AddressTakenError if error.errno == errno.EADDRINUSE else SettingsError
        raise kind(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    listener.setblocking(False)
    return listener


def metrics_listener(bind: str) -> socket.socket | None:
    """bind: CONSILIUM_METRICS_BIND, `host:port` or empty."""
    host, _, port = bind.rpartition(":")
    if bind and not (host and port.isdigit()):
        raise SettingsError("CONSILIUM_METRICS_BIND must be host:port, such as 127.0.0.1:9464.")
    return listen(host.strip("[]"), int(port)) if bind else None


def web_server(application: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            application,
            interface="asgi3",
            http=Connection,
            ws="websockets-sansio",
            ws_max_size=SOCKET_MESSAGE,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,  # a window for each of thousands of streams is most of their memory
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=75,
            h11_max_incomplete_event_size=65536,
        )
    )


class _Server(uvicorn.Server):
    """Leaves signals to us: readiness must change before anything closes."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
