"""Rows of reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update

from server.domain.reports import Report, ReportCategory
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.posts import report


def record(row: Row[Any]) -> Report:
    values = row._asdict()
    values["post_ids"] = tuple(values["post_ids"])
    values["category"] = ReportCategory(values["category"])
    return Report(**values)


def add(unit: Unit, values: dict[str, Any]) -> bool:
    """False when a report with this uri is already there."""
    return insert_ignore(unit, report, {"created_at": unit.now, "resolved_at": None, **values})


def find(unit: Unit, report_id: int) -> Report | None:
    row = unit.first(select(report).where(report.c.id == report_id))
    return record(row) if row else None


def unresolved(unit: Unit, most: int = 100) -> list[Report]:
    """Oldest first."""
    rows = unit.all(select(report).where(report.c.resolved_at.is_(None)).order_by(report.c.id).limit(most))
    return [record(row) for row in rows]


def resolve(unit: Unit, report_id: int) -> bool:
    return unit.run(update(report).where(report.c.id == report_id).values(resolved_at=unit.now)) == 1
