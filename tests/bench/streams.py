"""What open streams cost: `python -m tests.bench.streams [STREAMS] [LISTENERS]`.

One process serves that many open WebSockets of a few members; then as many members as LISTENERS, who all have an author's posts at home,
listen, and the time from the answer of POST to the last of them hearing of it is taken.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from websockets.asyncio.client import ClientConnection, connect

from server.core.settings import load_settings
from server.domain.accounts import Account
from server.domain.users import Role
from server.services import accounts, tokens
from server.services.founding import open_database
from server.services.relationships import local
from server.store.session import Unit
from tests.support.keys import next_rsa_key
from tests.support.ports import free_port

PER_MEMBER = 40
POSTS = 5


def _member(unit: Unit, name: str) -> tuple[Account, str]:
    user, account = accounts.create_user(
        unit, "command", name, f"{name}@mail.test", password_hash=None, role=Role.MEMBER
    )
    minted = tokens.mint(
        unit,
        tokens.command_app(unit),
        tokens.check_scopes("read write"),
        user_id=user.id,
        account_id=account.id,
    )
    return account, minted.text


def _members(unit: Unit, count: int) -> list[str]:
    """Tokens of an author and of followers."""
    author, first = _member(unit, "author")
    made = [first]
    for number in range(count):
        account, token = _member(unit, f"member{number}")
        local.follow(unit, account, author)
        made.append(token)
    return made


def _house(folder: Path, origin: str, members: int) -> list[str]:
    settings = load_settings(domain=origin, scheme="http", data_dir=folder, posts="public")
    database = open_database(settings, rsa_key=next_rsa_key)
    try:
        return database.run_write(_members, members)
    finally:
        database.close()


def _memory(pid: int) -> int:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


async def _open(port: int, origin: str, token: str) -> ClientConnection:
    return await connect(
        f"ws://127.0.0.1:{port}/api/v1/streaming?stream=user",
        additional_headers={"Authorization": f"Bearer {token}", "Host": origin},
        compression=None,
        ping_interval=None,
        max_queue=64,
    )


async def _heard(connection: ClientConnection) -> float:
    while json.loads(await connection.recv())["event"] != "update":
        pass
    return time.perf_counter()


async def _measure(port: int, origin: str, held: list[str], pid: int, streams: int, listeners: int) -> None:
    author, *members = held
    before = _memory(pid)
    opened: list[ClientConnection] = []
    for start in range(0, listeners, 50):
        opened += await asyncio.gather(
            *(_open(port, origin, one) for one in members[start : start + 50][: listeners - start])
        )
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {author}", "Host": origin},
        timeout=60,
    ) as http:
        for _ in range(POSTS):
            waiting = [asyncio.create_task(_heard(one)) for one in opened]
            (
                await http.post("/api/v1/statuses", data={"status": "Bonjour", "visibility": "private"})
            ).raise_for_status()
            answered = time.perf_counter()
            times = sorted(at - answered for at in await asyncio.gather(*waiting))
            print(
                f"{listeners} listeners: median {times[len(times) // 2] * 1000:.0f} ms, last {times[-1] * 1000:.0f} ms",
                flush=True,
            )
        at_listeners = _memory(pid)
        more = [members[number % len(members)] for number in range(streams - len(opened))]
        for start in range(0, len(more), 50):
            opened += await asyncio.gather(*(_open(port, origin, one) for one in more[start : start + 50]))
        print(
            f"memory: {before} MiB without streams, {at_listeners} with {listeners}, {_memory(pid)} with {len(opened)}",
            flush=True,
        )


def main() -> None:
    streams, listeners = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (5000, 1000)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * streams + 1000), hard))
    with TemporaryDirectory() as folder:
        port = free_port()
        origin = f"bench.localhost:{port}"
        held = _house(Path(folder), origin, listeners)
        environment = {
            "PATH": "",
            "CONSILIUM_DOMAIN": origin,
            "CONSILIUM_SCHEME": "http",
            "CONSILIUM_DATA_DIR": folder,
            "CONSILIUM_POSTS": "public",
            "CONSILIUM_RATE_LIMITS": "off",
        }
        served = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", str(port)], env=environment
        )
        try:
            for _ in range(200):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": origin})
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            asyncio.run(_measure(port, origin, held, served.pid, streams, listeners))
        finally:
            served.terminate()
            served.wait(20)


if __name__ == "__main__":
    main()
