"""Evaluation mode is left only when everything is met, by one step that is in the audit log, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pyotp
import pytest

from server.core.errors import Conflict, Invalid
from server.domain.remarks import Level, Remark
from server.domain.trust import Papers
from server.domain.users import Role
from server.services import accounts, audit, evaluation, partners, second_factors
from server.store import meta
from server.store.session import Unit
from tests.support.house import House

GREEN = [Remark("database", Level.OK, "fine"), Remark("mail", Level.WARN, "The instance sends no mail.")]
PAPERS = Papers("Hospital", "FR", "Dr. Who, dpo@hospital.example", "+33 1 00 00 00 00")
DRILL = date(2026, 2, 20)


def levels(house: House, examined: list[Remark] = GREEN, *, gates_complete: bool = True) -> dict[str, Level]:
    found = house.read(evaluation.conditions, examined, gates_complete=gates_complete)
    assert all(bool(one.action) == (one.level is not Level.OK) for one in found)
    return {one.topic: one.level for one in found}


def staff(house: House, name: str, role: Role = Role.ADMIN) -> int:
    def make(unit: Unit) -> int:
        made, _ = accounts.create_user(
            unit, "command", name, f"{name}@here.example", password_hash=None, role=role
        )
        return made.id

    return house.run(make)


def enrol(house: House, user_id: int) -> None:
    secret = house.run(second_factors.start_totp, user_id, "someone").secret
    code = pyotp.TOTP(secret).at(house.clock.now() + timedelta(seconds=1))
    house.run(second_factors.confirm_totp, user_id, code, "phone")


def make_ready(house: House) -> int:
    """Everything met, and an administrator."""
    anna = staff(house, "anna")
    enrol(house, anna)
    house.run(partners.state, "command", PAPERS)
    house.run(evaluation.drilled, "command", DRILL)
    return anna


def test_a_new_house_is_in_evaluation_mode_and_says_what_is_missing(any_house: House) -> None:
    assert any_house.read(evaluation.left) is None
    staff(any_house, "anna")
    found = levels(any_house, [Remark("self", Level.FAIL, "nobody answers")], gates_complete=False)
    assert found == {
        "gates": Level.FAIL,
        "doctor": Level.FAIL,
        "drill": Level.FAIL,
        "officer": Level.FAIL,
        "contact": Level.FAIL,
        "staff": Level.FAIL,
        "posts": Level.WARN,  # a recommendation holds nobody up
    }


def test_it_is_left_once_and_for_all(any_house: House) -> None:
    make_ready(any_house)
    assert set(levels(any_house).values()) == {Level.OK, Level.WARN}
    at = any_house.run(evaluation.leave, "user:1", GREEN, gates_complete=True)
    assert any_house.read(evaluation.left) == at
    entries = any_house.read(audit.entries, action="evaluation.left")
    assert [(one["actor"], one["detail"]) for one in entries] == [("user:1", {"drill": "2026-02-20"})]
    with pytest.raises(Conflict):
        any_house.run(evaluation.leave, "user:2", GREEN, gates_complete=True)
    assert len(any_house.read(audit.entries, action="evaluation.left")) == 1


def _no_officer(house: House) -> None:
    house.run(partners.state, "command", Papers("Hospital", "FR", " ", PAPERS.contact))


def _no_contact(house: House) -> None:
    house.run(partners.state, "command", Papers("Hospital", "FR", PAPERS.officer, ""))


def _no_drill(house: House) -> None:
    house.run(meta.put, evaluation.DRILL, (DRILL - timedelta(days=400)).isoformat())


def _someone_without(house: House) -> None:
    staff(house, "otto", Role.AUDITOR)


@pytest.mark.parametrize(
    ("topic", "take"),
    [
        ("officer", _no_officer),
        ("contact", _no_contact),
        ("drill", _no_drill),
        ("staff", _someone_without),
    ],
)
def test_each_thing_that_is_missing_keeps_it(house: House, topic: str, take: Callable[[House], None]) -> None:
    make_ready(house)
    take(house)
    assert [name for name, level in levels(house).items() if level is Level.FAIL] == [topic]
    with pytest.raises(Invalid, match=topic):
        house.run(evaluation.leave, "command", GREEN, gates_complete=True)
    assert house.read(evaluation.left) is None
    assert house.read(audit.entries, action="evaluation.left") == []


def test_this_release_cannot_be_live_because_its_gates_are_not_complete(house: House) -> None:
    make_ready(house)
    with pytest.raises(Invalid, match="gates"):
        house.run(evaluation.leave, "command", GREEN)
    assert house.read(evaluation.left) is None


@pytest.mark.parametrize("level", [Level.WARN, Level.FAIL])
def test_doctor_must_be_green_but_for_mail_that_is_not_wanted(house: House, level: Level) -> None:
    assert levels(house)["doctor"] is Level.OK
    assert levels(house, [*GREEN, Remark("settings", level, "Rate limits are off")])["doctor"] is Level.FAIL
    assert levels(house, [Remark("mail", Level.FAIL, "no answer")])["doctor"] is Level.FAIL


def test_staff_are_all_whose_login_has_a_role(any_house: House) -> None:
    anna, mia = staff(any_house, "anna"), staff(any_house, "mia", Role.MODERATOR)
    staff(any_house, "tom", Role.MEMBER)

    def without() -> object:
        found = any_house.read(evaluation.conditions, GREEN)
        return next(one for one in found if one.topic == "staff").values.get("names")

    assert without() == "@anna, @mia"
    enrol(any_house, anna)
    any_house.run(second_factors.start_totp, mia, "mia")  # begun is not done
    assert without() == "@mia"
    any_house.run(lambda unit: accounts.suspend(unit, "command", accounts.get_local(unit, "mia")))
    assert without() == "@mia"  # a suspension can be undone
    any_house.run(lambda unit: accounts.delete(unit, "command", accounts.get_local(unit, "mia")))
    assert without() is None


def test_the_day_of_a_drill_is_kept_and_must_be_one(any_house: House) -> None:
    today = any_house.clock.now().date()
    for day in (today + timedelta(days=1), today - timedelta(days=367)):
        with pytest.raises(Invalid):
            any_house.run(evaluation.drilled, "command", day)
    assert levels(any_house)["drill"] is Level.FAIL
    any_house.run(evaluation.drilled, "user:7", today)
    assert levels(any_house)["drill"] is Level.OK
    entry = any_house.read(audit.entries, action="restore.drill")[0]
    assert (entry["actor"], entry["detail"]) == ("user:7", {"day": today.isoformat()})
    any_house.clock.advance(timedelta(days=367))
    assert levels(any_house)["drill"] is Level.FAIL
