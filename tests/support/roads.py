"""Roads between live instances, which a test cuts, slows and opens again while the processes run on.

    launcher = Roads(folder)                                  # a Launcher; every instance sends through a proxy of its own
    circle = Circle(launcher, "chu", "clinic", "society")
    launcher.cut_off("clinic", Weather.SILENT)                # both ways, to everybody
    launcher.set(("society", "clinic"), Weather.UNANSWERED)   # one way
    launcher.open()                                           # the cut heals
    assert launcher.felt[Weather.SILENT]                      # connections that met it

Each instance has `CONSILIUM_HTTP_PROXY` of its own, so that who asks is known, and whom, by the first line of a connection. What
passes is passed byte for byte; nothing is read but that line. The test's own clients go past the roads.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Final

from tests.support.instances import ENGINE, Launcher, LiveInstance
from tests.support.ports import free_port
from tests.support.redis import RedisServer

CHUNK: Final = 65_536
LATE: Final = 0.4
"""Seconds that each piece takes on a slow road."""
_ABORT: Final = struct.pack("ii", 1, 0)


class Weather(Enum):
    """What a road does to the bytes on it."""

    OPEN = "open"
    SLOW = "slow"
    """Every piece is late."""
    CLOSED = "closed"
    """No connection is had, and those there are end at once (RST)."""
    UNANSWERED = "unanswered"
    """The request arrives; instead of the answer the sending side's connection is closed by half (FIN)."""
    SILENT = "silent"
    """Nothing moves and nobody is told. What was on its way arrives when the road opens, as TCP would send it again."""


class Roads(Launcher):
    """Launches instances that reach each other by roads. felt: how many connections met which weather, but the fair one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.felt: Counter[Weather] = Counter()
        self._weather: dict[tuple[str, str], Weather] = {}
        self._changed = threading.Condition()
        self._gates: dict[str, socket.socket] = {}
        self._crossings: set[_Crossing] = set()
        self._closed = False

    def prepare(
        self, name: str, *, engine: str = ENGINE, redis: RedisServer | None = None, **settings: str
    ) -> LiveInstance:
        port = free_port()
        gate = socket.create_server(("127.0.0.1", port))
        self._gates[name] = gate
        threading.Thread(target=self._admit, args=(name, gate), daemon=True).start()
        proxy = f"http://127.0.0.1:{port}"
        return super().prepare(name, engine=engine, redis=redis, CONSILIUM_HTTP_PROXY=proxy, **settings)

    def set(self, way: tuple[str, str], weather: Weather) -> None:
        """way: who asks, who is asked."""
        with self._changed:
            self._weather[way] = weather
            self._changed.notify_all()
            concerned = [one for one in self._crossings if one.way == way]
        if weather is Weather.CLOSED:
            for crossing in concerned:
                self.felt[weather] += 1
                crossing.reset()

    def cut_off(self, name: str, weather: Weather) -> None:
        """To and from everybody else."""
        for other in self._gates:
            if other != name:
                self.set((name, other), weather)
                self.set((other, name), weather)

    def open(self) -> None:
        for way in list(self._weather):
            self.set(way, Weather.OPEN)

    @contextmanager
    def watching(self, holds: Callable[[], bool], every: float = 0.05) -> Iterator[None]:
        """Asks again and again while the block runs; fails where it was ever not so, be it for a moment."""
        ends, broken = threading.Event(), []

        def watch() -> None:
            while not ends.wait(every):
                broken.extend([] if holds() else [time.monotonic()])

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ends.set()
            watcher.join()
        assert not broken, f"{len(broken)} times"

    def close(self) -> None:
        super().close()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            crossings = list(self._crossings)
        for gate in self._gates.values():
            gate.close()
        for crossing in crossings:
            crossing.reset()

    def passes(self, crossing: _Crossing, *, answer: bool) -> bool:
        """Waits until the road lets a piece pass. False where it never will: the connection is over."""
        met = self._now(crossing.way)
        if met is not Weather.OPEN:
            self.felt[met] += 1
        if met is Weather.SLOW:
            time.sleep(LATE)
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._weather.get(crossing.way) is not Weather.SILENT
            )
        met = self._now(crossing.way)
        if met is Weather.CLOSED or self._closed:
            crossing.reset()
            return False
        if met is Weather.UNANSWERED and answer:
            crossing.end_unanswered()
            return False
        return True

    def _now(self, way: tuple[str, str]) -> Weather:
        return self._weather.get(way, Weather.OPEN)

    def _admit(self, name: str, gate: socket.socket) -> None:
        while True:
            try:
                near, _ = gate.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=self._cross, args=(name, near), daemon=True).start()

    def _cross(self, name: str, near: socket.socket) -> None:
        first = _head(near)
        target = first.split(b" ", 2)[1].decode("ascii").split("/")[2] if first else ""
        host, _, port = target.partition(":")
        crossing = _Crossing((name, host.removesuffix(".localhost")), near)
        with self._crossing(crossing):
            if not first or not self.passes(crossing, answer=False) or not crossing.dial(int(port)):
                crossing.reset()
                return
            answers = threading.Thread(
                target=crossing.carry, args=(self,), kwargs={"answer": True}, daemon=True
            )
            answers.start()
            with suppress(OSError):
                crossing.far.sendall(first)
                crossing.carry(self, answer=False)
            answers.join()

    @contextmanager
    def _crossing(self, crossing: _Crossing) -> Iterator[None]:
        with self._changed:
            self._crossings.add(crossing)
        try:
            yield
        finally:
            with self._changed:
                self._crossings.discard(crossing)
            crossing.near.close()
            crossing.far.close()


class _Crossing:
    """One connection: near is of whoever asks, far of whoever is asked."""

    def __init__(self, way: tuple[str, str], near: socket.socket) -> None:
        self.way = way
        self.near = near
        self.far = socket.socket()

    def dial(self, port: int) -> bool:
        try:
            self.far.connect(("127.0.0.1", port))
        except OSError:
            return False  # the instance does not run
        return True

    def carry(self, roads: Roads, *, answer: bool) -> None:
        """One direction, until it ends."""
        source, sink = (self.far, self.near) if answer else (self.near, self.far)
        with suppress(OSError):
            while (piece := source.recv(CHUNK)) and roads.passes(self, answer=answer):
                sink.sendall(piece)
            if not piece:
                sink.shutdown(socket.SHUT_WR)

    def end_unanswered(self) -> None:
        """The half that would carry the answer ends; the other goes on taking what is sent."""
        with suppress(OSError):
            self.near.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        for end in (self.near, self.far):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)  # wakes whoever reads it
            end.close()


def _head(near: socket.socket) -> bytes:
    """What came first, with the whole first line."""
    first = b""
    with suppress(OSError):
        while b"\r\n" not in first:
            piece = near.recv(CHUNK)
            if not piece:
                return b""
            first += piece
    return first
