"""A small harness of our own: two instances on loopback, the CPU time of one of them per operation.

It measures less than the shared one (no fifty peers, no fan-out), but needs nothing beside the checkout.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support.instances import Launcher, LiveInstance, eventually

NOTES = 200
READS = 400


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as folder:
        launcher = Launcher(Path(folder))
        try:
            _measure(launcher)
        finally:
            launcher.close()
    return 0


def _measure(launcher: Launcher) -> None:
    here = launcher.launch("here", CONSILIUM_POSTS="public", CONSILIUM_LOG_LEVEL="error")
    there = launcher.launch("there", CONSILIUM_POSTS="public", CONSILIUM_LOG_LEVEL="error")
    here.connect(there)
    reader, author = here.account("reader"), there.account("author")
    found = reader.client.get(
        "/api/v2/search", params={"q": f"@author@{there.origin}", "resolve": "true", "type": "accounts"}
    ).json()["accounts"][0]
    reader.client.post(f"/api/v1/accounts/{found['id']}/follow").raise_for_status()
    path = "/api/v1/accounts/relationships"
    eventually(lambda: reader.client.get(path, params={"id[]": found["id"]}).json()[0]["following"])

    def notes() -> None:
        for number in range(NOTES):
            author.client.post(
                "/api/v1/statuses", json={"status": f"note {number}", "visibility": "public"}
            ).raise_for_status()
        last = f"note {NOTES - 1}"
        eventually(lambda: last in reader.client.get("/api/v1/timelines/home").text, within=60)

    print("| what | CPU-ms per operation |\n|---|---|")
    _row("inbound note, stored, visible in home", here, NOTES, notes)
    for what, route in (
        ("home timeline, 20 posts", "/api/v1/timelines/home"),
        ("verify_credentials", "/api/v1/accounts/verify_credentials"),
    ):
        _row(
            what,
            here,
            READS,
            lambda route=route: [reader.client.get(route).raise_for_status() for _ in range(READS)],
        )
    _row(
        "POST /api/v1/statuses",
        here,
        NOTES,
        lambda: [
            reader.client.post("/api/v1/statuses", json={"status": f"own {n}"}).raise_for_status()
            for n in range(NOTES)
        ],
    )


def _row(what: str, instance: LiveInstance, count: int, work: Callable[[], object]) -> None:
    before = cpu_of(instance)
    work()
    time.sleep(1)
    print(f"| {what} | {1000 * (cpu_of(instance) - before) / count:.2f} |", flush=True)


def cpu_of(instance: LiveInstance) -> float:
    """CPU seconds of the instance's processes so far."""
    total = 0.0
    for process in instance.processes.values():
        times = psutil.Process(process.pid).cpu_times()
        total += times.user + times.system
    return total


if __name__ == "__main__":
    sys.exit(main())
