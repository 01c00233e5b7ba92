"""Who leaves the institution is out of every group, here and elsewhere; and what they moderated has a moderator."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from server.core.errors import Conflict, Invalid, NotFound
from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipRole, MembershipState
from server.domain.users import Role
from server.services import accounts, leaving
from server.store import memberships
from server.store.session import Unit
from tests.support.groups import a_group, a_member
from tests.support.house import House


def _person(house: House, name: str) -> Account:
    def make(unit: Unit) -> Account:
        email = f"{name}@here.example"
        return accounts.create_user(unit, "command", name, email, password_hash=None, role=Role.MEMBER)[1]

    return house.run(make)


def _membership(house: House, group: Account, member: Account) -> Membership:
    found = house.read(memberships.find, group.id, member.id)
    assert found is not None
    return found


def test_out_of_every_group_and_groups_elsewhere_are_told(any_house: House) -> None:
    house = any_house
    anna = _person(house, "anna")
    here, there, asked = (
        a_group(house),
        a_group(house, "lung", domain="there.example"),
        a_group(house, "skin"),
    )
    join = {"join_uri": f"{anna.uri}/join"}
    a_member(house, here, anna, state="suspended")
    a_member(house, there, anna, **join)
    a_member(house, asked, anna, state="requested")
    banned = a_group(house, "bone")
    a_member(house, banned, anna, state="banned")
    house.run(leaving.leave, "command", anna)
    for group in (here, there, asked):
        assert _membership(house, group, anna).state is MembershipState.LEFT
    assert _membership(house, banned, anna).state is MembershipState.BANNED
    told = [payload for kind, payload in house.events() if kind == "group.left"]
    assert told == [{"group_id": there.id, "account_id": anna.id}]


def test_heirs_are_members_of_the_group(house: House) -> None:
    anna, bert, cleo = (_person(house, name) for name in ("anna", "bert", "cleo"))
    far, group, empty = house.remote("far"), a_group(house), a_group(house, "alone")
    a_member(house, group, anna, role="admin")
    a_member(house, empty, anna, role="moderator")
    for one in (bert, far):
        a_member(house, group, one)
    a_member(house, group, cleo, state="requested")
    found = {one.group.id: one for one in house.read(leaving.moderated, anna)}
    assert [one.username for one in found[group.id].heirs] == ["bert", "far"]
    assert found[group.id].orphaned
    assert not found[empty.id].orphaned, "nobody could take it over, so nobody is asked for"
    refused: list[tuple[type[Exception], dict[int, int]]] = [
        (Conflict, {}),
        (Invalid, {group.id: cleo.id}),
        (Invalid, {group.id: bert.id, far.id: bert.id}),
    ]
    for error, heirs in refused:
        with pytest.raises(error):
            house.run(leaving.leave, "command", anna, heirs)
        with pytest.raises(error):
            house.run(leaving.plan, "command", anna, date(2026, 3, 9), heirs)
    assert _membership(house, group, anna).active
    house.run(leaving.leave, "command", anna, {group.id: far.id})
    assert _membership(house, group, far).role is MembershipRole.MODERATOR
    with pytest.raises(NotFound):
        house.run(leaving.leave, "command", far)


@pytest.mark.parametrize("others", [{"role": "moderator"}, {"role": "admin"}])
def test_where_another_moderates_nobody_has_to_be_named(house: House, others: dict[str, Any]) -> None:
    anna, bert, cleo, group = (*(_person(house, name) for name in ("anna", "bert", "cleo")), a_group(house))
    a_member(house, group, anna, role="moderator")
    a_member(house, group, bert, **others)
    a_member(house, group, cleo)
    house.run(leaving.leave, "command", anna)
    assert _membership(house, group, anna).state is MembershipState.LEFT
    assert _membership(house, group, cleo).role is MembershipRole.MEMBER
