"""The client of every GET: documents, keys, media, discovery. httpx behind the guard; nothing else may fetch.

It dials judged addresses only, ignores the environment's proxies, sends no cookies, follows at most three redirects and
judges (and signs) each anew, and bounds time, headers and the decompressed body. Refused: what the guard refuses,
answers that are too long or too late, encodings other than gzip and deflate.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin

import httpcore
import httpx

from federation.errors import BadStatus, Gone, Malformed, TimedOut, TooLarge, Unreachable
from federation.iri import origin_of
from federation.net.dial import Dialler, wire_url
from federation.net.guard import Guard
from federation.net.limits import HEADER_LIMIT, MAX_REDIRECTS, PER_HOST, TOTAL_SECONDS
from federation.ports import Clock, SigningKey
from federation.signatures.schemes import Scheme, sign_request
from federation.signatures.target import split_target
from federation.types import HttpAnswer, HttpFrame, Iri, Origin

Signer: TypeAlias = Callable[[HttpFrame], HttpFrame]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
_CHUNK: Final = 65_536


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to judged addresses. The name goes on to TLS, which verifies it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._guard.addresses(host, port)
        last: httpcore.ConnectError | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as problem:
                last = problem
        raise last or httpcore.ConnectError("no address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that dials through the guard."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=10.0,
            network_backend=_GuardedBackend(guard),
        )


class Client:
    """Guarded GETs. One serves a whole process; close() when it ends."""

    def __init__(
        self, dialler: Dialler, *, user_agent: str = "Consilium", total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._guard = dialler.guard
        self._proxied = dialler.proxy is not None
        self._user_agent = user_agent
        self._total_seconds = total_seconds
        self._inflight: dict[Origin, _Turns] = {}
        transport: httpx.AsyncBaseTransport
        if dialler.proxy is None:
            transport = _GuardedTransport(dialler.guard, dialler.tls)
        else:
            transport = httpx.AsyncHTTPTransport(verify=dialler.tls, trust_env=False, proxy=dialler.proxy.url)
        self._transport = transport

    async def get(
        self,
        url: Iri,
        *,
        accept: str,
        limit: int,
        sign: Signer | None = None,
        max_redirects: int = MAX_REDIRECTS,
    ) -> HttpAnswer:
        """The 2xx answer, read whole; its url is the one that it finally came from.

        limit: bytes of the decompressed body. Raises Refused, AddressNotPublic, TimedOut, TooLarge, BadStatus, Gone,
        Unreachable, Malformed.
        """
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._follow(url, accept, limit, sign, max_redirects)
        except TimeoutError:
            raise TimedOut("no-answer-in-time") from None

    async def close(self) -> None:
        await self._transport.aclose()

    async def _follow(
        self, url: Iri, accept: str, limit: int, sign: Signer | None, max_redirects: int
    ) -> HttpAnswer:
        here = wire_url(url)
        for _ in range(max_redirects + 1):
            answer = await self._once(here, accept, limit, sign)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return _judged(answer)
            there = wire_url(urljoin(here, location))
            if here.startswith("https:") and not there.startswith("https:"):
                raise Unreachable("redirect-to-plain")
            here = there
        raise Unreachable("too-many-redirects")

    async def _once(self, url: Iri, accept: str, limit: int, sign: Signer | None) -> HttpAnswer:
        self._guard.check_origin(url)
        if self._proxied:
            parts = httpx.URL(url)
            self._guard.check_literal(parts.host, parts.port or 443)
        frame = HttpFrame("GET", url, (("accept", accept),))
        if sign is not None:
            frame = sign(frame)
        headers = [*frame.headers, ("user-agent", self._user_agent), ("accept-encoding", "gzip, deflate")]
        async with self._turn(origin_of(url)):
            try:
                return await self._send(url, headers, limit)
            except httpx.TimeoutException:
                raise TimedOut("no-answer-in-time") from None
            except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError):
                raise Unreachable("no-answer") from None

    async def _send(self, url: Iri, headers: list[tuple[str, str]], limit: int) -> HttpAnswer:
        extensions: dict[str, Any] = {"timeout": httpx.Timeout(self._total_seconds).as_dict()}
        if not self._proxied:
            # the target as it was signed: httpx would spell some characters anew (towards a proxy it must have its own)
            extensions["target"] = split_target(url).request_target.encode("ascii")
        request = httpx.Request("GET", url, headers=headers, extensions=extensions)
        response = await self._transport.handle_async_request(request)
        try:
            if sum(len(name) + len(value) for name, value in response.headers.raw) > HEADER_LIMIT:
                raise TooLarge("headers-too-long")
            plain = {name.lower(): value for name, value in response.headers.items()}
            if 200 <= response.status_code < 300:
                body = await _read(response, plain, limit)
            else:
                body = b""
            return HttpAnswer(response.status_code, url, plain, body)
        finally:
            await response.aclose()

    @asynccontextmanager
    async def _turn(self, origin: Origin) -> AsyncIterator[None]:
        """At most PER_HOST requests to one origin at a time; nothing is remembered of origins at rest."""
        turns = self._inflight.get(origin)
        if turns is None:
            turns = self._inflight[origin] = _Turns()
        turns.users += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.users -= 1
            if not turns.users:
                self._inflight.pop(origin, None)


class _Turns:
    __slots__ = ("free", "users")

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(PER_HOST)
        self.users = 0


class SignedFetcher:
    """`ports.Fetcher`: GETs signed with one actor's key, usually the instance's, each redirect anew.

    key: answers the key that is in use at that moment.
    """

    def __init__(
        self,
        client: Client,
        key: Callable[[], Awaitable[SigningKey]],
        clock: Clock,
        scheme: Scheme = Scheme.CAVAGE,
    ) -> None:
        self._client = client
        self._key = key
        self._clock = clock
        self._scheme = scheme

    async def get(self, url: Iri, *, accept: str, limit: int) -> HttpAnswer:
        key = await self._key()

        def sign(frame: HttpFrame) -> HttpFrame:
            return sign_request(frame, key, self._scheme, self._clock.now())

        return await self._client.get(url, accept=accept, limit=limit, sign=sign)


class PlainFetcher:
    """`ports.Fetcher`: unsigned GETs, for discovery documents and media that anyone may have."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, url: Iri, *, accept: str, limit: int) -> HttpAnswer:
        return await self._client.get(url, accept=accept, limit=limit)


