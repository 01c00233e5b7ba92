"""Rows of actors and their keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select, update

from federation.types import Iri
from server.domain.accounts import Account, AccountKey, AccountKind, Field
from server.domain.verification import Checked, Method
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.accounts import account, account_key

_BY_ID = select(account).where(account.c.id == bindparam("id"))
_BY_URI = select(account).where(account.c.uri == bindparam("uri"))
_BY_IDS = select(account).where(account.c.id.in_(bindparam("ids", expanding=True)))
_BY_URIS = select(account).where(account.c.uri.in_(bindparam("uris", expanding=True)))
_BY_PUBLIC_ID = select(account).where(account.c.public_id == bindparam("public_id"))
_BY_NAME = select(account).where(
    account.c.username_folded == bindparam("username"), account.c.domain == bindparam("domain")
)


def record(row: Row[Any]) -> Account:
    """A row that begins with all columns of `account` as its record."""
    values = list(row[:_WIDTH])
    values[_KIND] = AccountKind(values[_KIND])
    values[_FIELDS] = tuple(Field(*field) for field in values[_FIELDS])
    values[_ALSO] = tuple(values[_ALSO])
    if values[_CHECKED] is not None:
        values[_CHECKED] = _checked(*values[_CHECKED])
    del values[_FOLDED]  # in the table only
    return Account(*values)


_COLUMNS = [column.name for column in account.c]
_WIDTH = len(_COLUMNS)
_KIND, _FIELDS, _ALSO, _FOLDED, _CHECKED = (
    _COLUMNS.index(name) for name in ("kind", "fields", "also_known_as", "username_folded", "checked")
)


def _checked(
    profession: str, specialties: list[str], method: str, register: str, decided: str, until: str
) -> Checked:
    moments = datetime.fromisoformat(decided), datetime.fromisoformat(until)
    return Checked(profession, tuple(specialties), Method(method), register, *moments)


def numbered(row: Row[Any]) -> tuple[int, Account]:
    """A row of all columns of `account` and of `row_id`, by which pages are bounded."""
    return row.row_id, record(row)


def find(unit: Unit, account_id: int) -> Account | None:
    row = unit.first(_BY_ID, {"id": account_id})
    return record(row) if row else None


def find_by_uri(unit: Unit, uri: str) -> Account | None:
    row = unit.first(_BY_URI, {"uri": uri})
    return record(row) if row else None


def find_by_public_id(unit: Unit, public_id: str) -> Account | None:
    row = unit.first(_BY_PUBLIC_ID, {"public_id": public_id})
    return record(row) if row else None


def find_by_name(unit: Unit, username: str, domain: str = "") -> Account | None:
    row = unit.first(_BY_NAME, {"username": username.casefold(), "domain": domain})
    return record(row) if row else None


def many(unit: Unit, ids: Iterable[int]) -> dict[int, Account]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row.id: record(row) for row in unit.all(_BY_IDS, {"ids": wanted})}


def many_by_uri(unit: Unit, uris: Iterable[str]) -> dict[str, Account]:
    wanted = sorted(set(uris))
    if not wanted:
        return {}
    return {row.uri: record(row) for row in unit.all(_BY_URIS, {"uris": wanted})}


def add(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `account`; username_folded is filled in."""
    unit.run(
        account.insert(),
        {"fields": [], "also_known_as": [], **values, "username_folded": values["username"].casefold()},
    )


def usual_waits(unit: Unit, uris: list[str]) -> list[tuple[int, str, int | None]]:
    """Of these groups, and of all whose profile says so already: id, uri, and what it says."""
    found = or_(account.c.uri.in_(uris), account.c.usual_wait.is_not(None))
    rows = unit.all(select(account.c.id, account.c.uri, account.c.usual_wait).where(found))
    return [(row.id, row.uri, row.usual_wait) for row in rows]


def change(unit: Unit, account_id: int, values: dict[str, Any]) -> None:
    """Changes columns and raises the version, so that prepared entities are made anew."""
    unit.run(
        update(account).where(account.c.id == account_id).values(**values, version=account.c.version + 1)
    )


_POSTED = (
    update(account)
    .where(account.c.id == bindparam("b_id"))
    .values(
        posts_count=account.c.posts_count + 1, last_post_at=bindparam("b_at"), version=account.c.version + 1
    )
)


def posted(unit: Unit, account_id: int, at: datetime) -> None:
    """Counts a new post of an account."""
    unit.run(_POSTED, {"b_id": account_id, "b_at": at})


