"""What another process committed is heard, and a database that does not answer is as good as one that says: forget everything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from server.domain.changes import Change, ChangeKind
from server.store.change_feed import ChangeFeed
from server.store.session import READERS, Unit
from tests.support.house import House

pytestmark = pytest.mark.anyio
REVOKED = Change(ChangeKind.TOKEN, "7")


def waiting_for(moment: threading.Event) -> Callable[[Unit], bool]:
    return lambda _unit: moment.wait(30)


async def test_slow_readers_keep_no_revocation_from_being_heard(any_house: House) -> None:
    """On SQLite a look waits for nobody; elsewhere nothing is believed until it was answered."""
    database = any_house.database
    feed, freed = ChangeFeed(database), threading.Event()
    feed.start()
    assert await feed.look() == []
    busy = [asyncio.create_task(database.read(waiting_for(freed))) for _ in range(READERS)]
    await asyncio.sleep(0)
    any_house.run(lambda unit: unit.changed(REVOKED.kind, REVOKED.key))
    try:
        first, second = await feed.look(), await feed.look()
    finally:
        freed.set()
        await asyncio.gather(*busy)
    if database.is_sqlite:
        assert (first, second) == ([REVOKED], [])
    else:
        assert [one.kind for one in first + second] == [ChangeKind.EVERYTHING] * 2
        assert await feed.look() == [REVOKED]
    assert await feed.look() == []
