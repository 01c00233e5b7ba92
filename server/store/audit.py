"""Rows of the audit and decision logs. Only ever added to; the sealer alone fills in sequence and seal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from server.domain.boundary import Decision, Effect, Facts
from server.store.session import Unit
from server.store.tables.audit import audit, decision, not_allowed


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
    statement = select(decision).order_by(decision.c.id.desc()).limit(limit)
    if peer is not None:
        statement = statement.where(decision.c.peer == peer)
    if effect:
        statement = statement.where(decision.c.effect == effect)
        if effect != Effect.ALLOW.value:
            statement = statement.where(not_allowed)
    if before is not None:
        statement = statement.where(decision.c.id < before)
    return [row._asdict() for row in unit.all(statement)]


def add_decisions(
    unit: Unit, direction: str, subject: str, entries: list[tuple[str, Facts, Decision, dict[str, Any]]]
) -> None:
    """entries: peer, facts, decision, the facts as plain values."""
    if not entries:
        return
    unit.run(
        decision.insert(),
        [
            {
                "id": unit.new_id(),
                "at": unit.now,
                "direction": direction,
                "action": facts.action.value,
                "peer": peer,
                "subject": subject,
                "effect": made.effect.value,
                "rules": list(made.rules),
                "policy_version": made.policy_version,
                "facts": recorded,
            }
            for peer, facts, made, recorded in entries
        ],
    )


def summary(unit: Unit) -> list[tuple[str, str, int, int, list[str]]]:
    """Decisions by direction and peer: allowed, not allowed, the rules that were met."""
    found: dict[tuple[str, str], tuple[int, int, set[str]]] = {}
    for row in unit.all(select(decision.c.direction, decision.c.peer, decision.c.effect, decision.c.rules)):
        allowed, denied, rules = found.get((row.direction, row.peer), (0, 0, set()))
        rules.update(row.rules)
        if row.effect == "allow":
            allowed += 1
        else:
            denied += 1
        found[row.direction, row.peer] = allowed, denied, rules
    return [(way, peer, *counts[:2], sorted(counts[2])) for (way, peer), counts in sorted(found.items())]