def count(
    unit: Unit,
    account_id: int,
    *,
    followers: int = 0,
    following: int = 0,
    posts: int = 0,
    posted_at: datetime | None = None,
) -> None:
    """Moves the counters, never below zero."""
    values: dict[str, Any] = {"version": account.c.version + 1}
    for column, by in (
        (account.c.followers_count, followers),
        (account.c.following_count, following),
        (account.c.posts_count, posts),
    ):
        if by:
            values[column.name] = (
                column + by
                if by > 0
                else func.max(column + by, 0)
                if unit.is_sqlite
                else func.greatest(column + by, 0)
            )
    if posted_at is not None:
        values["last_post_at"] = posted_at
    unit.run(update(account).where(account.c.id == account_id).values(values))


def local(unit: Unit, *, include_gone: bool = False) -> list[Account]:
    """All local accounts, oldest first."""
    condition: ColumnElement[bool] = account.c.domain == ""
    if not include_gone:
        condition &= account.c.deleted_at.is_(None)
    return [record(row) for row in unit.all(select(account).where(condition).order_by(account.c.id))]


def search(unit: Unit, text: str, *, limit: int, offset: int = 0) -> list[Account]:
    """Accounts whose name, handle or display name begins with or contains the text; folded, gone ones left out."""
    name, _, domain = text.removeprefix("@").casefold().partition("@")
    pattern = _escaped(name)
    condition: ColumnElement[bool] = account.c.username_folded.like(f"{pattern}%", escape="\\")
    if domain:
        condition &= account.c.domain.like(f"{_escaped(domain)}%", escape="\\")
    else:
        condition = or_(condition, func.lower(account.c.display_name).like(f"%{pattern}%", escape="\\"))
    statement = (
        select(account)
        .where(
            condition,
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
            account.c.kind != "Application",
        )
        .order_by(account.c.domain != "", func.length(account.c.username), account.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [record(row) for row in unit.all(statement)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# -- keys ------------------------------------------------------------------------------------------------


def add_key(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `account_key`. A key id seen before is replaced: its owner's document decides."""
    upsert(unit, account_key, values, ["key_id"])


def keys(unit: Unit, account_id: int) -> list[AccountKey]:
    """Keys of an account that are not retired, oldest first."""
    statement = (
        select(account_key)
        .where(account_key.c.account_id == account_id, account_key.c.retired_at.is_(None))
        .order_by(account_key.c.id)
    )
    return [AccountKey(**row._asdict()) for row in unit.all(statement)]


def all_keys(unit: Unit, account_id: int) -> list[AccountKey]:
    """Also those that were retired, oldest first."""
    statement = select(account_key).where(account_key.c.account_id == account_id).order_by(account_key.c.id)
    return [AccountKey(**row._asdict()) for row in unit.all(statement)]


def find_key(unit: Unit, key_id: str) -> tuple[AccountKey, Iri] | None:
    """A key with the id of the actor that owns it."""
    row = unit.first(
        select(account_key, account.c.uri)
        .join(account, account.c.id == account_key.c.account_id)
        .where(account_key.c.key_id == key_id)
    )
    if row is None:
        return None
    values = row._asdict()
    uri = values.pop("uri")
    return AccountKey(**values), uri


def retire_keys(unit: Unit, account_id: int, but: Iterable[str]) -> list[str]:
    """Marks the keys of an account that its document no longer lists, and answers their ids."""
    unlisted = (
        account_key.c.account_id == account_id,
        account_key.c.key_id.not_in(list(but)),
        account_key.c.retired_at.is_(None),
    )
    found = [row.key_id for row in unit.all(select(account_key.c.key_id).where(*unlisted))]
    if found:
        unit.run(update(account_key).where(*unlisted).values(retired_at=unit.now))
    return found


def local_posts(unit: Unit) -> int:
    """How many posts all local accounts have made."""
    return int(
        unit.value(select(func.coalesce(func.sum(account.c.posts_count), 0)).where(account.c.domain == ""))
        or 0
    )


def has_face(unit: Unit, digest: str) -> bool:
    """Whether these bytes are the avatar or header of a local account that is shown."""
    shown = (account.c.domain == "") & account.c.deleted_at.is_(None) & account.c.suspended_at.is_(None)
    return (
        unit.value(
            select(account.c.id).where(shown, or_(account.c.avatar == digest, account.c.header == digest))
        )
        is not None
    )
