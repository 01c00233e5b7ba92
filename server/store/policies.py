"""Rows of the house's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, LargeBinary, Row, cast, func, literal_column, select, type_coerce, update

from server.domain.policies import Link, OwnRules, Policy, PolicyState
from server.store.session import Unit
from server.store.tables.audit import decision, ruling
from server.store.tables.policies import policy

_IS_IN_FORCE = policy.c.state == literal_column("'in_force'")  # in these words, for the index
_IN_FORCE = select(policy.c.digest).where(_IS_IN_FORCE)


def digest_in_force(unit: Unit) -> str:
    """Empty where the house has no rules of its own. Asked at every decision: one look by an index."""
    return str(unit.value(_IN_FORCE) or "")


def in_force(unit: Unit) -> Policy | None:
    row = unit.first(select(policy).where(_IS_IN_FORCE))
    return _record(row) if row else None


def find(unit: Unit, policy_id: int) -> Policy | None:
    row = unit.first(select(policy).where(policy.c.id == policy_id))
    return _record(row) if row else None


def all_(unit: Unit, limit: int) -> list[Policy]:
    """Newest first."""
    return [_record(row) for row in unit.all(select(policy).order_by(policy.c.id.desc()).limit(limit))]


def in_state(unit: Unit, state: PolicyState) -> list[Policy]:
    """Oldest first."""
    return [
        _record(row)
        for row in unit.all(select(policy).where(policy.c.state == state.value).order_by(policy.c.id))
    ]


def add(unit: Unit, added: Policy) -> None:
    unit.run(
        policy.insert(),
        {
            "id": added.id,
            "digest": added.digest,
            "text": added.rules.text,
            "links": [astuple(link) for link in added.rules.links],
            "state": added.state.value,
            "at": added.at,
            "by": added.by,
            "note": added.note,
            "loosens": list(added.loosens),
            "decided_at": added.decided_at,
            "decided_by": added.decided_by,
        },
    )


def decide(unit: Unit, policy_id: int, was: PolicyState, becomes: PolicyState, by: str) -> bool:
    """False where it was in another state."""
    statement = (
        update(policy)
        .where(policy.c.id == policy_id, policy.c.state == was.value)
        .values(state=becomes.value, decided_at=unit.now, decided_by=by)
    )
    return unit.run(statement) == 1


def replace_in_force(unit: Unit) -> None:
    unit.run(update(policy).where(_IS_IN_FORCE).values(state=PolicyState.REPLACED.value))


def judged_since(unit: Unit, since: datetime) -> Sequence[Row[Any]]:
    """Recorded decisions with the same facts and effect as one row: facts, effect, number, example (a subject)."""
    packed = type_coerce(ruling.c.facts, LargeBinary)
    by_ruling = (
        select(
            decision.c.ruling_id,
            func.max(decision.c.id).label("newest"),
            func.count().label("number"),
            func.max(decision.c.subject).label("example"),
        )
        .where(decision.c.at >= since)
        .group_by(decision.c.ruling_id)
        .subquery()
    )
    statement = (
        select(
            func.max(by_ruling.c.newest).label("id"),
            ruling.c.effect,
            cast(func.sum(by_ruling.c.number), Integer).label("number"),
            func.max(by_ruling.c.example).label("example"),
        )
        .join(ruling, ruling.c.id == by_ruling.c.ruling_id)
        .group_by(packed, ruling.c.effect)
    )
    return unit.all(statement)


def facts_of(unit: Unit, decision_id: int) -> Any:
    """The recorded facts of one decision."""
    statement = select(ruling.c.facts).join(decision, decision.c.ruling_id == ruling.c.id)
    return unit.value(statement.where(decision.c.id == decision_id))


def _record(row: Row[Any]) -> Policy:
    return Policy(
        id=row.id,
        digest=row.digest,
        rules=OwnRules(row.text, tuple(Link(*link) for link in row.links)),
        state=PolicyState(row.state),
        at=row.at,
        by=row.by,
        note=row.note,
        loosens=tuple(row.loosens),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
