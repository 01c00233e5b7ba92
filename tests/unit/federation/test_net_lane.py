"""Deliveries over kept-alive connections: reuse, stale connections, hostile answers, TLS and proxies."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator

import pytest
import trustme

from federation.errors import AddressNotPublic, Refused, TimedOut, TooLarge, Unreachable
from federation.net.dial import Dialler, Proxy, tls_context
from federation.net.guard import DangerousPrivate, Guard
from federation.net.lane import Lanes
from federation.testing import loopback
from federation.testing.actors import ListGate
from federation.testing.loopback import LoopbackPeer
from federation.types import HttpFrame

pytestmark = pytest.mark.anyio


@pytest.fixture
async def peer() -> AsyncIterator[LoopbackPeer]:
    async with LoopbackPeer("peer") as running:
        running.fallback = loopback.answer(202)
        yield running


@pytest.fixture
async def lanes(peer: LoopbackPeer) -> AsyncIterator[Lanes]:
    made = Lanes(
        Dialler(Guard(ListGate(), DangerousPrivate.parse([peer.origin])), tls_context()), total_seconds=1
    )
    yield made
    await made.close()


def post(peer: LoopbackPeer, path: str = "/inbox", body: bytes = b"{}") -> HttpFrame:
    return HttpFrame("POST", f"{peer.base}{path}", (("content-type", "application/activity+json"),), body)


async def test_one_connection_is_kept(lanes: Lanes, peer: LoopbackPeer) -> None:
    for number in range(5):
        answer = await lanes.post(post(peer, body=b"x" * number))
        assert answer.status == 202
    assert peer.connections == 1
    assert [frame.body for frame in peer.seen] == [b"x" * number for number in range(5)]
    assert peer.seen[0].header("host") == peer.origin
    assert peer.seen[0].header("user-agent") == "Consilium"


async def test_one_request_in_flight(lanes: Lanes, peer: LoopbackPeer) -> None:
    await asyncio.gather(*(lanes.post(post(peer, body=b"%d" % number)) for number in range(10)))
    assert peer.connections == 1
    assert len(peer.seen) == 10


async def test_a_connection_that_the_peer_closed_is_replaced(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/inbox"] = loopback.then_close(202)
    for _ in range(4):
        assert (await lanes.post(post(peer))).status == 202
        await asyncio.sleep(0.02)
    assert peer.connections == 4


async def test_a_stale_connection_is_tried_once_more(lanes: Lanes, peer: LoopbackPeer) -> None:
    """The peer reads the second request and closes without a byte: it was idle for too long in the peer's eyes."""
    assert (await lanes.post(post(peer))).status == 202
    once = iter([loopback.hang_up, loopback.answer(200)])

    async def close_then_answer(frame: HttpFrame, writer: asyncio.StreamWriter) -> None:
        await next(once)(frame, writer)

    peer.behaviours["/inbox"] = close_then_answer
    assert (await lanes.post(post(peer))).status == 200
    assert peer.connections == 2
    assert len(peer.seen) == 3


