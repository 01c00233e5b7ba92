"""Rows of browser sessions, of failed attempts, and of challenges that count once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from server.domain.signin import Stage, WebSession
from server.domain.users import Role
from server.store.session import Unit
from server.store.statement import insert_ignore, upsert
from server.store.tables.accounts import account
from server.store.tables.users import signin_attempt, spent, user, web_session

_SESSION = (
    select(web_session, user.c.account_id, user.c.role, user.c.language, user.c.timezone)
    .join(user, user.c.id == web_session.c.user_id)
    .join(account, account.c.id == user.c.account_id)
    .where(user.c.disabled_at.is_(None), account.c.suspended_at.is_(None), account.c.deleted_at.is_(None))
)


def _record(row: Row[Any]) -> WebSession:
    values = row._asdict()
    del values["token_hash"]
    values["role"], values["stage"] = Role(values["role"]), Stage(values["stage"])
    return WebSession(**values)


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `web_session`."""
    unit.run(web_session.insert(), values)


def find(unit: Unit, token_hash: str) -> WebSession | None:
    """The session of a cookie; None as well when its user is disabled or its account suspended."""
    row = unit.first(_SESSION.where(web_session.c.token_hash == token_hash))
    return _record(row) if row else None


def of_user(unit: Unit, user_id: int) -> list[WebSession]:
    """Newest first."""
    statement = _SESSION.where(web_session.c.user_id == user_id).order_by(web_session.c.id.desc())
    return [_record(row) for row in unit.all(statement)]


def change(unit: Unit, session_id: int, values: dict[str, Any]) -> None:
    unit.run(update(web_session).where(web_session.c.id == session_id).values(**values))


def end(unit: Unit, session_id: int, user_id: int) -> bool:
    """False when the user has no such session."""
    condition = (web_session.c.id == session_id) & (web_session.c.user_id == user_id)
    return unit.run(delete(web_session).where(condition)) == 1


def end_old(unit: Unit, *, created_before: datetime, seen_before: datetime) -> int:
    condition = (web_session.c.created_at < created_before) | (web_session.c.last_seen_at < seen_before)
    return unit.run(delete(web_session).where(condition))


# -- attempts and challenges -----------------------------------------------------------------------------


def attempts(unit: Unit, key: str) -> tuple[int, datetime] | None:
    """How many attempts failed since when."""
    row = unit.first(select(signin_attempt).where(signin_attempt.c.key == key))
    return (row.failures, row.window_at) if row else None


def put_attempts(unit: Unit, key: str, failures: int, window_at: datetime) -> None:
    upsert(unit, signin_attempt, {"key": key, "failures": failures, "window_at": window_at}, ["key"])


def clear_attempts(unit: Unit, key: str) -> None:
    unit.run(delete(signin_attempt).where(signin_attempt.c.key == key))


def end_old_attempts(unit: Unit, before: datetime) -> None:
    unit.run(delete(signin_attempt).where(signin_attempt.c.window_at < before))


def spend(unit: Unit, key: str, until: datetime) -> bool:
    """False when it was spent before. Rows whose time is over go on the way."""
    unit.run(delete(spent).where(spent.c.until < unit.now))
    return insert_ignore(unit, spent, {"key": key, "until": until})
