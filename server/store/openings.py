"""Rows of groups that were opened in an emergency."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from server.domain.openings import Opening
from server.store.session import Unit
from server.store.tables.groups import group_opening


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(group_opening.insert(), values)


def find(unit: Unit, opening_id: int) -> Opening | None:
    row = unit.first(select(group_opening).where(group_opening.c.id == opening_id))
    return Opening(**row._asdict()) if row else None


def recent(
    unit: Unit,
    limit: int,
    *,
    group_id: int | None = None,
    account_id: int | None = None,
    here: str | None = None,
) -> list[Opening]:
    """Newest first; of one group, of one opener, of the groups whose addresses begin so, where given."""
    statement = select(group_opening)
    if group_id is not None:
        statement = statement.where(group_opening.c.group_id == group_id)
    if account_id is not None:
        statement = statement.where(group_opening.c.account_id == account_id)
    if here is not None:
        statement = statement.where(group_opening.c.group_uri.startswith(f"{here}/", autoescape=True))
    found = unit.all(statement.order_by(group_opening.c.id.desc()).limit(limit))
    return [Opening(**row._asdict()) for row in found]


def end(unit: Unit, opening_id: int, by: str) -> bool:
    """False where it was ended before."""
    statement = update(group_opening).where(
        group_opening.c.id == opening_id, group_opening.c.ended_at.is_(None)
    )
    return unit.run(statement.values(ended_at=unit.now, ended_by=by)) == 1
