"""Faults that an instance meets without losing what it acknowledged: a full disk, silent peers, a clock that goes back,
the same activity many times at once."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import SystemClock
from federation.testing.loopback import hang
from federation.types import HttpFrame, Iri, Origin
from server.core.metrics import Metrics
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.jobs.maintenance import Maintenance
from server.jobs.unit import Units
from server.services import instances, upkeep, waiting
from server.services.events import happened
from server.store import work
from tests.support.crash import ACTIVITY, Load, Peer, loaded
from tests.support.house import House, house
from tests.support.instances import POSTGRESQL, SQLITE, Launcher, LiveInstance, eventually, launcher
from tests.support.pictures import png
from tests.support.postgresql import server

__all__ = ["house", "launcher"]
pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that leaves nothing."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as out:
        for size in (2**20, 2**12, 1):
            try:
                while out.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return file


async def with_peer(stack: AsyncExitStack, target: LiveInstance, *names: str) -> Load:
    return await stack.enter_async_context(loaded(target, Random(7), *names))


def signed(target: LiveInstance, sender: Peer, activity: dict[str, object]) -> HttpFrame:
    body = json.dumps(activity).encode()
    frame = HttpFrame("POST", Iri(f"{target.base}/inbox"), (("content-type", ACTIVITY),), body)
    return sign_request(frame, sender.actor.rsa_signer, Scheme.CAVAGE, SystemClock().now())


async def send(client: httpx.AsyncClient, frame: HttpFrame) -> int:
    given = await client.post("/inbox", headers=dict(frame.headers), content=frame.body)
    return given.status_code


async def test_a_full_disk_acknowledges_nothing_and_is_left_without_a_restart(
    launcher: Launcher, small_disk: Path
) -> None:
    target = launcher.prepare("target", CONSILIUM_POSTS="public", CONSILIUM_DATA_DIR=str(small_disk / "data"))
    async with AsyncExitStack() as stack:
        load = await with_peer(stack, target, "healthy")
        client = await stack.enter_async_context(target.async_client(load.alice.token))
        picture = {"file": ("ecg.png", png(), "image/png")}
        assert (await client.post("/api/v2/media", files=picture)).status_code == 507, (
            "the last room is for the database"
        )
        filler = fill(small_disk)
        text = "x" * 400
        answers = [
            (await client.post("/api/v1/statuses", json={"status": f"{number} {text}"})).status_code
            for number in range(30)
        ]
        inbound = [
            await send(client, signed(target, load.peers[0], load.peers[0].actor.note(n))) for n in range(5)
        ]
        fit = await client.get("/readyz")
        assert (fit.status_code, fit.json()["disk"]) == (503, False)
        acknowledged = answers.count(200)
        assert set(answers) <= {200, 503, 507}
        assert answers[-1] in {503, 507}, "a full disk cannot store"
        assert inbound[-1] in {503, 507}
        assert (await client.get("/api/v1/timelines/home")).status_code == 200, "what is there can be read"
        filler.unlink()
        assert (await client.get("/readyz")).status_code == 200
        load.stopping = True
        await load._post(client, "after")
        statuses = (
            await client.get(f"/api/v1/accounts/{load.alice.id}/statuses", params={"limit": 40})
        ).json()
        assert len(statuses) == acknowledged + 1, "each that was acknowledged, and none that was not"
        await load.note(load.peers[0], 100)
        account = await load.settle(60)
        assert not account
        assert target.processes["serve"].poll() is None
    target.stop()
    with sqlite3.connect(small_disk / "data" / "consilium.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


async def test_a_silent_peer_does_not_delay_others(launcher: Launcher) -> None:
    target = launcher.prepare("target", CONSILIUM_POSTS="public")
    async with AsyncExitStack() as stack:
        load = await with_peer(stack, target, "healthy", "silent", "dead")
        healthy, silent, dead = load.peers
        silent.server.behaviours["/inbox"] = hang
        await dead.server.__aexit__(None, None, None)
        client = await stack.enter_async_context(target.async_client(load.alice.token))
        loop = asyncio.get_running_loop()
        slowest = 0.0
        for number in range(10):
            began = loop.time()
            await load._post(client, f"text {number}")
            async with asyncio.timeout(20):
                while f"text {number}" not in healthy.texts:
                    await asyncio.sleep(0.01)
            slowest = max(slowest, loop.time() - began)
        assert slowest < 5, "a peer that says nothing must not hold up another"
        assert "text 9" not in silent.texts


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
async def test_one_activity_fifty_times_at_once_has_one_effect(launcher: Launcher, engine: str) -> None:
    target = launcher.prepare("target", engine=engine, CONSILIUM_POSTS="public")
    async with AsyncExitStack() as stack:
        load = await with_peer(stack, target, "healthy")
        sender = load.peers[0]
        load.number = 1  # it is used here: what else is sent meanwhile is other notes
        activity = sender.actor.note(load.number, "<p>in 00001</p>")
        activity["cc"] = activity["object"]["cc"] = [load.alice.uri]
        activity["object"]["tag"] = [{"type": "Mention", "href": load.alice.uri, "name": "@alice"}]
        frame = signed(target, sender, activity)
        client = await stack.enter_async_context(target.async_client())
        answers = await asyncio.gather(*(send(client, frame) for _ in range(50)))
        assert set(answers) == {202}
        load.delivered.add("in 00001")
        assert not await load.settle(30)
        other = signed(target, sender, {**activity, "summary": "another content"})
        assert await send(client, other) == 409
        entries = await asyncio.to_thread(
            target.command, "audit", "list", "--json", "--action", "inbound.conflict"
        )
        assert activity["id"] in entries
        keyed = {"headers": {"idempotency-key": "one"}, "json": {"status": "once"}}
        member = await stack.enter_async_context(target.async_client(load.alice.token))
        posts = await asyncio.gather(*(member.post("/api/v1/statuses", **keyed) for _ in range(20)))
        assert {given.status_code for given in posts} == {200}
        assert len({given.json()["id"] for given in posts}) == 1


def test_a_clock_that_goes_back_leaves_no_work_behind(house: House) -> None:
    domain = Origin("there.example")
    house.run(instances.set_trust, "test", domain, Trust.ALLOWED, "")
    alice = house.local("alice")
    house.run(happened, EventKind.ACTOR_CHANGED, account_id=alice.id)

    def send_something(unit: object) -> None:
        row = work.add_activity(
            unit, uri="https://here.example/activities/1", kind="Update", account_id=alice.id, post_id=None,
            crossing={}, body=b"{}",
        )  # fmt: skip
        work.add_deliveries(unit, row, [(domain, Iri("https://there.example/inbox"))])
        work.lease_deliveries(
            unit, [one.id for one in work.due_deliveries(unit, 10, frozenset())], waiting.LEASE
        )

    house.run(send_something)
    house.clock.advance(timedelta(hours=-3))
    assert house.read(waiting.due_events, 10) == []
    assert house.read(work.due_deliveries, 10, frozenset()) == []
    assert house.run(upkeep.mend_times, timedelta(seconds=5))
    assert any(event.kind is EventKind.ACTOR_CHANGED for event in house.read(waiting.due_events, 10))
    assert len(house.read(work.due_deliveries, 10, frozenset())) == 1
    house.clock.advance(timedelta(hours=3))
    assert not house.run(upkeep.mend_times, timedelta(seconds=5)), "a clock that goes right needs nothing"


def test_postgresql_may_end_every_session(launcher: Launcher) -> None:
    target = launcher.launch("target", engine=POSTGRESQL, CONSILIUM_POSTS="public")
    alice = target.account("alice")
    name = target.environment["CONSILIUM_DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    server().psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    given = alice.client.post(
        "/api/v1/statuses", json={"status": "still"}, headers={"idempotency-key": "one"}
    )
    assert given.status_code in {200, 503}

    def posted() -> bool:
        again = alice.client.post(
            "/api/v1/statuses", json={"status": "still"}, headers={"idempotency-key": "one"}
        )
        return again.status_code == 200

    eventually(posted)
    statuses = alice.client.get(f"/api/v1/accounts/{alice.id}/statuses").json()
    assert len(statuses) == 1
    eventually(lambda: "runner.lost" in target.log())


def test_while_postgresql_is_away_it_says_so_and_is_back_with_it(launcher: Launcher) -> None:
    target = launcher.launch("target", engine=POSTGRESQL, CONSILIUM_POSTS="public")
    alice = target.account("alice")
    name = target.environment["CONSILIUM_DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    server().psql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    server().psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    eventually(lambda: alice.client.get("/readyz").status_code == 503)
    assert alice.client.get("/readyz").json()["database"] is False
    assert alice.client.get("/healthz").status_code == 200, "a restart would help nobody"
    refused = alice.client.post("/api/v1/statuses", json={"status": "now"})
    assert refused.status_code == 503, refused.text
    server().psql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    eventually(lambda: alice.client.get("/readyz").status_code == 200)
    alice.client.post("/api/v1/statuses", json={"status": "then"}).raise_for_status()
    statuses = alice.client.get(f"/api/v1/accounts/{alice.id}/statuses").json()
    assert [post["content"] for post in statuses] == ["<p>then</p>"]


async def test_the_runner_finds_a_clock_that_went_back_and_one_that_jumped(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """At its start, and at each round after one: what waits is due, once, and the administrator is told."""
    alice = house.local("alice")
    clock, register = house.clock, house.database.context.settings.purge_register_path

    def due() -> int:
        return len(house.read(waiting.due_events, 10))

    def rounds() -> Maintenance:
        return Maintenance(Units(house.database), clock, Metrics(), register)

    house.run(happened, EventKind.ACTOR_CHANGED, account_id=alice.id)
    clock.advance(timedelta(hours=-3))
    upkeep = rounds()
    await upkeep.mend()
    assert due() == 1, "it went back while nothing ran"
    assert "clock.went_backwards" in "".join(capsys.readouterr())
    [event] = house.read(waiting.due_events, 10)
    clock.advance(timedelta(hours=1))
    house.run(waiting.event_failed, event, clock.now() + timedelta(minutes=1), "later")
    await upkeep.mend()
    assert due() == 0, "a clock that goes right brings nothing forward"
    assert "clock" not in "".join(capsys.readouterr())
    clock.advance(timedelta(days=1))
    await upkeep.mend()
    house.run(waiting.event_failed, event, clock.now() + timedelta(minutes=1), "later")
    house.run(happened, EventKind.ACTOR_CHANGED, account_id=alice.id)
    clock.advance(timedelta(days=-1))
    assert due() == 0
    await upkeep.mend()
    assert due() == 2, "a jump ahead that was put right while it ran"
    assert "clock.went_backwards" in "".join(capsys.readouterr())
