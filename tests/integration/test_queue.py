"""Hints through Redis: quick while it is there, and nothing but slower while it is not."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from redis import Redis
from websockets.sync.client import connect

from tests.support.instances import (
    POSTGRESQL,
    SQLITE,
    Launcher,
    LiveAccount,
    LiveInstance,
    eventually,
    launcher,
)
from tests.support.ports import free_port
from tests.support.redis import RedisServer, redis_server

__all__ = ["launcher"]
pytestmark = pytest.mark.slow

SWEEP = 15.0


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as server:
        yield server


def connected(hospital: LiveInstance, society: LiveInstance) -> tuple[LiveAccount, LiveAccount]:
    """Alice at the hospital, followed by Bob at the society."""
    hospital.connect(society)
    alice, bob = hospital.account("alice"), society.account("bob")
    handle = f"@alice@{hospital.origin}"
    found = bob.client.get("/api/v2/search", params={"q": handle, "resolve": "true", "type": "accounts"})
    account_id = found.raise_for_status().json()["accounts"][0]["id"]
    bob.client.post(f"/api/v1/accounts/{account_id}/follow").raise_for_status()

    def following() -> bool:
        answer = bob.client.get("/api/v1/accounts/relationships", params={"id[]": account_id})
        return bool(answer.raise_for_status().json()[0]["following"])

    eventually(following, within=SWEEP + 5)
    return alice, bob


def arrives(alice: LiveAccount, bob: LiveAccount, text: str, within: float) -> float:
    """Seconds until Bob sees what Alice posts."""
    began = time.monotonic()
    alice.client.post("/api/v1/statuses", json={"status": text}).raise_for_status()
    eventually(
        lambda: text in bob.client.get("/api/v1/timelines/home").raise_for_status().text,
        within=within,
        every=0.02,
    )
    return time.monotonic() - began


@contextmanager
def listening(instance: LiveInstance, who: LiveAccount) -> Iterator[Callable[[str], str]]:
    """The home stream on a WebSocket; what is called answers the payload of the next event of a kind."""
    door = socket.create_connection(("127.0.0.1", instance.port))
    address = f"ws://{instance.origin}/api/v1/streaming?stream=user"
    headers = {"Authorization": who.client.headers["authorization"]}
    with connect(address, sock=door, additional_headers=headers) as stream:

        def heard(kind: str) -> str:
            while True:
                said = json.loads(stream.recv(timeout=5))
                if said["event"] == kind:
                    return str(said["payload"])

        yield heard


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_a_worker_does_the_work(launcher: Launcher, redis: RedisServer, engine: str) -> None:
    hospital = launcher.launch("hospital", engine=engine, redis=redis, CONSILIUM_POSTS="public")
    society = launcher.launch("society", engine=engine, redis=redis, CONSILIUM_POSTS="public")
    alice, bob = connected(hospital, society)
    with listening(society, bob) as heard:
        assert arrives(alice, bob, "by a hint", SWEEP) < 4, "a hint should not wait for the sweep"
        assert "by a hint" in heard("update"), "what the worker wrote reaches a socket of the web server"
    hospital.kill("worker")
    alice.client.post("/api/v1/statuses", json={"status": "nobody works"}).raise_for_status()
    time.sleep(1)
    assert "nobody works" not in bob.client.get("/api/v1/timelines/home").raise_for_status().text
    hospital.start()
    eventually(lambda: "nobody works" in bob.client.get("/api/v1/timelines/home").text, within=SWEEP)


def test_a_worker_tells_what_it_did(launcher: Launcher, redis: RedisServer) -> None:
    hospital = launcher.launch("hospital", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
    society = launcher.launch("society", CONSILIUM_POSTS="public")
    alice, bob = connected(hospital, society)
    hospital.kill("worker")
    bind = f"127.0.0.1:{free_port()}"
    hospital.environment["CONSILIUM_METRICS_BIND"] = bind
    hospital.start_process("worker-2", "worker")
    eventually(lambda: arrives(alice, bob, f"counted {time.monotonic()}", SWEEP + 5) < SWEEP + 5)
    told = httpx.get(f"http://{bind}/metrics").raise_for_status().text
    assert re.search(r'^consilium_deliveries_total\{outcome="delivered"\} [1-9]', told, re.MULTILINE), told
    assert httpx.get(f"http://{bind}/healthz").status_code == 404, "metrics, and nothing else"
    # with the same environment a second one works all the same
    hospital.start_process("worker-3", "worker")
    eventually(lambda: "worker.no_metrics" in hospital.log())
    hospital.processes["worker-2"].terminate()
    assert hospital.processes["worker-2"].wait(15) == 0
    assert arrives(alice, bob, "by the third", SWEEP + 5) < SWEEP + 5


def test_redis_may_go_and_come_back(launcher: Launcher, redis: RedisServer) -> None:
    hospital = launcher.launch("hospital", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
    society = launcher.launch("society", CONSILIUM_POSTS="public")
    alice, bob = connected(hospital, society)
    redis.kill()
    began = time.monotonic()
    alice.client.post("/api/v1/statuses", json={"status": "quickly answered"}).raise_for_status()
    assert time.monotonic() - began < 2, "the answer must not wait for Redis"
    assert arrives(alice, bob, "by the sweep", SWEEP + 5) < SWEEP + 5
    fit = alice.client.get("/readyz")
    assert (fit.status_code, fit.json()["status"]) == (200, "degraded"), "it works on, only slower"
    redis.start()
    eventually(lambda: arrives(alice, bob, f"again {time.monotonic()}", SWEEP + 5) < 4, within=60)
    assert hospital.processes["worker"].poll() is None
    assert hospital.log().count("queue.redis_lost") <= 2, "said once by each process"


def test_redis_may_be_emptied_and_full(launcher: Launcher, redis: RedisServer) -> None:
    hospital = launcher.launch("hospital", redis=redis, CONSILIUM_POSTS="public")
    society = launcher.launch("society", CONSILIUM_POSTS="public")
    alice, bob = connected(hospital, society)
    with Redis.from_url(redis.url) as server:
        server.flushall()
        assert arrives(alice, bob, "emptied", SWEEP) < 4, "what is forgotten there is missed by nobody"
        server.config_set("maxmemory", 1)
        assert arrives(alice, bob, "without a hint", SWEEP + 5) < SWEEP + 5
        assert alice.client.get("/readyz").json()["status"] == "degraded"
        server.config_set("maxmemory", 0)

        def whole() -> bool:
            alice.client.post("/api/v1/statuses", json={"status": "again"}).raise_for_status()
            return bool(alice.client.get("/readyz").json()["status"] == "ok")

        eventually(whole, within=10, every=1)
    assert "Traceback" not in hospital.log()


def test_two_workers_share_without_doing_anything_twice(launcher: Launcher, redis: RedisServer) -> None:
    hospital = launcher.launch("hospital", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
    hospital.start_process("worker-2", "worker")
    hospital.start_process("worker-3", "worker")
    society = launcher.launch("society", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
    society.start_process("worker-2", "worker")
    alice, bob = connected(hospital, society)
    texts = [f"number {number:02}" for number in range(30)]
    for text in texts:
        alice.client.post("/api/v1/statuses", json={"status": text}).raise_for_status()

    def seen() -> list[str]:
        home = bob.client.get("/api/v1/timelines/home", params={"limit": 40}).raise_for_status().json()
        return [post["content"].removeprefix("<p>").removesuffix("</p>") for post in home][::-1]

    eventually(lambda: len(seen()) >= len(texts), within=SWEEP * 2)
    time.sleep(0.5)
    assert seen() == texts, "each once, in their order"
    assert "Traceback" not in hospital.log() + society.log()
