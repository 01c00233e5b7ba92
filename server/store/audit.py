"""Rows of the audit and decision logs. Only ever added to; the sealer alone fills in sequence and seal.

Of decisions, what repeats is a ruling, kept once and named by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.domain.boundary import Effect, Ruling
from server.store.session import Unit
from server.store.statement import insert_all_ignore
from server.store.tables.audit import audit, decided, decision, ruling

LATEST = 2**63 - 1
_KEPT = [column.name for column in ruling.c if column.name != "id"]


def add(unit: Unit, actor: str, action: str, target: str, detail: dict[str, Any]) -> None:
    unit.run(
        audit.insert(),
        {
            "id": unit.new_id(),
            "at": unit.now,
            "actor": actor,
            "action": action,
            "target": target,
            "detail": detail,
        },
    )


def recent(unit: Unit, limit: int = 100) -> list[dict[str, Any]]:
    """Newest first."""
    return [row._asdict() for row in unit.all(select(audit).order_by(audit.c.id.desc()).limit(limit))]


def matching(unit: Unit, limit: int, *, actor: str, action: str, target: str) -> list[dict[str, Any]]:
    """Newest first; an empty condition is none. action matches from its beginning."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if actor:
        statement = statement.where(audit.c.actor == actor)
    if action:
        statement = statement.where(audit.c.action.startswith(action, autoescape=True))
    if target:
        statement = statement.where(audit.c.target == target)
    return [row._asdict() for row in unit.all(statement)]


def of_target(unit: Unit, target: str, limit: int) -> list[dict[str, Any]]:
    """About one thing, newest first."""
    statement = select(audit).where(audit.c.target == target).order_by(audit.c.id.desc()).limit(limit)
    return [row._asdict() for row in unit.all(statement)]


def decisions(
    unit: Unit, *, peer: str | None = None, effect: str = "", before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Newest first."""
    statement = decided.order_by(decision.c.id.desc()).limit(limit)
    if peer is not None or effect:
        statement = statement.where(decision.c.id.in_(_newest(unit, peer, effect, before, limit)))
    elif before is not None:
        statement = statement.where(decision.c.id < before)
    return [row._asdict() for row in unit.all(statement)]


def _newest(unit: Unit, peer: str | None, effect: str, before: int | None, limit: int) -> list[int]:
    """Ids of the newest rows of one peer, with one effect: ruling by ruling, each by the index that ends at its newest."""
    earlier = decision.c.id < (LATEST if before is None else before)
    newest = (
        select(func.max(decision.c.id))
        .where(decision.c.ruling_id == ruling.c.id, earlier)
        .correlate(ruling)
        .scalar_subquery()
        .label("newest")
    )
    wanted = select(ruling.c.id, newest).order_by(newest.desc().nulls_last()).limit(limit)
    if peer is not None:
        wanted = wanted.where(ruling.c.peer == peer)
    if effect:
        wanted = wanted.where(ruling.c.effect == effect)
    found: list[int] = []
    for one in unit.all(wanted):
        if one.newest is None or (len(found) == limit and one.newest < found[-1]):
            break  # all that follow are older than what was found
        its = select(decision.c.id).where(decision.c.ruling_id == one.id, earlier)
        its_newest = [row.id for row in unit.all(its.order_by(decision.c.id.desc()).limit(limit))]
        found = sorted([*found, *its_newest], reverse=True)[:limit]
    return found


def add_decisions(unit: Unit, subject: str, rulings: Sequence[Ruling]) -> None:
    """A row for each. A ruling that is not known yet is written down first, which is seldom."""
    if not rulings:
        return
    rows = [
        {"row_id": unit.new_id(), "moment": unit.now, "about": subject, "wanted": each.digest}
        for each in rulings
    ]
    statement = _adding(sqlite=unit.is_sqlite)
    added = unit.run(statement, rows)
    if added == len(rows):
        return
    kept = {each.digest: {name: getattr(each, name) for name in _KEPT} for each in rulings}
    insert_all_ignore(unit, ruling, list(kept.values()))
    added += unit.run(statement, rows)
    assert added == len(rows), "a decision was not written down"


@cache
def _adding(*, sqlite: bool) -> Executable:
    """Adds the rows whose rulings are known, and none twice."""
    insert = sqlite_insert if sqlite else postgresql_insert
    values = select(
        bindparam("row_id", type_=decision.c.id.type),
        bindparam("moment", type_=decision.c.at.type),
        bindparam("about", type_=decision.c.subject.type),
        ruling.c.id,
    ).where(ruling.c.digest == bindparam("wanted"))
    return (
        insert(decision)
        .from_select(["id", "at", "subject", "ruling_id"], values)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )


def summary(unit: Unit) -> list[tuple[str, str, int, int, list[str]]]:
    """Decisions by direction and peer: allowed, not allowed, the rules that were met."""
    found: dict[tuple[str, str], tuple[int, int, set[str]]] = {}
    number = select(func.count()).where(decision.c.ruling_id == ruling.c.id).scalar_subquery()
    for row in unit.all(select(ruling, number.label("number"))):
        allowed, denied, rules = found.get((row.direction, row.peer), (0, 0, set()))
        rules.update(row.rules)
        if row.effect == Effect.ALLOW.value:
            allowed += row.number
        else:
            denied += row.number
        found[row.direction, row.peer] = allowed, denied, rules
    return [(way, peer, *counts[:2], sorted(counts[2])) for (way, peer), counts in sorted(found.items())]
