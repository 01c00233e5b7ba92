"""Whoever may decide about what is held is reminded by mail, without a word of what it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server.core.i18n import Catalogue
from server.domain.users import Role
from server.services import accounts, holds, mail
from tests.support.house import House, open_house
from tests.support.staff_pages import held

HOUR = timedelta(hours=1)


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, smtp_url="smtp://127.0.0.1:1") as house:
        for role in Role:
            name = role.value
            house.run(
                accounts.create_user, "test", f"{name}s", f"{name}@h.example", password_hash=None, role=role
            )
        yield house


def test_a_reminder_a_day_while_something_waits(mailing: House) -> None:
    assert mailing.run(holds.remind) == 0
    mailing.run(held)
    told = []
    for hour in range(30):
        told += [hour] * mailing.run(holds.remind)
        mailing.clock.advance(HOUR)
    assert told == [4, 4, 28, 28]
    letters = mailing.run(mail.due, {"": Catalogue(default="en", zone="UTC").translator()})
    assert {one.address for one in letters} == {"admin@h.example", "moderator@h.example"}
    assert all("/admin/review" in one.text and "activities" not in one.text for one in letters)
