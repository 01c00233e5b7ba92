"""The audit log: who did what to whom. Plain inserts; a sealer chains them afterwards."""

from __future__ import annotations

from typing import Any

from server.store import audit as rows
from server.store.session import Unit


def record(unit: Unit, actor: str, action: str, target: str, **detail: Any) -> None:
    """actor: `user:ID`, `command`, `system` or a peer's origin. detail: ids, counts and closed words only."""
    rows.add(unit, actor, action, target, detail)


def recent(unit: Unit, limit: int = 100) -> list[dict[str, Any]]:
    """Newest first."""
    return rows.recent(unit, limit)


def of_target(unit: Unit, target: str, limit: int = 20) -> list[dict[str, Any]]:
    """What was done to one thing: who, what and when. Newest first."""
    return [_entry(entry) for entry in rows.of_target(unit, target, limit)]


def entries(
    unit: Unit, limit: int = 100, *, actor: str = "", action: str = "", target: str = ""
) -> list[dict[str, Any]]:
    """The log as it is listed, newest first; narrowed by who, what (a whole word or its beginning) and to whom."""
    return [_entry(entry) for entry in rows.matching(unit, limit, actor=actor, action=action, target=target)]


def decisions(
    unit: Unit, limit: int = 100, *, peer: str | None = None, effect: str = "", before: int | None = None
) -> list[dict[str, Any]]:
    """What was decided at the boundary, newest first, without the facts' seal. before: the id of a newer one."""
    found = rows.decisions(unit, peer=peer, effect=effect, before=before, limit=limit)
    return [{name: value for name, value in one.items() if name not in {"sequence", "seal"}} for one in found]


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "at", "actor", "action", "target", "detail")}


def summary(unit: Unit) -> list[tuple[str, str, int, int, list[str]]]:
    """What crossed: direction, peer, how often allowed, how often not, and the rules that decided."""
    return rows.summary(unit)
