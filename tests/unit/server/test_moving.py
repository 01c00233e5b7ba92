"""Moving an account: both sides have to say so, followers here follow, and it can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.errors import AppError, Conflict, Invalid, NotFound, NotPermitted
from server.domain.accounts import Account
from server.services import accounts, moving, relationships
from tests.support.house import House


def test_an_account_moves_where_the_other_side_agrees(any_house: House) -> None:
    house = any_house
    anna, ben = house.local("anna"), house.local("ben")
    house.run(relationships.follow, ben, anna)
    new = house.remote("anna", also_known_as=[anna.uri])
    assert house.run(moving.move, "command", anna, new) == 1
    moved = house.read(accounts.get, anna.id)
    assert moved.moved_to_uri == new.uri
    assert moved.version > anna.version
    assert house.read(moving.new_home, moved) == house.read(accounts.get, new.id)
    with pytest.raises(NotPermitted):
        house.run(relationships.follow, ben, moved)
    with pytest.raises(Conflict):
        house.run(moving.move, "command", moved, new)
    house.run(moving.stay, "command", moved)
    back = house.read(accounts.get, anna.id)
    assert back.moved_to_uri is None
    assert house.read(moving.new_home, back) is None
    with pytest.raises(Invalid):
        house.run(moving.stay, "command", back)


@pytest.mark.parametrize(
    "columns",
    [
        {"also_known_as": []},
        {"also_known_as": ["https://here.example/actors/another"]},
        {"moved_to_uri": "https://third.example/users/anna"},
        {"suspended": True},
        {"kind": "Application"},
        {"kind": "Group"},
    ],
    ids=str,
)
def test_nothing_moves_to_an_account_that_does_not_fit(house: House, columns: dict[str, Any]) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    house.run(relationships.follow, ben, anna)
    suspended = columns.pop("suspended", False)
    new = house.remote("new", **{"also_known_as": [anna.uri], **columns})
    if suspended:
        house.run(accounts.suspend, "command", new)
        new = house.read(accounts.get, new.id)
    before = house.events()
    for target in (new, house.read(accounts.get, anna.id)):
        with pytest.raises(Invalid):
            house.run(moving.move, "command", anna, target)
    assert house.read(accounts.get, anna.id).moved_to_uri is None
    assert house.events() == before


def test_a_remote_account_that_claims_a_new_home_is_not_believed_alone(house: House) -> None:
    famous = house.remote("famous")
    claims = house.remote("claims", moved_to_uri=famous.uri)
    assert house.read(moving.new_home, claims) is None


def test_aliases_are_added_once_and_taken_away(house: House) -> None:
    anna, old = house.local("anna"), house.remote("anna")

    def now() -> Account:
        return house.read(accounts.get, anna.id)

    house.run(moving.add_alias, "command", anna, old)
    before = house.events()
    house.run(moving.add_alias, "command", now(), old)
    assert now().also_known_as == (old.uri,)
    assert house.events() == before
    with pytest.raises(Invalid):
        house.run(moving.add_alias, "command", now(), now())
    house.run(moving.remove_alias, "command", now(), old.uri)
    assert now().also_known_as == ()
    with pytest.raises(NotFound):
        house.run(moving.remove_alias, "command", now(), old.uri)


def test_an_account_has_a_bounded_number_of_aliases(house: House) -> None:
    anna = house.local(
        "anna", also_known_as=[f"https://there.example/{n}" for n in range(moving.MOST_ALIASES)]
    )
    with pytest.raises(AppError):
        house.run(moving.add_alias, "command", anna, house.remote("one-more"))
