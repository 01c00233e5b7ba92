"""Instances as real processes, for tests that look at them from outside, kill them and start them again.

    from tests.support.instances import Launcher, launcher  # the import makes the fixture known to the test module

    def test_something(launcher: Launcher) -> None:
        hospital = launcher.launch("hospital")                       # SQLite, work in the serving process
        society = launcher.launch("society", engine=POSTGRESQL, redis=redis, CONSILIUM_POSTS="public")
        hospital.connect(society)                                    # each allows the other
        alice = hospital.account("alice")                            # has .token, .id, .client (httpx.Client)
        alice.client.post("/api/v1/statuses", json={"status": "Bonjour"}).raise_for_status()
        print(hospital.command("instance", "list", "--json"))        # `consilium …` with the instance's settings
        hospital.kill(); hospital.start()                            # SIGKILL; same port, same data

Every instance has a data folder and a port of its own; its name is NAME.localhost:PORT over plain http, rate limits
are off unless set. Names under .localhost need no DNS: `client()` dials 127.0.0.1 and says the name in Host. With
`redis=` the work is done by a `consilium worker` beside it, which `start`, `stop` and `kill` include. What the
processes printed is in `instance.log()`. `eventually(check)` waits for something to become true.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import httpx
import pytest

from tests.support import forked
from tests.support.api_answers import check_success
from tests.support.ports import free_port
from tests.support.postgresql import new_database
from tests.support.redis import RedisServer
from tests.support.shared import ROOT

T = TypeVar("T")

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
ENGINE = os.environ.get("CONSILIUM_TEST_ENGINE", SQLITE)
"""What an instance runs on where its test does not say: `CONSILIUM_TEST_ENGINE=postgresql` tries any live suite there."""
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class LiveAccount:
    """A member with a token of all scopes. client: signed in."""

    name: str
    token: str
    id: str
    uri: str
    client: httpx.Client


@dataclass
class LiveInstance:
    """One instance: its settings, its processes, its commands."""

    name: str
    folder: Path
    engine: str = ENGINE
    redis: RedisServer | None = None
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    preexec: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.origin = f"{self.name}.localhost:{self.port}"
        self.base = f"http://{self.origin}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CONSILIUM_")}
        self.environment = clean | {
            "CONSILIUM_DOMAIN": self.origin,
            "CONSILIUM_SCHEME": "http",
            "CONSILIUM_DATA_DIR": str(self.folder / "data"),
            "CONSILIUM_RATE_LIMITS": "off",
            "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": "127.0.0.0/8",
            "PYTHONUNBUFFERED": "1",
        }
        if self.engine == POSTGRESQL:
            self.environment["CONSILIUM_DATABASE_URL"] = new_database()
        if self.redis is not None:
            self.environment["CONSILIUM_REDIS_URL"] = self.redis.url
        self.environment |= self.settings
        self.processes: dict[str, forked.Forked | subprocess.Popen[bytes]] = {}
        self._clients: list[httpx.Client] = []

    # -- processes -----------------------------------------------------------------------------------

    def start(self, *, wait: float = 60) -> None:
        """Starts what does not run: `serve`, and with Redis a worker. Answers once /healthz does."""
        self.start_process("serve", "serve", "--port", str(self.port))
        if self.redis is not None:
            self.start_process("worker", "worker")
        deadline = time.monotonic() + wait
        while not self.answers():
            assert self.processes["serve"].poll() is None, f"{self.name} did not start:\n{self.log()[-3000:]}"
            assert time.monotonic() < deadline, f"{self.name} does not answer:\n{self.log()[-3000:]}"
            time.sleep(0.02)

    def start_process(self, label: str, *arguments: str) -> None:
        """Further processes of the instance, such as a second worker, have labels of their own."""
        running = self.processes.get(label)
        if running is not None and running.poll() is None:
            return
        with (self.folder / f"{label}.log").open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self.preexec is None:
                self.processes[label] = forked.start(arguments, self.environment, (nothing, log, log))
                return
            self.processes[label] = subprocess.Popen(
                [sys.executable, "-m", "server", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=nothing,
                stdout=log,
                stderr=log,
                preexec_fn=self.preexec,  # noqa: PLW1509  sets a limit and returns
            )

    def hear(self) -> None:
        """Waits until what another process committed is certainly known to the running server: it promises a second."""
        serve = self.processes.get("serve")
        if serve is not None and serve.poll() is None:
            time.sleep(1)

    def answers(self) -> bool:
        try:
            return httpx.get(
                f"http://127.0.0.1:{self.port}/healthz", headers={"host": self.origin}
            ).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """SIGTERM, and waits."""
        self._end(signal.SIGTERM, list(self.processes))

    def kill(self, *labels: str) -> None:
        """SIGKILL to all processes of the instance, or to the named ones: "serve", "worker"."""
        self._end(signal.SIGKILL, list(labels) or list(self.processes))

    def restart(self) -> None:
        self.stop()
        self.start()

    def _end(self, number: signal.Signals, labels: list[str]) -> None:
        ending = [self.processes.pop(label) for label in labels if label in self.processes]
        for process in ending:
            if process.poll() is None:
                process.send_signal(number)
        for process in ending:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        self.stop()
        for client in self._clients:
            client.close()

    def log(self) -> str:
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob("*.log")))

    # -- commands ------------------------------------------------------------------------------------

    def command(self, *arguments: str, text: str = "", status: int = 0) -> str:
        """`consilium …` with this instance's settings. Answers what it printed; fails where it ends otherwise."""
        with TemporaryFile() as given, TemporaryFile() as printed, TemporaryFile() as complained:
            given.write(text.encode())
            given.seek(0)
            process = forked.start(arguments, self.environment, (given, printed, complained))
            try:
                ended = process.wait(60)
            finally:
                process.kill()
            said, complaint = (_read(file) for file in (printed, complained))
        assert ended == status, f"consilium {' '.join(arguments)}: {said}{complaint}"
        return said

    def account(self, name: str, *, role: str = "member") -> LiveAccount:
        """A new member. The instance must be serving."""
        self.command(
            "account", "create", name, "--email", f"{name}@example.org", "--role", role, "--password-stdin",
            text=PASSWORD + "\n",
        )  # fmt: skip
        return self.signed_in(name)

    def signed_in(self, name: str) -> LiveAccount:
        """A new token for a member."""
        token = self.command("account", "token", name).strip()
        client = self.client(token)
        mine = client.get("/api/v1/accounts/verify_credentials").raise_for_status().json()
        return LiveAccount(name, token, mine["id"], mine.get("uri", ""), client)

    def allow(self, *origins: str) -> None:
        self.command("instance", "allow", *origins)

    def connect(self, other: LiveInstance) -> None:
        """Each allows the other."""
        self.allow(other.origin)
        other.allow(self.origin)

    # -- asking --------------------------------------------------------------------------------------

    def client(self, token: str = "", **options: Any) -> httpx.Client:
        """A client of the served instance, closed with it."""
        client = httpx.Client(event_hooks={"response": [check_success]}, **self._options(token, options))
        self._clients.append(client)
        return client

    def async_client(self, token: str = "", **options: Any) -> httpx.AsyncClient:
        """Its caller closes it."""
        return httpx.AsyncClient(**self._options(token, options))

    def _options(self, token: str, options: dict[str, Any]) -> dict[str, Any]:
        headers = {"host": self.origin, **options.pop("headers", {})}
        if token:
            headers["authorization"] = f"Bearer {token}"
        return {"base_url": f"http://127.0.0.1:{self.port}", "headers": headers, "timeout": 10, **options}


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Launcher:
    """Makes instances and ends them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launched: list[LiveInstance] = []

    def prepare(
        self, name: str, *, engine: str = ENGINE, redis: RedisServer | None = None, **settings: str
    ) -> LiveInstance:
        """An instance that is not started yet. settings: CONSILIUM_… names."""
        instance = LiveInstance(name, self.folder / name, engine, redis, settings)
        self.launched.append(instance)
        return instance

    def launch(
        self, name: str, *, engine: str = ENGINE, redis: RedisServer | None = None, **settings: str
    ) -> LiveInstance:
        """An instance that answers."""
        instance = self.prepare(name, engine=engine, redis=redis, **settings)
        instance.start()
        return instance

    def close(self) -> None:
        for instance in self.launched:
            instance.close()


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    try:
        yield launcher
    finally:
        launcher.close()


def eventually(check: Callable[[], T], *, within: float = 40, every: float = 0.05) -> T:
    """What `check` answers as soon as that is true; its last answer is in the failure."""
    deadline = time.monotonic() + within
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within} seconds: {found!r}"
        time.sleep(every)
