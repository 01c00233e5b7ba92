"""Rows of stream positions: how far the stream of a group elsewhere was read, and whether the group is hidden meanwhile."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, case, or_, select, update

from federation.types import Origin
from server.domain.groups import MembershipState, StreamPosition
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.groups import membership, stream_position

_FIND = select(stream_position).where(stream_position.c.group_id == bindparam("group_id"))


def find(unit: Unit, group_id: int) -> StreamPosition | None:
    row = unit.first(_FIND, {"group_id": group_id})
    return _record(row) if row else None


def hide(unit: Unit, group_id: int) -> bool:
    """Nobody here sees the group any more. False where it was hidden."""
    insert_ignore(unit, stream_position, {"group_id": group_id, "epoch": 0, "n": 0})
    return (
        unit.run(
            update(stream_position)
            .where(stream_position.c.group_id == group_id, stream_position.c.hidden_at.is_(None))
            .values(hidden_at=unit.now)
        )
        == 1
    )


def show(unit: Unit, group_id: int) -> None:
    unit.run(
        update(stream_position)
        .where(stream_position.c.group_id == group_id, stream_position.c.hidden_at.is_not(None))
        .values(hidden_at=None)
    )


_NEXT = (
    update(stream_position)
    .where(
        stream_position.c.group_id == bindparam("b_group_id"),
        stream_position.c.epoch == bindparam("b_epoch"),
        stream_position.c.n == bindparam("b_before"),
    )
    .values(n=bindparam("b_n"))
)


def follows(unit: Unit, group_id: int, epoch: int, n: int) -> bool:
    """Moves a position on by one. False where it did not stand just before that."""
    return unit.run(_NEXT, {"b_group_id": group_id, "b_epoch": epoch, "b_before": n - 1, "b_n": n}) == 1


def put(unit: Unit, group_id: int, values: dict[str, Any]) -> None:
    """Changes columns of a position, which is made where there is none."""
    insert_ignore(unit, stream_position, {"group_id": group_id, "epoch": 0, "n": 0})
    unit.run(update(stream_position).where(stream_position.c.group_id == group_id).values(**values))


_MEMBER_HERE = (
    select(membership.c.id)
    .join(account, account.c.id == membership.c.account_id)
    .where(
        membership.c.group_id == stream_position.c.group_id,
        membership.c.state == MembershipState.ACTIVE.value,
        account.c.domain == "",
    )
    .exists()
)


def not_taken(unit: Unit, group_id: int, epoch: int, n: int) -> None:
    """What stands there was refused. The first of them is kept."""
    unit.run(
        update(stream_position)
        .where(
            stream_position.c.group_id == group_id,
            stream_position.c.epoch == epoch,
            or_(stream_position.c.missed.is_(None), stream_position.c.missed > n),
        )
        .values(missed=n)
    )


def go_back(unit: Unit, group_id: int | None = None) -> None:
    """To before the first that was refused, of one group or of all: it is read from there at once."""
    statement = update(stream_position).where(stream_position.c.missed.is_not(None))
    if group_id is not None:
        statement = statement.where(stream_position.c.group_id == group_id)
    n = stream_position.c.n
    before = case((stream_position.c.missed <= n, stream_position.c.missed - 1), else_=n)
    unit.run(statement.values(n=before, missed=None, behind=True, pull_at=unit.now))


def at_origin(unit: Unit, origin: Origin) -> list[int]:
    """Ids of an instance's groups whose streams are read here."""
    statement = (
        select(stream_position.c.group_id)
        .join(account, account.c.id == stream_position.c.group_id)
        .where(account.c.domain == origin)
    )
    return [row.group_id for row in unit.all(statement)]


def due(unit: Unit, limit: int) -> list[StreamPosition]:
    """Streams that are to be pulled now, of groups in which somebody here is."""
    statement = (
        select(stream_position)
        .where(stream_position.c.pull_at <= unit.now, _MEMBER_HERE)
        .order_by(stream_position.c.pull_at)
        .limit(limit)
    )
    return [_record(row) for row in unit.all(statement)]


def _record(row: Row[Any]) -> StreamPosition:
    return StreamPosition(**row._asdict())
