"""Free ports that stay ours: a port that a killed server leaves can be taken again by nobody but us."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import IO

FIRST, LAST = 20000, 32000  # below the range from which the system hands out ports to clients

_held: list[IO[str]] = []


def free_port() -> int:
    """A port that no other test process has, until this process ends."""
    folder = Path(tempfile.gettempdir()) / f"consilium-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    start = SystemRandom().randrange(FIRST, LAST)
    for port in itertools.chain(range(start, LAST), range(FIRST, start)):
        file = (folder / str(port)).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            file.close()
            continue
        _held.append(file)
        return port
    raise AssertionError("no free port")
