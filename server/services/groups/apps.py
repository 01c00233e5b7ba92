"""How apps that know of no groups ask and leave: a members-only group is followed by asking to join, unfollowed by leaving."""

from __future__ import annotations

from collections.abc import Sequence

from server.core.errors import NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind
from server.domain.groups import MembershipState
from server.services import relationships
from server.services.groups import joining, leaving
from server.store import groups, memberships
from server.store.session import Unit


def follow(
    unit: Unit,
    by: Account,
    target: Account,
    *,
    reblogs: bool | None = None,
    notify: bool | None = None,
    languages: Sequence[str] | None = None,
) -> None:
    """Follows anybody; of a members-only group it makes a request, which a page confirms. Raises NotPermitted, NotFound."""
    if _members_only(unit, target):
        joining.want(unit, by, target)
    else:
        _check_not_excluded(unit, by, target)
    relationships.follow(unit, by, target, reblogs=reblogs, notify=notify, languages=languages)


def unfollow(unit: Unit, by: Account, target: Account) -> None:
    if _members_only(unit, target):
        part(unit, by, target)
    relationships.unfollow(unit, by, target)


def block(unit: Unit, by: Account, target: Account) -> None:
    """Whoever blocks a group leaves it first."""
    if _members_only(unit, target):
        part(unit, by, target)
    relationships.block(unit, by, target)


def part(unit: Unit, by: Account, group: Account) -> None:
    """Leaves, where there is something to leave."""
    if memberships.find(unit, group.id, by.id) is None:
        return
    try:
        leaving.leave(unit, by, group)
    except NotFound:
        return


def _check_not_excluded(unit: Unit, by: Account, target: Account) -> None:
    """Of an open group, which anybody else may follow."""
    standing = memberships.find(unit, target.id, by.id) if target.kind is AccountKind.GROUP else None
    if standing is not None and standing.state is MembershipState.BANNED:
        raise NotPermitted("The moderators of this group have excluded you")


def _members_only(unit: Unit, target: Account) -> bool:
    if target.kind is not AccountKind.GROUP:
        return False
    found = groups.find(unit, target.id)
    return found is not None and found.access.members_only
