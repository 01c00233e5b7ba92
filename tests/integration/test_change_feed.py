"""What a command in another process changes takes effect in the running server within a second of its commit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime

import anyio
import httpx
import pytest

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import FakeActor
from federation.testing.loopback import LoopbackPeer
from federation.types import HttpFrame, Iri
from server.core.clock import SystemClock
from tests.support.instances import Launcher, LiveInstance, launcher
from tests.support.shared import ROOT

__all__ = ["launcher"]
pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Ask = Callable[[], Awaitable[int]]
WITHIN = 1.0


async def seconds_until(instance: LiveInstance, ask: Ask, wanted: int, action: str, *arguments: str) -> float:
    """Runs a command while asking all the time; seconds from the time in its audit entry to the first wanted answer.

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
    with anyio.fail_after(30):
        while (status := await ask()) == usual:
            await anyio.sleep(0.02)
    answered = SystemClock().now()
    assert status == wanted
    assert await anyio.to_thread.run_sync(command.wait) == 0
    for _ in range(5):
        assert await ask() == wanted  # and it stays so
    (entry, *_) = json.loads(instance.command("audit", "list", "--json", "--action", action))
    return (answered - datetime.fromisoformat(entry["at"])).total_seconds()


def delivering(client: httpx.AsyncClient, instance: LiveInstance, actor: FakeActor) -> Ask:
    """Signed deliveries of fresh activities, over and over."""
    number = 0

    async def deliver() -> int:
        nonlocal number
        number += 1
        body = json.dumps(actor.note(number)).encode()
        headers = (("host", instance.origin), ("content-type", "application/activity+json"))
        frame = HttpFrame("POST", Iri(f"{instance.base}/inbox"), headers, body)
        signed = sign_request(frame, actor.rsa_signer, Scheme.CAVAGE, SystemClock().now())
        return (await client.post("/inbox", headers=list(signed.headers), content=body)).status_code

    return deliver


async def test_trust_in_a_peer(launcher: Launcher) -> None:
    hospital = launcher.launch("hospital")
    async with LoopbackPeer("peer") as peer, hospital.async_client() as client:
        deliver = delivering(client, hospital, peer.actor("doctor"))
        assert await deliver() == 403
        knocks = json.loads(hospital.command("instance", "list", "--knocks", "--json"))
        assert [knock["domain"] for knock in knocks] == [peer.origin]
        for verb, status in (("allow", 202), ("suspend", 403), ("resume", 202), ("block", 403)):
            arguments = ("instance", verb, peer.origin)
            assert 0 <= await seconds_until(hospital, deliver, status, "instance.trust", *arguments) < WITHIN


async def test_tokens_and_accounts_of_members(launcher: Launcher) -> None:
    hospital = launcher.launch("hospital")
    alice, bob = hospital.account("alice"), hospital.account("bob")

    def reading(client: httpx.AsyncClient) -> Ask:
        async def read() -> int:
            return (await client.get("/api/v1/accounts/verify_credentials")).status_code

        return read

    async with hospital.async_client(alice.token) as hers, hospital.async_client(bob.token) as his:
        alices, bobs = reading(hers), reading(his)
        assert (
            0
            <= await seconds_until(hospital, alices, 401, "account.lockout", "account", "lockout", "alice")
            < WITHIN
        )
        assert await bobs() == 200
        assert (
            0
            <= await seconds_until(hospital, bobs, 401, "account.suspend", "account", "suspend", "bob")
            < WITHIN
        )
