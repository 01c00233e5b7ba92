"""Several processes of one command on one listening socket: started, replaced when one dies, ended together.

Signals are taken one at a time, where they are asked for: a stop can come at no moment at which it would be lost.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from server.core.errors import AppError, SettingsError
from server.core.log import logger

REPLACE_AFTER = 1.0
STOPS = (signal.SIGTERM, signal.SIGINT)
HEARD = (*STOPS, signal.SIGCHLD)

log = logger("processes")


def run_many(count: int, work: Callable[[], None]) -> None:
    """Runs `work` in `count` forked processes until SIGTERM or SIGINT. Call it before any thread is started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    children = {_forked(work) for _ in range(count)}
    stop: int = signal.SIGCHLD
    while stop not in STOPS:
        stop = signal.sigwait(HEARD)
        children -= _ended()
        if stop in STOPS or len(children) == count:
            continue
        pause = signal.sigtimedwait(STOPS, REPLACE_AFTER)
        if pause is None:
            children |= {_forked(work) for _ in range(count - len(children))}
        else:
            stop = pause.si_signo
    for child in children:
        os.kill(child, stop)
    for child in children:
        os.waitpid(child, 0)


def _ended() -> set[int]:
    """The processes that have ended, none of which was asked to."""
    found: set[int] = set()
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if child == 0:
            return found
        found.add(child)
        log.warning("process.replaced", status=os.waitstatus_to_exitcode(status))


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        work()
    except (AppError, SettingsError) as error:
        print(f"consilium: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    except BaseException:
        log.exception("process.failed")  # the parent replaces a process that ends in whatever way
        os._exit(1)
    os._exit(0)
