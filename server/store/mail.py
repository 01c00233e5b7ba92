"""Rows of mail that waits to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from server.store.session import Unit
from server.store.tables.users import mail


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `mail`."""
    unit.run(mail.insert(), values)


def due(unit: Unit, limit: int) -> list[Row[Any]]:
    """Oldest first."""
    statement = select(mail).where(mail.c.due_at <= unit.now).order_by(mail.c.due_at).limit(limit)
    return list(unit.all(statement))


def put_off(unit: Unit, mail_id: int, until: datetime) -> None:
    """Counts an attempt, and says when the next may be made."""
    unit.run(update(mail).where(mail.c.id == mail_id).values(attempts=mail.c.attempts + 1, due_at=until))


def remove(unit: Unit, mail_id: int) -> None:
    unit.run(delete(mail).where(mail.c.id == mail_id))
