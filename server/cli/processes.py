"""Several processes of one command on one listening socket: started, replaced when one dies, ended together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

REPLACE_AFTER = 1.0


def run_many(count: int, work: Callable[[], None]) -> None:
    """Runs `work` in `count` forked processes until SIGTERM or SIGINT. Call it before any thread is started."""
    children: set[int] = set()
    stopping = False

    def stop(number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for _ in range(count):
        children.add(_forked(work))
    while children:
        try:
            ended, _ = os.wait()
        except InterruptedError:
            continue
        children.discard(ended)
        if not stopping:
            time.sleep(REPLACE_AFTER)
            children.add(_forked(work))


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        work()
    except BaseException:  # noqa: BLE001  the parent replaces a process that ends in whatever way
        os._exit(1)
    os._exit(0)
