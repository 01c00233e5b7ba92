"""`serve` as one and as several processes: what is under way when it is told to stop, and what happens to one that dies."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from server.cli.connections import BODY_WITHIN, BYTES_A_SECOND, HEAD_WITHIN
from tests.support.instances import SQLITE, Launcher, LiveAccount, LiveInstance, eventually, launcher
from tests.support.ports import free_port

__all__ = ["launcher"]
pytestmark = pytest.mark.slow

MOST_CPU_SECONDS = 6.0


def several(launcher: Launcher, count: int, **settings: str) -> LiveInstance:
    """An instance that answers with this many processes."""
    instance = launcher.prepare("hospital", **settings)
    instance.start_process("serve", "serve", "--port", str(instance.port), "--workers", str(count))
    instance.start()
    return instance


def children(instance: LiveInstance) -> set[int]:
    parent = instance.processes["serve"].pid
    return {int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}


@contextmanager
def half_sent(
    instance: LiveInstance, who: LiveAccount, text: str, *, padded_to: int = 0
) -> Iterator[tuple[socket.socket, bytes]]:
    """A post of which the server has the headers and not yet the end, and that end."""
    body = json.dumps({"status": text}).encode().ljust(padded_to)
    head = (
        f"POST /api/v1/statuses HTTP/1.1\r\nHost: {instance.origin}\r\nAuthorization: Bearer {who.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", instance.port), timeout=10) as line:
        line.sendall(head.encode() + body[:5])
        time.sleep(0.5)  # it is at the server by then
        yield line, body[5:]


def test_processes_share_both_listeners_and_are_replaced(launcher: Launcher) -> None:
    bind = f"127.0.0.1:{free_port()}"
    hospital = several(launcher, 2, CONSILIUM_METRICS_BIND=bind)
    eventually(lambda: len(children(hospital)) == 2)
    first = children(hospital)
    time.sleep(2.5)
    assert children(hospital) == first, "each could start, and none had to be replaced"
    assert "consilium_http_answers" in httpx.get(f"http://{bind}/metrics").raise_for_status().text
    assert httpx.get(f"http://{bind}/healthz").status_code == 404, "metrics, and nothing else"
    os.kill(min(first), signal.SIGKILL)
    assert hospital.answers(), "the other one answers meanwhile"
    eventually(lambda: len(children(hospital)) == 2 and children(hospital) != first, within=10)
    assert json.loads(line_of(hospital, "process.replaced"))["status"] == -signal.SIGKILL


def line_of(instance: LiveInstance, event: str) -> str:
    return next(line for line in instance.log().splitlines() if event in line)


def test_a_stop_is_heard_while_a_process_is_being_replaced(launcher: Launcher) -> None:
    hospital = several(launcher, 2)
    eventually(lambda: len(children(hospital)) == 2)
    os.kill(min(children(hospital)), signal.SIGKILL)
    eventually(lambda: len(children(hospital)) == 1)
    hospital.processes["serve"].terminate()
    assert hospital.processes["serve"].wait(10) == 0
    assert not hospital.answers(), "nobody is left behind"


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_under_way_is_finished_and_what_comes_later_is_not_taken(
    launcher: Launcher, count: int
) -> None:
    hospital = several(launcher, count)
    alice = hospital.account("alice")
    with half_sent(hospital, alice, "begun before the stop") as (line, rest):
        hospital.processes["serve"].terminate()
        eventually(lambda: not hospital.answers(), within=5)
        line.sendall(rest)
        answered = line.recv(4096)
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert hospital.processes["serve"].wait(10) == 0
    hospital.start()
    mine = alice.client.get(f"/api/v1/accounts/{alice.id}/statuses").json()
    assert [post["content"] for post in mine] == ["<p>begun before the stop</p>"]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_empty_folder_is_served_after_little_work(launcher: Launcher) -> None:
    """Processor time, so that whatever else runs on the machine says nothing; twice what it takes uncompiled."""
    hospital = launcher.prepare("hospital", engine=SQLITE)
    hospital.preexec = os.getpid  # started anew, not forked from a process that has loaded everything
    hospital.start()
    assert cpu_seconds(hospital.processes["serve"].pid) < MOST_CPU_SECONDS
    assert "This instance has no administrator yet" in hospital.log()


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))


def test_more_slow_clients_than_it_may_have_open_end_nothing(launcher: Launcher) -> None:
    """They begin a request and say no more. Whoever was there is served, and everybody once they are gone."""
    hospital = launcher.prepare("hospital", engine=SQLITE)
    hospital.preexec = few_files
    hospital.start()
    alice = hospital.account("alice")
    alice.client.post("/api/v1/statuses", json={"status": "before"}).raise_for_status()
    slow = [socket.create_connection(("127.0.0.1", hospital.port)) for _ in range(200)]
    try:
        for line in slow:
            line.sendall(b"POST /inbox HTTP/1.1\r\nHost: ")
        time.sleep(1)
        assert alice.client.get("/api/v1/timelines/home").status_code in {200, 503}
        assert hospital.processes["serve"].poll() is None
    finally:
        for line in slow:
            line.close()
    eventually(hospital.answers, within=10)
    alice.client.post("/api/v1/statuses", json={"status": "after"}).raise_for_status()
    mine = alice.client.get(f"/api/v1/accounts/{alice.id}/statuses").json()
    assert [post["content"] for post in mine] == ["<p>after</p>", "<p>before</p>"]
    assert len(hospital.log()) < 1_000_000, "it does not fill the disk with complaints either"


def test_whoever_only_begins_a_request_is_not_waited_for(launcher: Launcher) -> None:
    """A byte now and then does not help; who has made a request may be silent for longer, and make another."""
    hospital = launcher.launch("hospital")
    with (
        socket.create_connection(("127.0.0.1", hospital.port)) as silent,
        socket.create_connection(("127.0.0.1", hospital.port)) as dripping,
        closing(HTTPConnection("127.0.0.1", hospital.port, timeout=10)) as honest,
    ):

        def asked() -> tuple[str, int]:
            """Our end of the honest connection, which is made anew where it was closed; and what was answered."""
            honest.request("GET", "/healthz", headers={"Host": hospital.origin})
            given = honest.getresponse()
            given.read()
            return str(honest.sock.getsockname()), given.status

        first = asked()
        drips = [bytes([byte]) for byte in f"GET /healthz HTTP/1.1\r\nHost: {hospital.origin}".encode()]
        began = time.monotonic()
        while time.monotonic() - began < HEAD_WITHIN + 1:
            with suppress(ConnectionError):
                dripping.sendall(drips.pop(0))
            time.sleep(1)
        for line in (silent, dripping):
            line.settimeout(5)
            with suppress(ConnectionError):
                assert line.recv(4096) == b""
        assert asked() == first == (first[0], 200)


def test_whoever_lets_a_body_drip_is_cut_off_and_holds_up_nobody(launcher: Launcher) -> None:
    """A byte a second, with and without a length, before and after an answer. A slow telephone gets through beside them."""
    hospital = launcher.launch("hospital")
    alice = hospital.account("alice")
    size = int(
        BYTES_A_SECOND * 1.5 * (BODY_WITHIN + 4)
    )  # longer than the bound, at one and a half times the least speed
    heads = {
        f"POST /inbox HTTP/1.1\r\nHost: {hospital.origin}\r\nContent-Length: 9000\r\n\r\n": b" ",
        f"POST /inbox HTTP/1.1\r\nHost: {hospital.origin}\r\nTransfer-Encoding: chunked\r\n\r\n": b"1\r\n \r\n",
        f"POST /api/v1/statuses HTTP/1.1\r\nHost: {hospital.origin}\r\nContent-Length: 9000\r\n\r\n": b" ",
        f"POST /api/v1/statuses HTTP/1.1\r\nHost: {hospital.origin}\r\nAuthorization: Bearer {alice.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n": b" ",
        f"GET /healthz HTTP/1.1\r\nHost: {hospital.origin}\r\nContent-Length: 9000\r\n\r\n": b" ",
    }
    with ExitStack() as stack:
        lines = []
        for head, drip in [*heads.items()] * 20:
            line = stack.enter_context(socket.create_connection(("127.0.0.1", hospital.port)))
            line.sendall(head.encode())
            lines.append((line, drip))
        slow, rest = stack.enter_context(half_sent(hospital, alice, "slow", padded_to=size))
        began = time.monotonic()
        while (gone := time.monotonic() - began) < BODY_WITHIN + 1:
            for line, drip in lines:
                with suppress(ConnectionError):
                    line.sendall(drip)
            due = int(gone * BYTES_A_SECOND * 1.5) - (size - len(rest))
            slow.sendall(rest[: max(0, due)])
            rest = rest[max(0, due) :]
            asked = time.monotonic()
            assert alice.client.get("/api/v1/timelines/home").status_code == 200
            assert time.monotonic() - asked < 1, "those who drip hold up nobody"
            time.sleep(0.5)
        for line, _ in lines:
            line.settimeout(2)
            assert ended(line), "its connection is closed"
        while rest:
            slow.sendall(rest[:BYTES_A_SECOND])
            rest = rest[BYTES_A_SECOND:]
            time.sleep(0.5)
        assert b" 200 " in slow.recv(4096).partition(b"\r\n")[0]
    mine = alice.client.get(f"/api/v1/accounts/{alice.id}/statuses").json()
    assert [post["content"] for post in mine] == ["<p>slow</p>"]


def ended(line: socket.socket) -> bool:
    """Whether the other side closed it, whatever it said before."""
    try:
        while line.recv(4096):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True
