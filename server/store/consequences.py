"""Counts of what lies between here and other instances: whom a pause or an end of the relation touches."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, distinct, func, or_, select

from federation.types import Origin
from server.domain.consequences import Counts
from server.domain.groups import MembershipState
from server.domain.work import DeliveryState, ItemState
from server.store.ledger import not_asked_back
from server.store.session import Unit
from server.store.tables.accounts import account, follow
from server.store.tables.groups import membership
from server.store.tables.work import delivery, inbox_item, undone

_IN = [MembershipState.ACTIVE.value, MembershipState.SUSPENDED.value]
_OUTGOING = [DeliveryState.WAITING.value, DeliveryState.HELD.value]


def counts(unit: Unit, domains: Collection[Origin]) -> Counts:
    """Of all of them together: seven statements, however many they are."""
    there = select(account.c.id).where(account.c.domain.in_(domains))
    here = select(account.c.id).where(account.c.domain == "")
    theirs = membership.c.account_id.in_(there) & membership.c.group_id.in_(here)
    ours = membership.c.account_id.in_(here) & membership.c.group_id.in_(there)
    is_in = membership.c.state.in_(_IN)
    accounts, groups = (
        func.count(distinct(membership.c.account_id)),
        func.count(distinct(membership.c.group_id)),
    )
    follows = (
        select(func.count())
        .select_from(follow)
        .where(or_(follow.c.account_id.in_(there), follow.c.target_id.in_(there)))
    )
    outgoing = (
        select(func.count())
        .select_from(delivery)
        .where(delivery.c.destination.in_(domains), delivery.c.state.in_(_OUTGOING), ~delivery.c.lane)
    )
    incoming = (
        select(func.count())
        .select_from(inbox_item)
        .where(undone, inbox_item.c.origin.in_(domains), inbox_item.c.state == ItemState.WAITING.value)
    )
    given = select(func.count()).select_from(not_asked_back(*domains).subquery())
    return Counts(
        theirs=_number(unit, select(accounts).where(theirs, is_in)),
        ours=_number(unit, select(accounts).where(ours, is_in)),
        groups=_number(unit, select(groups).where(or_(theirs, ours), is_in)),
        follows=_number(unit, follows),
        outgoing=_number(unit, outgoing),
        incoming=_number(unit, incoming),
        posts=_number(unit, given),
    )


def _number(unit: Unit, statement: Select[Any]) -> int:
    return int(unit.value(statement) or 0)
