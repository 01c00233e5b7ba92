"""Opens connections for lanes and the client: through the guard, over TLS or plain, straight or through the proxy.

It refuses what the guard refuses, certificates that do not verify, TLS below 1.2, and proxies that do not answer
a CONNECT with 200.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

import certifi

from federation.errors import Malformed, Unreachable
from federation.iri import strip_fragment
from federation.net.guard import Guard
from federation.types import Iri

_T = TypeVar("_T", bound=asyncio.Protocol)
_PORTS: Final = {"https": 443, "http": 80}
_CONNECT_LIMIT: Final = 16 * 1024


def wire_url(url: str) -> Iri:
    """The URL as it travels and is signed: canonical, without fragment, what is not ASCII percent-encoded."""
    plain = strip_fragment(url)
    return plain if plain.isascii() else Iri(quote(plain, safe="".join(map(chr, range(33, 127)))))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a URL leads: tls, host (no brackets) and port."""

    tls: bool
    host: str
    port: int

    @classmethod
    def of(cls, url: Iri) -> Endpoint:
        """url: canonical."""
        scheme, _, rest = url.partition("://")
        authority = rest.partition("/")[0].partition("?")[0]
        host, colon, port = authority.rpartition(":")
        if not colon or port.endswith("]") or not port.isdigit():
            host, port = authority, ""
        if scheme not in _PORTS or not host:
            raise Malformed("iri-scheme")
        return cls(scheme == "https", host.strip("[]"), int(port) if port else _PORTS[scheme])


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that the operator set; it is dialled as it is named, without the guard."""

    host: str
    port: int
    url: str
    authorization: str | None = None

    @classmethod
    def parse(cls, text: str) -> Proxy:
        parts = urlsplit(text)
        if parts.scheme != "http" or not parts.hostname:
            raise Malformed("proxy-address")
        credentials = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = "Basic " + b64encode(pair.encode()).decode("ascii")
        return cls(parts.hostname, parts.port or 8080, text, credentials)


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Verifies certificates and names, by the public roots and the operator's own beside them. TLS 1.2 and later."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


class Dialler:
    """The shared way to a connection. One serves a whole process."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, proxy: Proxy | None = None) -> None:
        self.guard = guard
        self.tls = tls
        self.proxy = proxy

    async def connect(self, endpoint: Endpoint, factory: Callable[[], _T]) -> _T:
        """A connected protocol. The caller bounds the time. Raises Unreachable and its kin."""
        try:
            if self.proxy is not None:
                return await self._through_proxy(endpoint, self.proxy, factory)
            addresses = await self.guard.addresses(endpoint.host, endpoint.port)
            return await self._straight(endpoint, addresses, factory)
        except ssl.SSLError:
            raise Unreachable("tls-failed") from None
        except OSError:
            raise Unreachable("connection-failed") from None

    async def _straight(self, endpoint: Endpoint, addresses: list[str], factory: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        last: OSError | None = None
        for address in addresses:
            try:
                _, protocol = await loop.create_connection(
                    factory,
                    address,
                    endpoint.port,
                    ssl=self.tls if endpoint.tls else None,
                    server_hostname=endpoint.host if endpoint.tls else None,
                )
            except ssl.SSLError:
                raise
            except OSError as problem:
                last = problem
            else:
                return protocol
        raise last or Unreachable("connection-failed")

    async def _through_proxy(self, endpoint: Endpoint, proxy: Proxy, factory: Callable[[], _T]) -> _T:
        self.guard.check_literal(endpoint.host, endpoint.port)
        loop = asyncio.get_running_loop()
        if not endpoint.tls:
            _, protocol = await loop.create_connection(factory, proxy.host, proxy.port)
            return protocol
        transport, tunnel = await loop.create_connection(_Tunnel, proxy.host, proxy.port)
        try:
            host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
            lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
            if proxy.authorization is not None:
                lines.append(f"Proxy-Authorization: {proxy.authorization}")
            transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            await tunnel.connected
            protocol = factory()
            secured = await loop.start_tls(transport, protocol, self.tls, server_hostname=endpoint.host)
        except BaseException:
            transport.abort()
            raise
        assert secured is not None
        protocol.connection_made(secured)
        return protocol


class _Tunnel(asyncio.Protocol):
    """Waits for a proxy's answer to CONNECT. Every byte after it belongs to TLS, and TLS does not begin by itself."""

    def __init__(self) -> None:
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self.connected.done():
            return
        if b"\r\n\r\n" in self._head and self._head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            self.connected.set_result(None)
        elif b"\r\n\r\n" in self._head or len(self._head) > _CONNECT_LIMIT:
            self.connected.set_exception(Unreachable("proxy-refused"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        if not self.connected.done():
            self.connected.set_exception(Unreachable("proxy-refused"))