async def test_a_peer_that_always_closes_is_not_tried_for_ever(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/inbox"] = loopback.hang_up
    with pytest.raises(Unreachable):
        await lanes.post(post(peer))
    assert len(peer.seen) == 1


async def test_half_an_answer_is_not_tried_again(lanes: Lanes, peer: LoopbackPeer) -> None:
    assert (await lanes.post(post(peer))).status == 202
    peer.behaviours["/inbox"] = loopback.raw(b"HTTP/1.1 20", close=True)
    with pytest.raises(Unreachable):
        await lanes.post(post(peer))
    assert len(peer.seen) == 2


async def test_answers_with_bodies(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/small"] = loopback.answer(200, b"x" * 30_000, retry_after="7")
    peer.behaviours["/chunked"] = loopback.raw(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    peer.behaviours["/interim"] = loopback.raw(
        b"HTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n"
    )
    answer = await lanes.post(post(peer, "/small"))
    assert (answer.status, answer.headers["retry-after"], answer.body) == (200, "7", b"")
    assert (await lanes.post(post(peer, "/chunked"))).status == 200
    assert (await lanes.post(post(peer, "/interim"))).status == 202
    assert peer.connections == 1


async def test_an_endless_answer_still_has_its_status(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/endless"] = loopback.endless
    peer.behaviours["/drip"] = loopback.drip
    assert (await lanes.post(post(peer, "/endless"))).status == 200
    assert (await lanes.post(post(peer, "/drip"))).status == 200
    assert (await lanes.post(post(peer))).status == 202
    assert peer.connections == 3


async def test_until_the_connection_ends(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/old"] = loopback.raw(b"HTTP/1.0 200 OK\r\n\r\nthat is all", close=True)
    assert (await lanes.post(post(peer, "/old"))).status == 200
    assert (await lanes.post(post(peer))).status == 202


async def test_silence(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/hang"] = loopback.hang
    started = time.monotonic()
    with pytest.raises(TimedOut):
        await lanes.post(post(peer, "/hang"))
    assert time.monotonic() - started < 3
    assert (await lanes.post(post(peer))).status == 202  # on a new connection, in order


async def test_hostile_heads(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/headers"] = loopback.endless_headers
    peer.behaviours["/ssh"] = loopback.raw(b"SSH-2.0-x\r\n")
    peer.behaviours["/switch"] = loopback.raw(
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
    )
    with pytest.raises(TooLarge):
        await lanes.post(post(peer, "/headers"))
    for path in ("/ssh", "/switch"):
        with pytest.raises(Unreachable):
            await lanes.post(post(peer, path))
    assert (await lanes.post(post(peer))).status == 202


async def test_an_answer_nobody_asked_for(lanes: Lanes, peer: LoopbackPeer) -> None:
    """A second answer sent along must not be taken for that of the next request."""
    twice = b"HTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"
    peer.behaviours["/twice"] = loopback.raw(twice)
    assert (await lanes.post(post(peer, "/twice"))).status == 202
    await asyncio.sleep(0.02)
    assert (await lanes.post(post(peer))).status == 202


async def test_redirects_are_not_followed(lanes: Lanes, peer: LoopbackPeer) -> None:
    peer.behaviours["/moved"] = loopback.redirect("/inbox", 308)
    assert (await lanes.post(post(peer, "/moved"))).status == 308
    assert len(peer.seen) == 1


async def test_the_guard(lanes: Lanes, peer: LoopbackPeer) -> None:
    async with LoopbackPeer("canary") as canary:
        with pytest.raises(AddressNotPublic):
            await lanes.post(post(canary))
        assert canary.connections == 0
    closed = Lanes(Dialler(Guard(ListGate(frozenset())), tls_context()))
    with pytest.raises(Refused):
        await closed.post(post(peer))
    assert closed._lanes == {}


async def test_nobody_listens(peer: LoopbackPeer) -> None:
    dialler = Dialler(Guard(ListGate(), DangerousPrivate.parse(["127.0.0.0/8"])), tls_context())
    lanes = Lanes(dialler)
    async with LoopbackPeer("short") as short:
        pass
    with pytest.raises(Unreachable):
        await lanes.post(post(short))
    await lanes.close()


async def test_idle_lanes_are_closed(peer: LoopbackPeer) -> None:
    dialler = Dialler(Guard(ListGate(), DangerousPrivate.parse([peer.origin])), tls_context())
    lanes = Lanes(dialler, idle_seconds=0.05)
    await lanes.post(post(peer))
    await asyncio.sleep(0.2)
    assert lanes._lanes == {}
    assert (await lanes.post(post(peer))).status == 202
    assert peer.connections == 2
    await lanes.close()


def test_line_ends_in_headers_are_our_mistake() -> None:
    lanes = Lanes(Dialler(Guard(ListGate()), tls_context()))
    with pytest.raises(ValueError, match="line end"):
        lanes._encode(HttpFrame("POST", "https://a.example/", (("x", "a\r\nb: c"),)), "https://a.example/")


async def test_tls_and_a_proxy() -> None:
    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("secure.localhost").configure_cert(server_tls)
    with authority.cert_pem.tempfile() as ca_file:
        async with LoopbackPeer("secure", tls=server_tls) as peer, LoopbackPeer("plain") as plain:
            peer.fallback = plain.fallback = loopback.answer(202)
            guard = Guard(ListGate(), DangerousPrivate.parse(["127.0.0.0/8"]))
            straight = Lanes(Dialler(guard, tls_context(ca_file)))
            for _ in range(2):
                assert (await straight.post(post(peer))).status == 202
            await straight.close()
            server, asked = await loopback.forward_proxy()
            address = f"http://user:word@127.0.0.1:{server.sockets[0].getsockname()[1]}"
            proxied = Lanes(Dialler(guard, tls_context(ca_file), Proxy.parse(address)))
            assert (await proxied.post(post(peer))).status == 202
            assert (await proxied.post(post(plain))).status == 202
            assert asked[0].startswith(f"CONNECT {peer.origin} HTTP/1.1")
            assert asked[1].startswith(f"POST {plain.base}/inbox HTTP/1.1")
            assert all("roxy-authorization: basic dxnlcjp3b3jk" in head.lower() for head in asked)
            await proxied.close()
            server.close()
