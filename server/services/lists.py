"""Members' own lists. Only accounts that the member follows can be on one.

Each members-only group that a member is in is a list as well, under the id of the group's account: its timeline is what
is said there. Such a list is the group's: it cannot be renamed, filled or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account, FollowState
from server.domain.groups import MembershipState
from server.domain.lists import AccountList, RepliesPolicy
from server.domain.pages import Page
from server.store import accounts, groups, memberships, relationships
from server.store import lists as rows
from server.store.session import Unit

TITLE_LIMIT = 200
GROUP_MARK = "▸"


def all_of(unit: Unit, account_id: int) -> list[AccountList]:
    """The member's own, then the groups that the member is in."""
    return [*rows.of_account(unit, account_id), *_groups(unit, account_id)]


def _groups(unit: Unit, account_id: int) -> list[AccountList]:
    inside = memberships.of_account(unit, account_id, [MembershipState.ACTIVE])
    confined = {one.group_id for one in inside if groups.is_confined(unit, one.group_id)}
    known = accounts.many(unit, confined)
    ordered = sorted(known.values(), key=lambda one: one.id)
    return [_as_list(account_id, one) for one in ordered if not one.gone]


def _as_list(account_id: int, group: Account) -> AccountList:
    title = f"{GROUP_MARK} {group.display_name or group.username}"
    return AccountList(group.id, account_id, title, RepliesPolicy.LIST, exclusive=False, group_id=group.id)


def holding(unit: Unit, account_id: int, target_id: int) -> list[AccountList]:
    """Those of the member's lists that an account is on."""
    return rows.holding(unit, account_id, target_id)


def get(unit: Unit, account_id: int, list_id: int) -> AccountList:
    """Raises NotFound, for somebody else's list too."""
    found = rows.find(unit, account_id, list_id)
    if found is not None:
        return found
    standing = memberships.find(unit, list_id, account_id)
    group = accounts.find(unit, list_id)
    if standing is None or not standing.active or group is None or not groups.is_confined(unit, list_id):
        raise NotFound
    return _as_list(account_id, group)


def _own(unit: Unit, account_id: int, list_id: int) -> AccountList:
    """One that its owner may change. Raises NotFound, Invalid for a group."""
    found = get(unit, account_id, list_id)
    if found.group_id is not None:
        raise Invalid(
            "This list is a group. Its members are those of the group; to leave it, unfollow the group"
        )
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
    found = _own(unit, account_id, list_id)
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
    rows.remove(unit, _own(unit, account_id, list_id).id)


def members(unit: Unit, account_id: int, list_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded. On a group's list stands the group alone: rosters have a page."""
    found = get(unit, account_id, list_id)
    if found.group_id is None:
        return rows.members(unit, found.id, page)
    group = accounts.find(unit, found.group_id)
    return [] if group is None or page.max_id is not None else [(group.id, group)]


def add_members(unit: Unit, account_id: int, list_id: int, account_ids: Iterable[int]) -> None:
    """Raises NotFound where one is not followed."""
    found = _own(unit, account_id, list_id)
    for target_id in dict.fromkeys(account_ids):
        follow = relationships.find_follow(unit, account_id, target_id)
        if target_id != account_id and (follow is None or follow.state is not FollowState.ACCEPTED):
            raise NotFound("You can add only accounts that you follow")
        rows.add_member(unit, found.id, target_id)


def remove_members(unit: Unit, account_id: int, list_id: int, account_ids: Iterable[int]) -> None:
    rows.remove_members(unit, _own(unit, account_id, list_id).id, account_ids)


def _title(title: str) -> str:
    stripped = title.strip()
    if not stripped:
        raise Invalid("A list needs a title")
    if len(stripped) > TITLE_LIMIT:
        raise Invalid("A title has at most %(most)s characters", most=TITLE_LIMIT)
    return stripped
