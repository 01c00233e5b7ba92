"""Rows of OAuth clients, and of the codes that they exchange.

Each device registers its app on its own: what people call one app is all registrations of one name and one website.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, distinct, func, or_, select, update

from server.domain.users import App, AppInUse
from server.store.session import Unit
from server.store.tables.users import oauth_app, oauth_code, oauth_token


def _record(row: Row[Any]) -> App:
    values = row._asdict()
    values["redirect_uris"] = tuple(values["redirect_uris"])
    values["scopes"] = tuple(values["scopes"])
    return App(**values)


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(oauth_app.insert(), values)


def find(unit: Unit, client_id: str) -> App | None:
    row = unit.first(select(oauth_app).where(oauth_app.c.client_id == client_id))
    return _record(row) if row else None


def find_by_id(unit: Unit, app_id: int) -> App | None:
    row = unit.first(select(oauth_app).where(oauth_app.c.id == app_id))
    return _record(row) if row else None


def forget_unused(unit: Unit, made_before: datetime) -> int:
    """Apps that registered and were never let in by anybody."""
    used = select(oauth_token.c.id).where(oauth_token.c.app_id == oauth_app.c.id).exists()
    return unit.run(
        delete(oauth_app).where(oauth_app.c.created_at < made_before, oauth_app.c.blocked_at.is_(None), ~used)
    )


def add_code(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(oauth_code.insert(), values)


def take_code(unit: Unit, code_hash: str, token_id: int) -> bool:
    """Marks a code as used. False where it was: two that come at the same moment cannot both have it."""
    return (
        unit.run(
            update(oauth_code)
            .where(oauth_code.c.code_hash == code_hash, oauth_code.c.used_at.is_(None))
            .values(used_at=unit.now, token_id=token_id)
        )
        == 1
    )


def find_code(unit: Unit, code_hash: str) -> Row[Any] | None:
    return unit.first(select(oauth_code).where(oauth_code.c.code_hash == code_hash))


def forget_codes(unit: Unit, made_before: datetime) -> int:
    return unit.run(delete(oauth_code).where(oauth_code.c.created_at < made_before))


# -- in use, and blocked ---------------------------------------------------------------------------------


def in_use(
    unit: Unit, used_since: datetime, text: str = "", after: int | None = None, limit: int = 50
) -> list[AppInUse]:
    """What members let in, and what is blocked, by name. text: part of the name. after: the last one of the page before."""
    statement = _in_use(unit, used_since)
    website = func.coalesce(oauth_app.c.website, "")
    if text:
        statement = statement.where(func.lower(oauth_app.c.name).contains(text.casefold(), autoescape=True))
    last = find_by_id(unit, after) if after is not None else None
    if last is not None:
        further = and_(oauth_app.c.name == last.name, website > (last.website or ""))
        statement = statement.where(or_(oauth_app.c.name > last.name, further))
    found = unit.all(statement.order_by(oauth_app.c.name, website).limit(limit))
    return [AppInUse(**row._asdict()) for row in found]


def in_use_of(unit: Unit, used_since: datetime, app: App) -> AppInUse | None:
    """The one that a registration belongs to; None where nobody uses it."""
    row = unit.first(_in_use(unit, used_since).where(*_alike(app.name, app.website)))
    return AppInUse(**row._asdict()) if row else None


def _in_use(unit: Unit, used_since: datetime) -> Select[Any]:
    live = and_(
        oauth_token.c.app_id == oauth_app.c.id,
        oauth_token.c.user_id.is_not(None),
        oauth_token.c.revoked_at.is_(None),
        or_(oauth_token.c.expires_at.is_(None), oauth_token.c.expires_at > unit.now),
        or_(oauth_token.c.last_used_at.is_(None), oauth_token.c.last_used_at >= used_since),
    )
    blocked_at = func.min(oauth_app.c.blocked_at)
    return (
        select(
            func.min(oauth_app.c.id).label("id"),
            oauth_app.c.name,
            oauth_app.c.website,
            func.count(distinct(oauth_app.c.id)).label("registrations"),
            func.count(distinct(oauth_token.c.user_id)).label("members"),
            func.count(distinct(oauth_token.c.id)).label("tokens"),
            func.max(oauth_token.c.last_used_at).label("last_used_at"),
            blocked_at.label("blocked_at"),
        )
        .select_from(oauth_app)
        .outerjoin(oauth_token, live)
        .group_by(oauth_app.c.name, oauth_app.c.website)
        .having(or_(func.count(oauth_token.c.id) > 0, blocked_at.is_not(None)))
    )


def registrations(unit: Unit, name: str, website: str | None) -> list[int]:
    """Oldest first."""
    statement = select(oauth_app.c.id).where(*_alike(name, website)).order_by(oauth_app.c.id)
    return [row.id for row in unit.all(statement)]


def is_blocked(unit: Unit, name: str, website: str | None) -> bool:
    statement = select(oauth_app.c.id).where(*_alike(name, website), oauth_app.c.blocked_at.is_not(None))
    return unit.first(statement.limit(1)) is not None


def set_blocked(unit: Unit, app_ids: Collection[int], blocked_at: datetime | None) -> None:
    unit.run(update(oauth_app).where(oauth_app.c.id.in_(app_ids)).values(blocked_at=blocked_at))


def _alike(name: str, website: str | None) -> tuple[Any, ...]:
    return oauth_app.c.name == name, oauth_app.c.website.is_not_distinct_from(website)
