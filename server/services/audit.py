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