def _judged(answer: HttpAnswer) -> HttpAnswer:
    if answer.status in _GONE:
        raise Gone("peer-says-gone" if answer.status == 410 else "peer-says-not-found")
    if not 200 <= answer.status < 300:
        raise BadStatus("unexpected-status", answer.status)
    return answer


async def _read(response: httpx.Response, headers: Mapping[str, str], limit: int) -> bytes:
    """The decompressed body. Raises TooLarge as soon as it passes the limit, before it is unpacked further."""
    length = headers.get("content-length", "")
    if length.isdigit() and int(length[:19]) > limit:
        raise TooLarge("body-too-long")
    unpack = _unpacker(headers.get("content-encoding", "identity").strip().lower())
    parts: list[bytes] = []
    total = 0
    async for chunk in response.aiter_raw(_CHUNK):
        part = chunk if unpack is None else _unpacked(unpack, chunk, limit - total)
        total += len(part)
        if total > limit:
            raise TooLarge("body-too-long")
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise Malformed("body-encoding")
    return b"".join(parts)


def _unpacker(encoding: str) -> zlib._Decompress | None:
    match encoding:
        case "identity" | "":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return zlib.decompressobj()
    raise Malformed("body-encoding")


def _unpacked(unpack: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        part = unpack.decompress(chunk, room + 1)
    except zlib.error:
        raise Malformed("body-encoding") from None
    if unpack.unconsumed_tail:
        raise TooLarge("body-too-long")
    return part
