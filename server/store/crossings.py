"""Counts of what was decided at the boundary, by day: what the plots of the staff's first page show."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def busiest(unit: Unit, first: date) -> list[str]:
    """Every peer about which something was decided since, those with the most first."""
    statement = (
        select(crossing.c.peer)
        .where(crossing.c.day >= first.isoformat())
        .group_by(crossing.c.peer)
        .order_by(func.sum(crossing.c.count).desc(), crossing.c.peer)
    )
    return [row.peer for row in unit.all(statement)]


def since(unit: Unit, first: date, peers: Collection[str] | None = None) -> list[Crossed]:
    """By peer, class and day, in this order; of some peers where they are named."""

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
    if peers is not None:
        statement = statement.where(crossing.c.peer.in_(peers))
    return [
        Crossed(row.peer, row.word, row.day, int(row.allowed), int(row.held), int(row.denied))
        for row in unit.all(statement)
    ]
