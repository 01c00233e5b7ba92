"""The change feed as one process reads it: what other processes committed, within a quarter of a second.

Changes of this process are told by its own writer at once; those of others are found by looking. When the feed
cannot be read, or does not answer within a second, each look finds `EVERYTHING`: nothing cached may then be believed.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select

from server.domain.changes import STREAMED, Change, ChangeKind
from server.store.session import Database, Unit
from server.store.tables.work import change

INTERVAL = 0.25
"""Seconds between two looks."""
PATIENCE = 1.0
"""Seconds that a look may take: a busy or silent database must not keep a revocation from being heard."""
WINDOW = 500
"""PostgreSQL hands out ids before it commits: a look goes back this far for late ones."""
KEEP = timedelta(days=1)
KEEP_STREAMED = timedelta(minutes=10)
"""Of what only open streams wait for: each post makes such a row."""


class ChangeFeed:
    """Remembers which changes were heard. `look` is called every INTERVAL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last = 0
        self._heard: set[int] = set()
        self._looking: asyncio.Task[list[Change]] | None = None

    def start(self) -> None:
        """From here on: what is older than now was never cached by this process."""
        self._last = self._database.run_read(_newest)

    async def look(self) -> list[Change]:
        """Changes not heard before, oldest first; EVERYTHING while the database does not answer. Raises what it raises."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._read())
        await asyncio.wait({self._looking}, timeout=PATIENCE)
        if not self._looking.done():
            return [Change(ChangeKind.EVERYTHING, "")]  # the next look waits for the same answer
        looked, self._looking = self._looking, None
        return looked.result()

    async def _read(self) -> list[Change]:
        window = 0 if self._database.is_sqlite else WINDOW
        found = await self._database.glance(_since, self._last - window)
        fresh = [
            (number, heard) for number, heard in found if number > self._last or number not in self._heard
        ]
        if found:
            self._last = max(self._last, found[-1][0])
            self._heard = {number for number, _ in found}
        return [heard for _, heard in fresh]


def _newest(unit: Unit) -> int:
    return int(unit.value(select(func.max(change.c.id))) or 0)


def _since(unit: Unit, last: int) -> list[tuple[int, Change]]:
    rows = unit.all(
        select(change.c.id, change.c.kind, change.c.key).where(change.c.id > last).order_by(change.c.id)
    )
    return [(row.id, Change(ChangeKind(row.kind), row.key)) for row in rows]


def forget_old(unit: Unit) -> int:
    """Drops changes that every process has long heard."""
    streamed = change.c.kind.in_([kind.value for kind in STREAMED])
    return unit.run(
        delete(change).where(
            or_(
                change.c.at < unit.now - KEEP,
                and_(change.c.at < unit.now - KEEP_STREAMED, streamed),
            )
        )
    )
