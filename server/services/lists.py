"""Members' own lists. Only accounts that the member follows can be on one."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account, FollowState
from server.domain.lists import AccountList, RepliesPolicy
from server.domain.pages import Page
from server.store import lists as rows
from server.store import relationships
from server.store.session import Unit

TITLE_LIMIT = 200


def all_of(unit: Unit, account_id: int) -> list[AccountList]:
    return rows.of_account(unit, account_id)


def holding(unit: Unit, account_id: int, target_id: int) -> list[AccountList]:
    """Those of the member's lists that an account is on."""
    return rows.holding(unit, account_id, target_id)


def get(unit: Unit, account_id: int, list_id: int) -> AccountList:
    """Raises NotFound, for somebody else's list too."""
    found = rows.find(unit, account_id, list_id)
    if found is None:
        raise NotFound
    return found


def make(
    unit: Unit,
    account_id: int,
    title: str,
    replies_policy: RepliesPolicy = RepliesPolicy.LIST,
    *,
    exclusive: bool = False,
) -> AccountList:
    """Raises Invalid on an empty or long title."""
    list_id = unit.new_id()
    rows.add(
        unit,
        {
            "id": list_id,
            "account_id": account_id,
            "title": _title(title),
            "replies_policy": replies_policy.value,
            "exclusive": exclusive,
        },
    )
    return get(unit, account_id, list_id)


def change(
    unit: Unit,
    account_id: int,
    list_id: int,
    title: str | None = None,
    replies_policy: RepliesPolicy | None = None,
    *,
    exclusive: bool | None = None,
) -> AccountList:
    """None leaves a thing as it is. Raises NotFound, Invalid."""
    found = get(unit, account_id, list_id)
    rows.change(
        unit,
        list_id,
        {
            "title": found.title if title is None else _title(title),
            "replies_policy": (replies_policy or found.replies_policy).value,
            "exclusive": found.exclusive if exclusive is None else exclusive,
        },
    )
    return get(unit, account_id, list_id)


def delete(unit: Unit, account_id: int, list_id: int) -> None:
    rows.remove(unit, get(unit, account_id, list_id).id)


def members(unit: Unit, account_id: int, list_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded."""
    return rows.members(unit, get(unit, account_id, list_id).id, page)


def add_members(unit: Unit, account_id: int, list_id: int, account_ids: Iterable[int]) -> None:
    """Raises NotFound where one is not followed."""
    found = get(unit, account_id, list_id)
    for target_id in dict.fromkeys(account_ids):
        follow = relationships.find_follow(unit, account_id, target_id)
        if target_id != account_id and (follow is None or follow.state is not FollowState.ACCEPTED):
            raise NotFound("You can add only accounts that you follow")
        rows.add_member(unit, found.id, target_id)


def remove_members(unit: Unit, account_id: int, list_id: int, account_ids: Iterable[int]) -> None:
    rows.remove_members(unit, get(unit, account_id, list_id).id, account_ids)


def _title(title: str) -> str:
    stripped = title.strip()
    if not stripped:
        raise Invalid("A list needs a title")
    if len(stripped) > TITLE_LIMIT:
        raise Invalid("A title has at most %(most)s characters", most=TITLE_LIMIT)
    return stripped
