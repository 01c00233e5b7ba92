"""Counts of what was decided at the boundary, by day: what the plots of the staff's first page show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import ColumnElement, case, func, select, update

from server.domain.boundary import Effect
from server.domain.figures import Crossed, CrossingKey
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.audit import crossing


def add(unit: Unit, counts: Mapping[CrossingKey, int]) -> None:
    """Adds to what was counted. The sealer alone calls it, so nobody else adds at the same time."""
    for key, number in counts.items():
        values = key._asdict()
        same = [crossing.c[name] == value for name, value in values.items()]
        touched = unit.run(update(crossing).where(*same).values(count=crossing.c.count + number))
        if not touched:
            insert_ignore(unit, crossing, {**values, "count": number})


def since(unit: Unit, first: date, peer: str = "") -> list[Crossed]:
    """By peer, class and day, in this order; of one peer where it is named."""

    def number(effect: Effect) -> ColumnElement[int]:
        return func.sum(case((crossing.c.effect == effect.value, crossing.c.count), else_=0))

    statement = (
        select(
            crossing.c.peer,
            crossing.c.word,
            crossing.c.day,
            number(Effect.ALLOW).label("allowed"),
            number(Effect.HOLD).label("held"),
            number(Effect.DENY).label("denied"),
        )
        .where(crossing.c.day >= first.isoformat())
        .group_by(crossing.c.peer, crossing.c.word, crossing.c.day)
        .order_by(crossing.c.peer, crossing.c.word, crossing.c.day)
    )
    if peer:
        statement = statement.where(crossing.c.peer == peer)
    return [
        Crossed(row.peer, row.word, row.day, int(row.allowed), int(row.held), int(row.denied))
        for row in unit.all(statement)
    ]
