"""Following and asking to join, where one is done by the other.

An app that knows of no groups follows a members-only group by asking to join, and unfollows it by leaving. Our own page joins an
open group elsewhere by following it: whatever software it is of, it knows a Follow, and need not know a Join.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.core.errors import NotFound, NotPermitted
from server.domain.accounts import Account, AccountKind
from server.domain.groups import MembershipState
from server.services import relationships
from server.services.groups import joining, leaving, standing
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


def confirm_join(unit: Unit, member: Account, group: Account, rules_version: int) -> None:
    """What our page does when a member has read the rules and what will be said of them. Raises what `ask` and `follow` do."""
    found = standing.of_any(unit, group)
    if group.local or found.access.members_only:
        joining.ask(unit, member, group, rules_version)
        return
    joining.check_rules(found, rules_version)
    follow(unit, member, group)


def leave(unit: Unit, member: Account, group: Account) -> None:
    """What our page does: leaves, or stops following where one cannot be a member. Raises NotFound where there is nothing to end."""
    if (
        relationships.find_follow(unit, member.id, group.id) is None
        or _members_only(unit, group)
        or group.local
    ):
        leaving.leave(unit, member, group)
        return
    part(unit, member, group)
    relationships.unfollow(unit, member, group)


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
    return target.kind is AccountKind.GROUP and groups.is_confined(unit, target.id)
