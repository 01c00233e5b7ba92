"""Accounts that a member recommends on the profile: only people whom they follow.

Groups cannot be: who recommends one tells of a membership.
"""

from __future__ import annotations

from server.core.errors import Invalid, NotPermitted
from server.domain.accounts import Account, AccountKind, FollowState
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.services import relationships
from server.store import endorsements as rows
from server.store import relationships as follows
from server.store.session import Unit

MOST = 50


def endorse(unit: Unit, by: Account, target: Account) -> None:
    """Raises NotPermitted, Invalid."""
    if target.kind is AccountKind.GROUP:
        raise NotPermitted("A group cannot be recommended on a profile")
    follow = relationships.find_follow(unit, by.id, target.id)
    if follow is None or follow.state is not FollowState.ACCEPTED:
        raise Invalid("You can recommend only people whom you follow")
    if rows.count(unit, by.id) >= MOST:
        raise Invalid("You can recommend at most %(most)s people", most=MOST)
    rows.add(unit, by.id, target.id)


def withdraw(unit: Unit, by: Account, target: Account) -> None:
    rows.remove(unit, by.id, target.id)


def page(unit: Unit, viewer: Viewer, account: Account, page: Page) -> list[tuple[int, Account]]:
    """With the id by which pages are bounded. Nobody is shown who blocks the viewer, or whom the viewer blocks."""
    found = rows.page(unit, account.id, page)
    if not isinstance(viewer, Member) or viewer.account_id == account.id:
        return found
    return [each for each in found if not follows.blocked_either_way(unit, viewer.account_id, each[1].id)]
