"""The groups that a member may read at this moment, with what was last withdrawn in them in a hurry."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from server.domain.groups import MembershipState
from server.store.session import Unit
from server.store.tables.groups import membership, stream_position
from server.store.tables.ledger import incident

_NEWEST = (
    select(func.max(incident.c.id))
    .where(incident.c.group_id == membership.c.group_id)
    .correlate(membership)
    .scalar_subquery()
)
_HIDDEN = (
    select(stream_position.c.group_id)
    .where(stream_position.c.group_id == membership.c.group_id, stream_position.c.hidden_at.is_not(None))
    .correlate(membership)
    .exists()
)
_READABLE = (
    select(membership.c.group_id, _NEWEST.label("newest"))
    .where(
        membership.c.account_id == bindparam("account_id"),
        membership.c.state == MembershipState.ACTIVE.value,
        ~_HIDDEN,
    )
    .order_by(membership.c.group_id)
)


def readable_groups(unit: Unit, account_id: int) -> list[tuple[int, int]]:
    """Each with the newest incident in it; 0 where there was none."""
    return [(row.group_id, row.newest or 0) for row in unit.all(_READABLE, {"account_id": account_id})]
