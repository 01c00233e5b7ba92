"""What a command in another process changes takes effect in the running server within a second of its commit."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import anyio
import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import FakeActor
from federation.testing.loopback import LoopbackPeer, answer
from federation.types import HttpFrame, Iri, JsonObject
from server.core.clock import SystemClock
from tests.support.instances import (
    POSTGRESQL,
    SQLITE,
    Launcher,
    LiveAccount,
    LiveInstance,
    eventually,
    launcher,
)
from tests.support.shared import ROOT

__all__ = ["launcher"]
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Ask = Callable[[], Awaitable[int]]
WITHIN = 1.0


async def turned(instance: LiveInstance, ask: Ask, wanted: int, *arguments: str) -> datetime:
    """Runs a command while asking all the time. Answers when the wanted answer first came.

    Each answer before that is what it was before the command.
    """
    usual = await ask()
    assert usual != wanted
    command = subprocess.Popen(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=instance.environment,
        stdout=subprocess.DEVNULL,
    )
    with anyio.fail_after(60):
        while (status := await ask()) == usual:
            await anyio.sleep(0.02)
    answered = SystemClock().now()
    assert status == wanted
    assert await anyio.to_thread.run_sync(command.wait) == 0
    for _ in range(5):
        assert await ask() == wanted  # and it stays so
    return answered


def assert_prompt(instance: LiveInstance, action: str, answered: list[datetime]) -> None:
    """Each answer came within a second of the audit entry of its command."""
    entries = json.loads(instance.command("audit", "list", "--json", "--action", action))
    written = [datetime.fromisoformat(entry["at"]) for entry in reversed(entries)]
    assert len(written) == len(answered)
    delays = [(after - before).total_seconds() for before, after in zip(written, answered, strict=True)]
    assert all(0 <= delay < WITHIN for delay in delays), delays


def signed(instance: LiveInstance, actor: FakeActor, activity: JsonObject) -> HttpFrame:
    body = json.dumps(activity).encode()
    headers = (("host", instance.origin), ("content-type", "application/activity+json"))
    frame = HttpFrame("POST", Iri(f"{instance.base}/inbox"), headers, body)
    return sign_request(frame, actor.rsa_signer, Scheme.CAVAGE, SystemClock().now())


async def deliver(client: httpx.AsyncClient, frame: HttpFrame) -> int:
    return (await client.post("/inbox", headers=list(frame.headers), content=frame.body)).status_code


def delivering(client: httpx.AsyncClient, instance: LiveInstance, actor: FakeActor) -> Ask:
    """Signed deliveries of fresh activities, over and over."""
    number = 0

    async def ask() -> int:
        nonlocal number
        number += 1
        return await deliver(client, signed(instance, actor, actor.note(number)))

    return ask


@pytest.mark.parametrize(
    ("engine", "verbs"), [(SQLITE, ["allow", "suspend", "resume", "block"]), (POSTGRESQL, ["allow", "block"])]
)
async def test_trust_in_a_peer(launcher: Launcher, engine: str, verbs: list[str]) -> None:
    hospital = launcher.launch("hospital", engine=engine)
    async with LoopbackPeer("peer") as peer, hospital.async_client() as client:
        ask = delivering(client, hospital, peer.actor("doctor"))
        assert await ask() == 403
        knocks = json.loads(hospital.command("instance", "list", "--knocks", "--json"))
        assert [knock["domain"] for knock in knocks] == [peer.origin]
        answered = [
            await turned(
                hospital, ask, 202 if verb in {"allow", "resume"} else 403, "instance", verb, peer.origin
            )
            for verb in verbs
        ]
    assert_prompt(hospital, "instance.trust", answered)


def printed_entrance(instance: LiveInstance) -> str:
    """The path of the link that `serve` printed for the first administrator when it made its database."""
    [link] = re.findall(rf"^  http://{re.escape(instance.origin)}(/\S+)$", instance.log(), re.MULTILINE)
    return str(link)


async def test_tokens_and_accounts_of_members(launcher: Launcher) -> None:
    hospital = launcher.launch("hospital")
    async with hospital.async_client() as visitor:
        entrance = printed_entrance(hospital)
        assert (await visitor.get(entrance)).status_code == 200
        alice, bob = hospital.account("alice"), hospital.account("bob")
        assert (await visitor.get(entrance)).status_code == 404, "the house is not empty any more"

    def reading(client: httpx.AsyncClient) -> Ask:
        async def read() -> int:
            return (await client.get("/api/v1/accounts/verify_credentials")).status_code

        return read

    async with hospital.async_client(alice.token) as hers, hospital.async_client(bob.token) as his:
        alices, bobs = reading(hers), reading(his)
        locked_out = await turned(hospital, alices, 401, "account", "lockout", "alice")
        assert await bobs() == 200
        [app] = json.loads(hospital.command("app", "list", "--json"))
        blocked = await turned(hospital, bobs, 403, "app", "block", app["number"])
        hospital.command("app", "unblock", app["number"])
        await anyio.to_thread.run_sync(hospital.hear)
        assert await bobs() == 200
        suspended = await turned(hospital, bobs, 401, "account", "suspend", "bob")
    assert_prompt(hospital, "account.lockout", [locked_out])
    assert_prompt(hospital, "app.block", [blocked])
    assert_prompt(hospital, "account.suspend", [suspended])


async def test_a_block_empties_the_queue_and_ends_the_follows(launcher: Launcher) -> None:
    hospital = launcher.launch("hospital")
    alice = hospital.account("alice")

    def waiting() -> dict[str, int]:
        (shown,) = json.loads(hospital.command("instance", "show", peer.origin, "--json"))
        work: dict[str, int] = shown["work"]
        return work

    def followers() -> int:
        return int(alice.client.get(f"/api/v1/accounts/{alice.id}").json()["followers_count"])

    async with LoopbackPeer("peer", fallback=answer(503)) as peer, hospital.async_client() as client:
        hospital.allow(peer.origin)
        doctor = peer.actor("doctor")
        actor = (
            await client.get("/.well-known/webfinger", params={"resource": f"acct:alice@{hospital.origin}"})
        ).json()
        uri = next(link["href"] for link in actor["links"] if link["rel"] == "self")
        follow: JsonObject = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{peer.base}/follows/1",
            "type": "Follow",
            "actor": doctor.id,
            "object": uri,
        }
        assert await deliver(client, signed(hospital, doctor, follow)) == 202
        await anyio.to_thread.run_sync(lambda: eventually(lambda: followers() == 1))
        post = await anyio.to_thread.run_sync(
            lambda: alice.client.post("/api/v1/statuses", json={"status": "Bonjour"})
        )
        assert post.is_success
        queued = await anyio.to_thread.run_sync(
            lambda: eventually(lambda: waiting().get("delivery.waiting", 0) >= 2)
        )
        assert queued  # the Accept and the post, which the peer does not take
        await anyio.to_thread.run_sync(lambda: hospital.command("instance", "block", peer.origin))
        assert "delivery.waiting" not in await anyio.to_thread.run_sync(waiting)
        await anyio.to_thread.run_sync(lambda: eventually(lambda: followers() == 0))
        asked = len(peer.seen)
        await anyio.sleep(1)
        assert len(peer.seen) == asked


def ends(instance: LiveInstance, who: LiveAccount, opened: Barrier) -> tuple[datetime, datetime, int]:
    """Listens to both kinds of streams until they are over: when each ended, and with which code the socket did."""
    headers = {"Authorization": f"Bearer {who.token}"}
    door = socket.create_connection(("127.0.0.1", instance.port))
    address = f"ws://{instance.origin}/api/v1/streaming?stream=user"
    with (
        connect(address, sock=door, additional_headers=headers) as stream,
        who.client.stream("GET", "/api/v1/streaming/user", timeout=30) as lines,
    ):
        opened.wait(20)
        try:
            stream.recv(timeout=30)
        except ConnectionClosed as closed:
            code = 0 if closed.rcvd is None else closed.rcvd.code
        socket_ended = SystemClock().now()
        for _ in lines.iter_raw():
            pass
        return socket_ended, SystemClock().now(), code


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_a_command_ends_the_streams_of_whoever_it_suspends(launcher: Launcher, engine: str) -> None:
    hospital = launcher.launch("hospital", engine=engine)
    alice = hospital.account("alice")
    opened = Barrier(2)
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(ends, hospital, alice, opened)
        opened.wait(20)
        hospital.command("account", "suspend", "alice")
        *answered, code = listening.result(30)
    assert code == 1008
    [entry] = json.loads(hospital.command("audit", "list", "--json", "--action", "account.suspend"))
    delays = [(after - datetime.fromisoformat(entry["at"])).total_seconds() for after in answered]
    assert all(0 <= delay < WITHIN for delay in delays), delays
