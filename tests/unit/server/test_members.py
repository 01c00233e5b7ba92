"""Which people the staff's list holds, on both databases."""

from __future__ import annotations

from datetime import date

import pytest

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.users import MemberState, Role
from server.services import accounts, leaving, members
from server.store.session import Unit
from tests.support.groups import a_group
from tests.support.house import House


def _person(house: House, name: str, role: Role = Role.MEMBER, display_name: str = "") -> Account:
    def make(unit: Unit) -> Account:
        return accounts.create_user(
            unit,
            "command",
            name,
            f"{name}@post.example",
            password_hash=None,
            role=role,
            display_name=display_name,
        )[1]

    return house.run(make)


def test_each_is_in_one_state_and_found_by_it(any_house: House) -> None:
    house = any_house
    found = {name: _person(house, name) for name in ("Anna", "bert", "cleo", "dora", "ede")}
    house.run(leaving.plan, "command", found["bert"], date(2026, 3, 9))
    house.run(accounts.suspend, "command", found["cleo"])
    house.run(leaving.leave, "command", found["dora"])
    house.run(accounts.delete, "command", found["ede"])
    listed = {
        state: [one.account.username for one in house.read(members.listed, "", None, state)]
        for state in MemberState
    }
    assert listed == {
        MemberState.ACTIVE: ["Anna"],
        MemberState.LEAVING: ["bert"],
        MemberState.SUSPENDED: ["cleo"],
        MemberState.LEFT: ["dora"],
        MemberState.DELETED: ["ede"],
    }
    everybody = house.read(members.listed)
    assert [one.account.username for one in everybody] == ["Anna", "bert", "cleo", "dora", "ede"]
    assert all(listed[one.state] == [one.account.username] for one in everybody)
    assert [one.account.username for one in house.read(members.listed, after="BERT")] == [
        "cleo",
        "dora",
        "ede",
    ]


def test_text_is_a_part_of_a_name_or_an_address_and_no_pattern(any_house: House) -> None:
    house = any_house
    _person(house, "a_b", display_name="Ärztin Meyer")
    _person(house, "axb", Role.AUDITOR)
    for text, there in (
        ("A_B", ["a_b"]),
        ("meyer", ["a_b"]),
        ("%", []),
        ("\\", []),
        ("post.example", ["a_b", "axb"]),
        ("axb@post", ["axb"]),
    ):
        assert [one.account.username for one in house.read(members.listed, text)] == there, text
    assert [one.account.username for one in house.read(members.listed, "", Role.AUDITOR)] == ["axb"]


def test_only_people_are_members(house: House) -> None:
    group, far = a_group(house), house.remote("far")
    for one in (group, far):
        with pytest.raises(NotFound):
            house.read(members.get, one.id)
    assert house.read(members.listed) == []
