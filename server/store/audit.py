"""Rows of the audit and decision logs. Only ever added to; the sealer alone fills in sequence and seal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from server.domain.boundary import Decision, Facts
from server.store.session import Unit
from server.store.tables.instances import audit, decision


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


def add_decision(
    unit: Unit,
    direction: str,
    peer: str,
    subject: str,
    facts: Facts,
    made: Decision,
    recorded: dict[str, Any],
) -> None:
    """recorded: the facts as plain values, for explaining and replaying."""
    unit.run(
        decision.insert(),
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
        },
    )


def decisions(unit: Unit, *, peer: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Newest first."""
    statement = select(decision).order_by(decision.c.id.desc()).limit(limit)
    if peer is not None:
        statement = statement.where(decision.c.peer == peer)
    return [row._asdict() for row in unit.all(statement)]
