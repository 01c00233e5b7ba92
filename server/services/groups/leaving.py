"""Leaving a group: whoever leaves is out at once, here; a group elsewhere is told.

A group that has missed it is told again, when it shows that it still counts somebody in who has left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.messages import Sentence
from server.domain.work import EventKind
from server.services import events
from server.services.groups import answering, life, standing
from server.store import accounts, memberships
from server.store.session import Unit

NOT_SOONER: Final = timedelta(minutes=1)


def leave(unit: Unit, member: Account, group: Account) -> Membership:
    """Leaves, takes a request back, or declines an invitation. Raises NotFound where there is nothing to leave."""
    before = memberships.find(unit, group.id, member.id)
    if before is None or not (before.state.on_roster or before.state in life.OPEN_REQUESTS):
        raise NotFound
    moment = unit.now - timedelta(microseconds=unit.now.microsecond % 1000)
    left_at = max(moment, before.asked_at) if before.asked_at is not None else moment
    after = standing.settle(
        unit,
        group,
        member,
        MembershipState.LEFT,
        left_at=left_at,
        ask_again_at=None,
        reason=Reason.NONE.value,
    )
    if not group.local and (before.join_uri is not None or before.state is MembershipState.INVITED):
        events.happened(unit, EventKind.GROUP_LEFT, group_id=group.id, account_id=member.id)
    if before.state.on_roster:
        standing.tell(unit, group, member, Sentence.LEFT)
    return after


def leave_all(unit: Unit, member: Account) -> int:
    """Leaves every group, takes every request back. Answers how many."""
    states = [MembershipState.ACTIVE, MembershipState.SUSPENDED, *life.OPEN_REQUESTS]
    found = memberships.of_account(unit, member.id, states)
    for group in accounts.many(unit, [one.group_id for one in found]).values():
        leave(unit, member, group)
    return len(found)


def say_again(unit: Unit, group: Account, member: Account) -> bool:
    """The group elsewhere has missed a leave, or counts in whose newest request it has refused. At most once a minute."""
    found = memberships.find(unit, group.id, member.id)
    if found is not None and found.state is MembershipState.REJECTED and not group.local:
        moments = [one for one in (found.asked_at, found.left_at) if one is not None]
        found = standing.settle(
            unit, group, member, MembershipState.LEFT, left_at=max(moments, default=unit.now)
        )
    if found is None or found.state is not MembershipState.LEFT or group.local:
        return False
    if found.answered_at is not None and unit.now - found.answered_at < NOT_SOONER:
        return False
    memberships.change(unit, found.id, {"answered_at": unit.now})
    events.happened(
        unit, EventKind.GROUP_LEFT, group_id=group.id, account_id=member.id, again=int(unit.now.timestamp())
    )
    return True


def receive_leave(unit: Unit, group: Account, member: Account, left_at: datetime) -> bool:
    """A member elsewhere has left, by the words of the leave at `left_at`. False where that changes nothing."""
    before = memberships.find(unit, group.id, member.id)
    if before is None or not group.local:
        return False
    latest = max(left_at, before.left_at) if before.left_at is not None else left_at
    if not life.left(answering.known(before), left_at):
        memberships.change(unit, before.id, {"left_at": latest})
        return False
    standing.settle(unit, group, member, MembershipState.LEFT, left_at=latest, reason=Reason.NONE.value)
    return True
