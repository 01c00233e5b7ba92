"""What a process holds for as long as it lives: a number of its own, and roles that one process has at a time.

On SQLite a role is a lock on a file, on PostgreSQL an advisory lock of a session. Both vanish with the process, however
it ends: nobody waits for the lease of a killed one to run out, and no clock is asked. Nothing here is a transaction.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from server.store.session import Database

PROCESSES = 1_129_206_597
"""The class of the advisory locks that say who lives; the object is the process's number."""
ROLES = PROCESSES + 1
LARGEST = 2**31 - 1

_TAKE = text("SELECT pg_try_advisory_lock(:kind, :number)")


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Processes of an instance that start together make its secret, database and first rows one after the other."""
    with (folder / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Presence:
    """Calls block for a moment: call them off the event loop. shared: whether several processes may work at once.

    number: 0 on SQLite, where nobody works beside another. Who has left takes nothing any more: a call whose caller
    was cancelled still runs in its thread, and may come to its turn after the leaving.
    """

    def __init__(self, database: Database, random: Random) -> None:
        self._database = database
        self.shared = not database.is_sqlite
        self.number = random.randint(1, LARGEST) if self.shared else 0
        self._session: Connection | None = None
        self._files: dict[str, IO[str]] = {}
        self._turn = threading.Lock()
        self._left = False

    def appear(self) -> bool:
        """From now on this process is known to live. False while the database cannot be reached."""
        with self._turn:
            if self._left or not self.shared:
                return not self._left
            self._give_back()
            try:
                self._session = self._database.engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT"
                )
                return bool(self._session.execute(_TAKE, {"kind": PROCESSES, "number": self.number}).scalar())
            except DBAPIError:
                return False

    def take(self, role: str) -> bool:
        """Takes a role, or keeps it. False while another process has it."""
        with self._turn:
            if self._left:
                return False
            if not self.shared:
                return role in self._files or self._lock(role)
            if self._session is None:
                return False
            try:
                number = sum(byte << 8 * (place % 3) for place, byte in enumerate(role.encode()))
                return bool(
                    self._session.execute(_TAKE, {"kind": ROLES, "number": number % LARGEST}).scalar()
                )
            except DBAPIError:
                return False

    def holds(self) -> bool:
        """Whether what was taken is still ours: a lost session has lost it."""
        if not self.shared:
            return True
        with self._turn:
            if self._session is None:
                return False
            try:
                self._session.execute(text("SELECT 1"))
            except DBAPIError:
                return False
            return True

    def leave(self) -> None:
        """Gives everything back, for good."""
        with self._turn:
            self._left = True
            self._give_back()

    def _give_back(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None

    def _lock(self, role: str) -> bool:
        file = (Path(self._database.context.settings.data_dir) / f"{role}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._files[role] = file
        return True
