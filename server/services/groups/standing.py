"""The one place where a membership changes: its row, the follow that goes with it, the roster, and what members are told.

ACTIVE goes with an accepted follow of the group, REQUESTED with a pending one, everything else with none: home, lists and
counts work as they do for everybody. In a group of ours each change raises the version of its roster.
"""

from __future__ import annotations

from typing import Any

from federation.types import Origin
from server.core.errors import NotFound
from server.domain.accounts import Account, AccountKind, FollowState
from server.domain.changes import ChangeKind
from server.domain.groups import Group, Membership, MembershipState, Reason, stamp_of
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import addresses, events
from server.services.relationships import local as relations
from server.store import accounts, groups, memberships, relationships, rosters
from server.store.session import Unit

_FOLLOWS = {
    MembershipState.ACTIVE: FollowState.ACCEPTED,
    MembershipState.REQUESTED: FollowState.PENDING,
}


def get(unit: Unit, group: Account) -> Group:
    """What makes the account a group. Raises NotFound where it is none."""
    found = groups.find(unit, group.id)
    if found is None or group.gone or found.dissolved_at is not None:
        raise NotFound
    return found


def of_any(unit: Unit, group: Account) -> Group:
    """Also of a community of other software, of which nothing is kept: it is open, and states nothing. Raises NotFound for what is no group."""
    found = groups.find(unit, group.id)
    if found is not None or group.local or group.gone or group.locked or group.kind is not AccountKind.GROUP:
        return get(unit, group)
    return groups.unknown(unit, group.id)


def settle(
    unit: Unit,
    group: Account,
    account: Account,
    state: MembershipState,
    *,
    stamp: int | None = None,
    **values: Any,
) -> Membership:
    """Brings a membership into a state. stamp: as the group's instance said it; a group of ours makes the next one.

    values: further columns of the row. What it was before does not matter: whoever calls has decided. Nobody stays
    admitted who is not said to be.
    """
    before = memberships.find(unit, group.id, account.id)
    was = before.state if before is not None else None
    if group.local:
        stamp = _next_stamp(unit, group)
    columns = {
        "state": state.value,
        "admitted_at": None,
        **({} if stamp is None else {"stamp": stamp}),
        **values,
    }
    if state is MembershipState.ACTIVE and was is not MembershipState.ACTIVE:
        columns = {
            "joined_at": before.joined_at if was is MembershipState.SUSPENDED and before else unit.now,
            **columns,
        }
        columns |= {"ended_at": None}
    if was is not None and was.on_roster and not state.on_roster:
        columns = {"ended_at": unit.now, **columns}
    if before is None:
        memberships.add(unit, {"group_id": group.id, "account_id": account.id, **columns})
    else:
        memberships.change(unit, before.id, columns)
    after = memberships.find(unit, group.id, account.id)
    assert after is not None
    _follow(unit, group, account, after)
    _roster(unit, group, account, was, after)
    return after


def tell(
    unit: Unit, group: Account, account: Account, sentence: Sentence, reason: Reason = Reason.NONE
) -> None:
    """A member here is told by a message of the group."""
    if account.local and not account.gone:
        parts: dict[str, str] = {"reason": reason.value} if reason else {}
        events.message(unit, account.id, group.id, sentence, **parts)


def tell_of_institution(unit: Unit, group: Account, account: Account, host: Origin) -> None:
    if not account.gone:
        events.message(unit, account.id, group.id, Sentence.NEW_INSTITUTION, host=host)


def tell_moderators(unit: Unit, group: Account, sentence: Sentence) -> None:
    for moderator in memberships.moderators(unit, group.id):
        tell(unit, group, moderator, sentence)


def _next_stamp(unit: Unit, group: Account) -> int:
    version = groups.raise_roster(unit, group.id)
    found = groups.find(unit, group.id)
    assert found is not None
    return stamp_of(found.epoch, version)


def _follow(unit: Unit, group: Account, account: Account, now: Membership) -> None:
    """The follow that the state wants, and no other."""
    wanted = _FOLLOWS.get(now.state)
    existing = relationships.find_follow(unit, account.id, group.id)
    if existing is not None and existing.state is not wanted:
        relations.ended(unit, existing)
        existing = None
    if wanted is None or existing is not None:
        return
    uri = now.join_uri or addresses.new_activity(unit)
    if relationships.find_follow_by_uri(unit, uri) is not None:
        uri = addresses.new_activity(unit)
    values = {"id": unit.new_id(), "account_id": account.id, "target_id": group.id, "uri": uri}
    relationships.add_follow(unit, {**values, "state": wanted.value})
    made = relationships.find_follow(unit, account.id, group.id)
    assert made is not None
    if wanted is FollowState.ACCEPTED:
        relations.began(unit, made)


def _roster(
    unit: Unit, group: Account, account: Account, was: MembershipState | None, now: Membership
) -> None:
    """The slice of the roster that the member's instance has, and who must hear that an instance came or went."""
    own = unit.context.settings.origin
    host = account.origin(own)
    moved = (was is not None and was.on_roster) is not now.state.on_roster
    rosters.moved(unit, group.id, host, now.stamp, account.uri if moved else None)
    unit.changed(ChangeKind.ACCOUNT, group.id)
    if not group.local or (was is MembershipState.ACTIVE) is now.active:
        return
    active = memberships.count_at(unit, group.id, host)
    if active == 0 or (active == 1 and now.active):
        events.happened(unit, EventKind.GROUP_CHANGED, group_id=group.id)


def accounts_of(unit: Unit, membership: Membership) -> tuple[Account, Account] | None:
    """The group and the member of a membership."""
    found = accounts.many(unit, [membership.group_id, membership.account_id])
    group, member = found.get(membership.group_id), found.get(membership.account_id)
    return None if group is None or member is None else (group, member)
