"""GETs against hostile peers on loopback: redirects inside, bombs, bodies and headers without end, slow ones."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
import zlib
from collections.abc import AsyncIterator

import pytest
import trustme

from federation.errors import (
    AddressNotPublic,
    BadStatus,
    FederationError,
    Gone,
    Malformed,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)
from federation.net.client import Client, PlainFetcher, SignedFetcher
from federation.net.dial import Dialler, Proxy, tls_context
from federation.net.guard import DangerousPrivate, Guard
from federation.signatures import schemes
from federation.testing import loopback
from federation.testing.actors import ActorSigningKey, FakeActor, FixedClock, ListGate
from federation.testing.loopback import LoopbackPeer
from federation.types import Iri

pytestmark = pytest.mark.anyio

ACTOR = FakeActor.create("https://hospital.example", "instance")


@pytest.fixture
async def peer() -> AsyncIterator[LoopbackPeer]:
    async with LoopbackPeer("peer") as running:
        yield running


@pytest.fixture
async def client(peer: LoopbackPeer) -> AsyncIterator[Client]:
    """May dial this one peer and nothing else on loopback."""
    guard = Guard(ListGate(), DangerousPrivate.parse([peer.origin]))
    made = Client(Dialler(guard, tls_context()), total_seconds=1.0)
    yield made
    await made.close()


async def get(client: Client, peer: LoopbackPeer, path: str = "/", limit: int = 10_000) -> bytes:
    answer = await client.get(Iri(f"{peer.base}{path}"), accept="application/json", limit=limit)
    return answer.body


async def test_a_plain_answer(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/"] = loopback.answer(200, b"{}", "application/json", set_cookie="a=b")
    answer = await client.get(Iri(f"{peer.base}/"), accept="application/json", limit=2)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
    await get(client, peer)
    assert [frame.header("cookie") for frame in peer.seen] == [None, None]
    assert peer.seen[0].header("accept") == "application/json"
    assert peer.seen[0].header("host") == peer.origin


@pytest.mark.parametrize(("status", "error"), [(404, Gone), (410, Gone), (403, BadStatus), (500, BadStatus)])
async def test_statuses(
    client: Client, peer: LoopbackPeer, status: int, error: type[FederationError]
) -> None:
    peer.behaviours["/"] = loopback.answer(status, b"no")
    with pytest.raises(error):
        await get(client, peer)


async def test_redirects_are_followed_three_times(client: Client, peer: LoopbackPeer) -> None:
    for hop in range(4):
        peer.behaviours[f"/{hop}"] = loopback.redirect(f"/{hop + 1}")
    peer.behaviours["/4"] = loopback.answer(200, b"here")
    answer = await client.get(Iri(f"{peer.base}/1"), accept="*/*", limit=10)
    assert (answer.url, answer.body) == (f"{peer.base}/4", b"here")
    with pytest.raises(Unreachable):
        await get(client, peer, "/0")


async def test_a_redirect_loop(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/"] = loopback.redirect("/")
    with pytest.raises(Unreachable):
        await get(client, peer)
    assert len(peer.seen) == 4


@pytest.mark.parametrize(
    "inside",
    [
        "http://127.0.0.1:{port}/secret",
        "http://canary.localhost:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://0x7f.1:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "//127.0.0.1:{port}/secret",
        "https://127.0.0.1:{port}/secret",
        "http://169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
    ],
)
async def test_a_redirect_to_the_inside(client: Client, peer: LoopbackPeer, inside: str) -> None:
    async with LoopbackPeer("canary") as canary:
        canary.fallback = loopback.answer(200, b"secret")
        peer.behaviours["/"] = loopback.redirect(inside.format(port=canary.port))
        with pytest.raises((AddressNotPublic, Refused, Malformed)):
            await get(client, peer)
        assert canary.connections == 0


async def test_the_gate_is_asked_for_each_hop(peer: LoopbackPeer) -> None:
    gate = ListGate(frozenset({peer.origin}))
    client = Client(Dialler(Guard(gate, DangerousPrivate.parse(["127.0.0.0/8"])), tls_context()))
    async with LoopbackPeer("stranger") as stranger:
        peer.behaviours["/"] = loopback.redirect(f"{stranger.base}/")
        with pytest.raises(Refused):
            await get(client, peer)
        assert gate.asked == [peer.origin, stranger.origin]
        assert stranger.connections == 0
    await client.close()


async def test_signed_redirects_are_signed_anew(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/a?x=1"] = loopback.redirect("/b|ü?y={2}")
    peer.fallback = loopback.answer(200, b"{}")
    clock = FixedClock()

    async def key() -> ActorSigningKey:
        return ACTOR.rsa_signer

    fetcher = SignedFetcher(client, key, clock)
    await fetcher.get(Iri(f"{peer.base}/a?x=1"), accept="application/activity+json", limit=10)
    assert len(peer.seen) == 2
    for frame in peer.seen:
        presented = schemes.present(frame)
        schemes.check_claims(frame, presented, clock.now())
        assert schemes.fits(frame, presented, ACTOR.rsa.public)


async def test_bodies(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/gzip"] = loopback.answer(200, gzip.compress(b"x" * 5000), content_encoding="gzip")
    peer.behaviours["/deflate"] = loopback.answer(200, zlib.compress(b"x" * 5000), content_encoding="deflate")
    assert await get(client, peer, "/gzip") == b"x" * 5000
    assert await get(client, peer, "/deflate") == b"x" * 5000
    cut = gzip.compress(b"x" * 5000)[:-12]
    peer.behaviours["/cut"] = loopback.answer(200, cut, content_encoding="gzip")
    peer.behaviours["/not"] = loopback.answer(200, b"x" * 50, content_encoding="gzip")
    peer.behaviours["/br"] = loopback.answer(200, b"x" * 50, content_encoding="br")
    for path in ("/cut", "/not", "/br"):
        with pytest.raises(Malformed):
            await get(client, peer, path)


async def test_too_much(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/exact"] = loopback.answer(200, b"x" * 10_000)
    peer.behaviours["/more"] = loopback.answer(200, b"x" * 10_001)
    peer.behaviours["/endless"] = loopback.endless
    peer.behaviours["/bomb"] = loopback.gzip_bomb(64)
    assert len(await get(client, peer, "/exact")) == 10_000
    for path in ("/more", "/endless", "/bomb"):
        with pytest.raises(TooLarge):
            await get(client, peer, path)


async def test_headers_without_end(client: Client, peer: LoopbackPeer) -> None:
    many = {f"x_{n}": "y" * 900 for n in range(80)}
    peer.behaviours["/long"] = loopback.answer(200, b"", **many)
    peer.behaviours["/endless"] = loopback.endless_headers
    for path in ("/long", "/endless"):
        with pytest.raises(Unreachable):
            await get(client, peer, path)


@pytest.mark.parametrize("behaviour", [loopback.hang, loopback.drip])
async def test_slow(client: Client, peer: LoopbackPeer, behaviour: loopback.Behaviour) -> None:
    peer.behaviours["/"] = behaviour
    started = time.monotonic()
    with pytest.raises(TimedOut):
        await get(client, peer)
    assert time.monotonic() - started < 3


async def test_not_http_and_nothing_at_all(client: Client, peer: LoopbackPeer) -> None:
    peer.behaviours["/ssh"] = loopback.raw(b"SSH-2.0-OpenSSH_9.2\r\n", close=True)
    peer.behaviours["/shut"] = loopback.hang_up
    for path in ("/ssh", "/shut"):
        with pytest.raises(Unreachable):
            await get(client, peer, path)


async def test_two_at_a_time_for_one_host(client: Client, peer: LoopbackPeer) -> None:
    now, most = 0, 0

    async def slow(frame: object, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    peer.behaviours["/"] = slow
    await asyncio.gather(*(get(client, peer) for _ in range(8)))
    assert most == 2
    assert client._inflight == {}


async def test_tls_is_verified(tmp_path: object) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    with authority.cert_pem.tempfile() as ca_file:
        for issuer, name, fits in (
            (authority, "secure.localhost", True),
            (authority, "other.localhost", False),
            (stranger, "secure.localhost", False),
        ):
            server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issuer.issue_cert(name).configure_cert(server_tls)
            async with LoopbackPeer("secure", tls=server_tls) as peer:
                peer.behaviours["/"] = loopback.answer(200, b"{}")
                guard = Guard(ListGate(), DangerousPrivate.parse([peer.origin]))
                client = Client(Dialler(guard, tls_context(ca_file)), total_seconds=5)
                fetcher = PlainFetcher(client)
                if fits:
                    assert (await fetcher.get(Iri(f"{peer.base}/"), accept="*/*", limit=9)).body == b"{}"
                else:
                    with pytest.raises(Unreachable):
                        await fetcher.get(Iri(f"{peer.base}/"), accept="*/*", limit=9)
                await client.close()


async def test_through_a_proxy() -> None:
    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("secure.localhost").configure_cert(server_tls)
    with authority.cert_pem.tempfile() as ca_file:
        async with LoopbackPeer("secure", tls=server_tls) as secure, LoopbackPeer("plain") as plain:
            secure.fallback = plain.fallback = loopback.answer(200, b"{}")
            server, asked = await loopback.forward_proxy()
            proxy = Proxy.parse(f"http://user:word@127.0.0.1:{server.sockets[0].getsockname()[1]}")
            private = DangerousPrivate.parse([secure.origin, plain.origin])
            client = Client(Dialler(Guard(ListGate(), private), tls_context(ca_file), proxy), total_seconds=5)
            for peer in (secure, plain):
                answer = await client.get(Iri(f"{peer.base}/x?y"), accept="*/*", limit=9)
                assert answer.body == b"{}"
                assert peer.seen[0].url == f"{peer.base}/x?y"
            assert asked[0].startswith(f"CONNECT {secure.origin} HTTP/1.1")
            assert asked[1].startswith(f"GET {plain.base}/x?y HTTP/1.1")
            assert all("roxy-authorization: basic dxnlcjp3b3jk" in head.lower() for head in asked)
            with pytest.raises(AddressNotPublic):
                await client.get(Iri("https://127.0.0.1/"), accept="*/*", limit=9)
            assert len(asked) == 2
            await client.close()
            server.close()
