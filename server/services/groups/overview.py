"""The groups that live here, for whoever runs the instance: by name and in numbers. Not who is in them, nor what is said.

A secret group is counted, and named to its members alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Group, MembershipState
from server.store import accounts, groups, memberships
from server.store.session import Unit

_TOLD = (MembershipState.ACTIVE, MembershipState.SUSPENDED, MembershipState.REQUESTED)


@dataclass(frozen=True, slots=True)
class Counted:
    """institutions: with an active member, this one among them."""

    account: Account
    group: Group
    active: int
    suspended: int
    requested: int
    institutions: int


def counted(unit: Unit, viewer: Account) -> tuple[list[Counted], int]:
    """Oldest first, and how many secret ones there are beside them."""
    states: Counter[tuple[int, str]] = Counter()
    hosts: Counter[int] = Counter()
    for group_id, state, _, number in memberships.counts_here(unit):
        states[group_id, state] += number
        hosts[group_id] += state == MembershipState.ACTIVE.value
    mine = {one.group_id for one in memberships.of_account(unit, viewer.id, [MembershipState.ACTIVE])}
    found, secret = [], 0
    here = [one for one in groups.local(unit) if one.dissolved_at is None]
    names = accounts.many(unit, [one.account_id for one in here])
    for one in here:
        key = one.account_id
        if one.access is GroupAccess.SECRET and key not in mine:
            secret += 1
            continue
        active, suspended, requested = (states[key, state.value] for state in _TOLD)
        found.append(Counted(names[key], one, active, suspended, requested, hosts[key]))
    return found, secret
