"""`consilium …` as processes of their own, without loading the program anew for each.

A first process loads every command once and then forks one process for each that is asked for: as real as those that
a shell starts (own memory, own connections, killed by number), without the second of processor time for its imports.
How an instance starts from nothing is tested where that is the question: migrations, deployment, the demo.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO

from server import cli
from tests.support import failpoints
from tests.support.shared import ROOT

MESSAGE = 1 << 17
"""Bytes of one request at most: words and environment."""
STREAMS = 3


class Forked:
    """A process as `subprocess.Popen` shows it. returncode: None while it runs, below zero for a signal."""

    def __init__(self, status: int, words: Sequence[str]) -> None:
        self._status = status
        self._heard = b""
        self.words = words
        self.returncode: int | None = None
        while b"\n" not in self._heard:
            self._hear()
        self.pid = int(self._heard.split(b"\n")[0])

    def poll(self) -> int | None:
        while self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._hear()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._status], [], [], left)[0]:
                raise subprocess.TimeoutExpired(list(self.words), timeout or 0)
            self._hear()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _hear(self) -> None:
        said = os.read(self._status, 64)
        assert said, "the process that forks has ended"
        self._heard += said
        lines = self._heard.split(b"\n")
        if len(lines) > 2:
            self.returncode = int(lines[1])
            os.close(self._status)


def start(
    words: Sequence[str], environment: Mapping[str, str], streams: tuple[IO[bytes], IO[bytes], IO[bytes]]
) -> Forked:
    """streams: what it reads, prints and complains to; the caller closes its own."""
    request = json.dumps({"words": list(words), "environment": dict(environment)}).encode()
    assert len(request) <= MESSAGE
    ours, theirs = os.pipe()
    try:
        socket.send_fds(_first(), [request], [*(stream.fileno() for stream in streams), theirs])
    finally:
        os.close(theirs)
    return Forked(ours, words)


@cache
def _first() -> socket.socket:
    """To the process that forks. It ends when this end of the line does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked", str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(line: socket.socket) -> None:
    """Forks on request, and says of each its number and, when it has ended, how."""
    living: dict[int, tuple[int, int]] = {}
    while True:
        ready, _, _ = select.select([line, *living], [], [])
        for ended in set(ready) & set(living):
            pid, status = living.pop(ended)
            os.close(ended)
            os.write(status, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
            os.close(status)
        if line in ready:
            request, descriptors, _, _ = socket.recv_fds(line, MESSAGE, STREAMS + 1)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                line.close()
                for descriptor in (*living, *(status for _, status in living.values()), descriptors[STREAMS]):
                    os.close(descriptor)
                os._exit(_become(json.loads(request), descriptors[:STREAMS]))
            for descriptor in descriptors[:STREAMS]:
                os.close(descriptor)
            os.write(descriptors[STREAMS], f"{pid}\n".encode())
            living[os.pidfd_open(pid)] = (pid, descriptors[STREAMS])


def _become(request: dict[str, list[str] | dict[str, str]], streams: Sequence[int]) -> int:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, encoding="utf-8") for number in (1, 2))
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["consilium", *request["words"]]
    if place := os.environ.pop(failpoints.VARIABLE, ""):
        failpoints.arm(place)
    try:
        return cli.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    for name in cli.COMMANDS:
        importlib.import_module(f"server.cli.{name}")
    _serve(socket.socket(fileno=int(sys.argv[1])))
