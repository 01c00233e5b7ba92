"""Rows of what we asked others to remove, of what others asked of us, and of lawful holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from federation.types import Iri, Origin
from server.domain.ledger import Purge, PurgeReason, PurgeState, ReceiptStatus
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.ledger import legal_hold, purge, purge_register


def record(row: Row[Any]) -> Purge:
    values = row._asdict()
    values["reason"] = PurgeReason(values["reason"])
    values["state"] = PurgeState(values["state"])
    values["status"] = ReceiptStatus(values["status"])
    values["host"] = Origin(values["host"])
    values["object_uri"] = Iri(values["object_uri"])
    return Purge(**values)


def add(unit: Unit, values: dict[str, Any]) -> bool:
    return insert_ignore(unit, purge, values)


def find(unit: Unit, purge_id: int) -> Purge | None:
    row = unit.first(select(purge).where(purge.c.id == purge_id))
    return record(row) if row else None


def find_by_request(unit: Unit, request: str) -> Purge | None:
    row = unit.first(select(purge).where(purge.c.request == request))
    return record(row) if row else None


def of_object(unit: Unit, object_uri: str) -> list[Purge]:
    """Oldest first."""
    statement = select(purge).where(purge.c.object_uri == object_uri).order_by(purge.c.id)
    return [record(row) for row in unit.all(statement)]


def waits(unit: Unit, object_uri: str, host: Origin) -> bool:
    """Whether a host was asked already and has not answered."""
    statement = select(purge.c.id).where(
        purge.c.object_uri == object_uri, purge.c.host == host, purge.c.state != PurgeState.DONE.value
    )
    return unit.value(statement.limit(1)) is not None


def in_states(unit: Unit, states: Iterable[PurgeState], limit: int) -> list[Purge]:
    """Oldest first."""
    statement = select(purge).where(purge.c.state.in_([each.value for each in states]))
    return [record(row) for row in unit.all(statement.order_by(purge.c.asked_at, purge.c.id).limit(limit))]


def unanswered(unit: Unit, asked_before: datetime | None = None, limit: int = 500) -> list[Purge]:
    """Oldest first."""
    statement = select(purge).where(purge.c.state != PurgeState.DONE.value)
    if asked_before is not None:
        statement = statement.where(purge.c.asked_at < asked_before)
    return [record(row) for row in unit.all(statement.order_by(purge.c.asked_at, purge.c.id).limit(limit))]


_OWING = (
    select(account.c.uri, purge.c.host)
    .join(account, account.c.id == purge.c.group_id)
    .where(purge.c.state == PurgeState.OVERDUE.value, purge.c.asked_at < bindparam("before"))
    .distinct()
)


def owing(unit: Unit, asked_before: datetime) -> frozenset[tuple[str, Origin]]:
    """Groups, and instances that are reachable and have owed a receipt of it since before a moment."""
    return frozenset((row.uri, Origin(row.host)) for row in unit.all(_OWING, {"before": asked_before}))


def counts(unit: Unit) -> dict[PurgeState, int]:
    rows = unit.all(select(purge.c.state, func.count().label("n")).group_by(purge.c.state))
    return {PurgeState(row.state): row.n for row in rows}


def move(unit: Unit, purge_id: int, values: dict[str, Any], *, was: tuple[PurgeState, ...]) -> bool:
    """Moves a row forward; False where it is not in one of the states `was` any more."""
    statement = update(purge).where(purge.c.id == purge_id, purge.c.state.in_([each.value for each in was]))
    return unit.run(statement.values(**values)) == 1


# -- what others asked of us -----------------------------------------------------------------------------


def registered(unit: Unit, request: str) -> Row[Any] | None:
    return unit.first(select(purge_register).where(purge_register.c.request == request))


def register(unit: Unit, values: dict[str, Any]) -> bool:
    """values: columns of `purge_register`. False where the request was answered before."""
    return insert_ignore(unit, purge_register, values)


def register_since(unit: Unit, since: datetime) -> list[Row[Any]]:
    """For a restore: everything that was taken back after a backup was made."""
    return list(
        unit.all(select(purge_register).where(purge_register.c.at >= since).order_by(purge_register.c.at))
    )


# -- lawful holds ----------------------------------------------------------------------------------------


def hold(unit: Unit, object_uri: str, reason: str, by: str) -> bool:
    """False where it is held already."""
    values = {"object_uri": object_uri, "reason": reason, "by": by, "since": unit.now}
    return insert_ignore(unit, legal_hold, values)


def end_hold(unit: Unit, object_uri: str) -> bool:
    return unit.run(delete(legal_hold).where(legal_hold.c.object_uri == object_uri)) == 1


def is_held(unit: Unit, object_uri: str) -> bool:
    found = unit.value(select(legal_hold.c.object_uri).where(legal_hold.c.object_uri == object_uri))
    return found is not None


def holds(unit: Unit) -> list[Row[Any]]:
    return list(unit.all(select(legal_hold).order_by(legal_hold.c.since)))
