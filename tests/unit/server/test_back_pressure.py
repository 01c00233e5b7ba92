"""Who is asked to come again later, and who is not: one origin's waiting work is nobody else's fault."""

from __future__ import annotations

from datetime import timedelta

from federation.types import Origin
from server.domain.work import ItemState
from server.services import waiting
from server.services.waiting import BACKLOG_LIMIT, OLDEST_WAITING, ORIGIN_LIMIT, Overload
from server.store import work
from server.store.session import Unit
from server.store.tables.work import inbox_item
from tests.support.house import House

HONEST, HOSTILE = Origin("honest.example"), Origin("hostile.example")


def arrived(house: House, origin: Origin, count: int = 1) -> list[int]:
    """So many activities, stored now and not tried yet."""

    def store(unit: Unit) -> list[int]:
        ids = [unit.new_id() for _ in range(count)]
        unit.connection.execute(
            inbox_item.insert(),
            [
                {
                    "id": item_id,
                    "activity_digest": work.known_by(f"https://{origin}/activities/{item_id}"),
                    "origin": origin,
                    "digest": "0" * 64,
                    "received_at": unit.now,
                    "state": ItemState.WAITING.value,
                    "due_at": unit.now,
                }
                for item_id in ids
            ],
        )
        return ids

    return house.run(store)


def overload(house: House) -> Overload:
    return house.read(waiting.overload)


def test_nobody_is_asked_to_wait_while_work_is_done(any_house: House) -> None:
    assert overload(any_house) == Overload()
    arrived(any_house, HONEST)
    any_house.clock.advance(OLDEST_WAITING - timedelta(seconds=1))
    assert overload(any_house) == Overload()


def test_an_origin_whose_work_takes_long_is_asked_and_nobody_else(any_house: House) -> None:
    [first] = arrived(any_house, HOSTILE)
    any_house.clock.advance(OLDEST_WAITING)
    [second] = arrived(any_house, HOSTILE)
    arrived(any_house, HONEST)
    assert overload(any_house) == Overload(False, frozenset({HOSTILE}))
    any_house.run(work.settle_item, first, ItemState.DONE, "unavailable")
    assert overload(any_house) == Overload(), "what it sent last does not wait long yet"
    any_house.clock.advance(OLDEST_WAITING)
    any_house.run(work.retry_item, second, any_house.clock.now() + timedelta(hours=1), "unreachable")
    assert HOSTILE not in overload(any_house).origins, "what is tried again waits by design"


def test_an_origin_that_sends_more_than_is_worked_is_asked_and_nobody_else(any_house: House) -> None:
    arrived(any_house, HONEST)
    arrived(any_house, HOSTILE, ORIGIN_LIMIT)
    assert overload(any_house) == Overload()
    arrived(any_house, HOSTILE)
    assert overload(any_house) == Overload(False, frozenset({HOSTILE}))


def test_everybody_is_asked_when_too_much_waits_in_all(house: House) -> None:
    for number in range(BACKLOG_LIMIT // ORIGIN_LIMIT):
        arrived(house, Origin(f"{number}.example"), ORIGIN_LIMIT)
    assert not overload(house).everybody
    arrived(house, HONEST)
    assert overload(house) == Overload(True, frozenset())
