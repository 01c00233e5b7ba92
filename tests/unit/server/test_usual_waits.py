"""What a group's profile says of how long things wait there for a reviewer: a round number, and nothing of few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from federation.types import Origin
from server.core.i18n import Catalogue
from server.domain.accounts import Account
from server.domain.boundary import Decision, Direction, Effect
from server.domain.holds import Verdict
from server.services import accounts, groups, holds
from server.services.groups import Settings
from server.store import holds as rows
from server.store.session import Unit
from server.store.tables.holds import hold
from tests.support.house import House

HELD = Decision(Effect.HOLD, ("house.hold-cases",), "v1")


def group(house: House) -> Account:
    return house.run(groups.create, "test", "cardio", Settings(title="Cardiology"), None)


def answered(house: House, within: Account, subject: str, minutes: int, *hosts: str) -> None:
    """One thing is held, for one institution or several, and a person answers after so many minutes."""

    def wait(unit: Unit) -> None:
        for host in hosts or ("a.example",):
            holds.hold(unit, Direction.OUT, unit.new_id(), Origin(host), subject, HELD, within.uri)

    def decide(unit: Unit) -> None:
        found = unit.all(select(hold.c.id).where(hold.c.verdict.is_(None)))
        assert all(rows.decide(unit, row.id, Verdict.RELEASED, "user:1", "") for row in found)

    house.run(wait)
    house.clock.advance(timedelta(minutes=minutes))
    house.run(decide)


def said(house: House, within: Account) -> int | None:
    return house.read(accounts.get, within.id).usual_wait


def test_nothing_is_said_of_few(any_house: House) -> None:
    cardio = group(any_house)
    for number in range(holds.ENOUGH - 1):
        answered(any_house, cardio, f"https://a.example/{number}", 10)
    answered(any_house, cardio, "https://a.example/0", 10, "a.example", "b.example", "c.example")
    assert any_house.run(holds.tell_usual) == 0 and said(any_house, cardio) is None
    answered(any_house, cardio, "https://a.example/last", 10)
    version = any_house.read(accounts.get, cardio.id).version
    assert any_house.run(holds.tell_usual) == 1 and said(any_house, cardio) == 1
    assert any_house.read(accounts.get, cardio.id).version > version, "what apps are given is made anew"
    assert any_house.run(holds.tell_usual) == 0


def test_a_round_number_of_the_middle_one_and_nothing_any_more_when_it_is_long_ago(house: House) -> None:
    cardio, quiet = group(house), house.run(groups.create, "test", "quiet", Settings(title="Quiet"), None)
    for number, minutes in enumerate([1, 1, 1, 90, 95, 100, 5000, 6000, 7000]):
        answered(house, cardio, f"https://a.example/{number}", minutes)
    house.run(holds.tell_usual)
    assert (said(house, cardio), said(house, quiet)) == (2, None)
    house.clock.advance(holds.LOOKED_BACK)
    house.run(holds.tell_usual)
    assert said(house, cardio) is None


@pytest.mark.parametrize(
    ("days", "words"), [(0.5, "within 1 day"), (2.5, "within 3 days"), (6, "within 7 days"), (9, "a week")]
)
def test_the_sentence(house: House, days: float, words: str) -> None:
    cardio = group(house)
    for number in range(holds.ENOUGH):
        answered(house, cardio, f"https://a.example/{number}", int(days * 24 * 60))
    house.run(holds.tell_usual)
    hours = said(house, cardio)
    assert hours is not None and words in holds.usually(hours, Catalogue().translator("en"))
