"""Groups and memberships as rows, for tests of what stands on them."""

from __future__ import annotations

from typing import Any

from server.domain.accounts import Account
from server.store import groups, memberships
from server.store.session import Unit
from tests.support.house import House


def a_group(house: House, name: str = "cardio", *, domain: str = "", **columns: Any) -> Account:
    """A closed group, here or elsewhere. columns: of `group`."""
    made = (
        house.local(name, kind="Group", locked=True)
        if not domain
        else house.remote(name, domain, kind="Group", locked=True)
    )

    def store(unit: Unit) -> None:
        assert groups.add(unit, {"account_id": made.id, "access": "closed", **columns})

    house.run(store)
    return made


def a_member(house: House, group: Account, account: Account, **columns: Any) -> None:
    """columns: of `membership`; active where they say nothing."""

    def store(unit: Unit) -> None:
        values = {"state": "active", "joined_at": unit.now, **columns}
        assert memberships.add(unit, {"group_id": group.id, "account_id": account.id, **values})

    house.run(store)
