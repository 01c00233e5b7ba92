"""Rows of institutions that are about to have their first member in a group, and of who has told their members so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from federation.types import Iri, Origin
from server.domain.groups import Newcomer
from server.store.session import Unit
from server.store.statement import insert_all_ignore
from server.store.tables.accounts import account
from server.store.tables.groups import newcomer, newcomer_answer


def _record(row: Row[Any]) -> Newcomer:
    values = row._asdict()
    values["host"] = Origin(values["host"])
    values["offer_uri"] = Iri(values["offer_uri"])
    return Newcomer(**values)


def add(
    unit: Unit, group_id: int, host: Origin, offer_uri: Iri, began_at: datetime, until_at: datetime
) -> Newcomer:
    made = Newcomer(unit.new_id(), group_id, host, offer_uri, began_at, until_at, None, None)
    unit.run(
        newcomer.insert(),
        {
            "id": made.id,
            "group_id": group_id,
            "host": host,
            "offer_uri": offer_uri,
            "began_at": began_at,
            "until_at": until_at,
        },
    )
    return made


def change(unit: Unit, newcomer_id: int, values: dict[str, Any]) -> None:
    unit.run(update(newcomer).where(newcomer.c.id == newcomer_id).values(**values))


def find(unit: Unit, newcomer_id: int) -> Newcomer | None:
    row = unit.first(select(newcomer).where(newcomer.c.id == newcomer_id))
    return _record(row) if row else None


def find_by_offer(unit: Unit, offer_uri: str) -> Newcomer | None:
    row = unit.first(select(newcomer).where(newcomer.c.offer_uri == offer_uri))
    return _record(row) if row else None


def latest(unit: Unit, group_id: int, host: Origin) -> Newcomer | None:
    """The last time that this institution came to this group."""
    statement = select(newcomer).where(newcomer.c.group_id == group_id, newcomer.c.host == host)
    row = unit.first(statement.order_by(newcomer.c.id.desc()).limit(1))
    return _record(row) if row else None


def open_in(unit: Unit, group_id: int) -> list[Newcomer]:
    """Oldest first. Of a group elsewhere also those that are in by now: it says so in its document."""
    statement = select(newcomer).where(newcomer.c.group_id == group_id, newcomer.c.ended_at.is_(None))
    return [_record(row) for row in unit.all(statement.order_by(newcomer.c.id))]


def of_group(unit: Unit, group_id: int) -> list[Newcomer]:
    """The newest first."""
    statement = select(newcomer).where(newcomer.c.group_id == group_id)
    return [_record(row) for row in unit.all(statement.order_by(newcomer.c.id.desc()).limit(1000))]


def open_here(unit: Unit) -> list[Newcomer]:
    """Of every group that lives here, oldest first."""
    statement = (
        select(newcomer)
        .join(account, account.c.id == newcomer.c.group_id)
        .where(newcomer.c.ended_at.is_(None), account.c.domain == "")
    )
    return [_record(row) for row in unit.all(statement.order_by(newcomer.c.id))]


def ask(unit: Unit, newcomer_id: int, hosts: Iterable[Origin]) -> None:
    """These instances are to tell their members; those that were asked already stay as they are."""
    values = [{"newcomer_id": newcomer_id, "host": host} for host in hosts]
    if values:
        insert_all_ignore(unit, newcomer_answer, values)


def answered(unit: Unit, newcomer_id: int, host: Origin) -> bool:
    """False where that instance was not asked, or had answered."""
    statement = update(newcomer_answer).where(
        newcomer_answer.c.newcomer_id == newcomer_id,
        newcomer_answer.c.host == host,
        newcomer_answer.c.answered_at.is_(None),
    )
    return unit.run(statement.values(answered_at=unit.now)) == 1


def answers(unit: Unit, newcomer_id: int) -> dict[Origin, datetime | None]:
    """Who was asked, and when each had told its members."""
    statement = select(newcomer_answer).where(newcomer_answer.c.newcomer_id == newcomer_id)
    return {Origin(row.host): row.answered_at for row in unit.all(statement)}
