"""Rows of favourites, bookmarks, pins and muted threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Select,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    union_all,
)

from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.viewers import Member, Viewer
from server.store import accounts, paging
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.posts import bookmark, favourite, pin, post, thread_mute
from server.store.visibility import blocked_between, parameters

# -- favourites ------------------------------------------------------------------------------------------

_FAVOURITE_URI = select(favourite.c.uri).where(
    favourite.c.account_id == bindparam("account_id"), favourite.c.post_id == bindparam("post_id")
)


def add_favourite(unit: Unit, account_id: int, post_id: int, uri: str) -> bool:
    """False when it was there already, or the uri is taken."""
    return insert_ignore(
        unit,
        favourite,
        {
            "id": unit.new_id(),
            "account_id": account_id,
            "post_id": post_id,
            "uri": uri,
            "created_at": unit.now,
        },
    )


def end_favourite(unit: Unit, account_id: int, post_id: int) -> str | None:
    """Answers the uri of what ended; None when there was none."""
    uri: str | None = unit.value(_FAVOURITE_URI, {"account_id": account_id, "post_id": post_id})
    if uri is not None:
        unit.run(
            delete(favourite).where(favourite.c.account_id == account_id, favourite.c.post_id == post_id)
        )
    return uri


def find_favourite(unit: Unit, uri: str) -> tuple[int, int] | None:
    """The account and the post of a favourite by its uri."""
    row = unit.first(select(favourite.c.account_id, favourite.c.post_id).where(favourite.c.uri == uri))
    return (row.account_id, row.post_id) if row else None


# -- bookmarks, pins, muted threads ----------------------------------------------------------------------


def add_bookmark(unit: Unit, account_id: int, post_id: int) -> bool:
    return insert_ignore(unit, bookmark, {"id": unit.new_id(), "account_id": account_id, "post_id": post_id})


def end_bookmark(unit: Unit, account_id: int, post_id: int) -> bool:
    return _end(unit, bookmark, account_id, post_id)


def add_pin(unit: Unit, account_id: int, post_id: int) -> bool:
    return insert_ignore(unit, pin, {"account_id": account_id, "post_id": post_id, "created_at": unit.now})


def end_pin(unit: Unit, account_id: int, post_id: int) -> bool:
    return _end(unit, pin, account_id, post_id)


def count_pins(unit: Unit, account_id: int) -> int:
    return int(unit.value(select(func.count()).select_from(pin).where(pin.c.account_id == account_id)))


def pinned_ids(unit: Unit, account_id: int) -> list[int]:
    """Newest pin first."""
    rows = unit.all(
        select(pin.c.post_id)
        .where(pin.c.account_id == account_id)
        .order_by(pin.c.created_at.desc(), pin.c.post_id.desc())
    )
    return [row.post_id for row in rows]


def _end(unit: Unit, table: Table, account_id: int, post_id: int) -> bool:
    return unit.run(delete(table).where(table.c.account_id == account_id, table.c.post_id == post_id)) == 1


def mute_thread(unit: Unit, account_id: int, thread_id: int) -> bool:
    return insert_ignore(unit, thread_mute, {"account_id": account_id, "thread_id": thread_id})


def unmute_thread(unit: Unit, account_id: int, thread_id: int) -> bool:
    condition = (thread_mute.c.account_id == account_id, thread_mute.c.thread_id == thread_id)
    return unit.run(delete(thread_mute).where(*condition)) == 1


def merge_thread(unit: Unit, old: int, new: int) -> None:
    """Who muted the one thread has muted the other that it became part of."""
    for row in unit.all(select(thread_mute.c.account_id).where(thread_mute.c.thread_id == old)):
        mute_thread(unit, row.account_id, new)
    unit.run(delete(thread_mute).where(thread_mute.c.thread_id == old))


# -- what a viewer did -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flags:
    """What one account did with one post."""

    favourited: bool = False
    boosted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    muted: bool = False


NO_FLAGS = Flags()
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_VIEWER: BindParameter[Any] = bindparam("viewer_id")
_FLAGS = union_all(
    select(favourite.c.post_id.label("post_id"), literal_column("'favourited'").label("flag")).where(
        favourite.c.account_id == _VIEWER, favourite.c.post_id.in_(_IDS)
    ),
    select(post.c.boost_of_id, literal_column("'boosted'")).where(
        post.c.account_id == _VIEWER, post.c.boost_of_id.in_(_IDS)
    ),
    select(bookmark.c.post_id, literal_column("'bookmarked'")).where(
        bookmark.c.account_id == _VIEWER, bookmark.c.post_id.in_(_IDS)
    ),
    select(pin.c.post_id, literal_column("'pinned'")).where(
        pin.c.account_id == _VIEWER, pin.c.post_id.in_(_IDS)
    ),
    select(post.c.id, literal_column("'muted'"))
    .join(thread_mute, thread_mute.c.thread_id == post.c.thread_id)
    .where(thread_mute.c.account_id == _VIEWER, post.c.id.in_(_IDS)),
)


def flags(unit: Unit, viewer_id: int, post_ids: Iterable[int]) -> dict[int, Flags]:
    """Only posts with which the viewer did something are in the answer."""
    wanted = sorted(set(post_ids))
    if not wanted:
        return {}
    found: dict[int, dict[str, Any]] = {}
    for row in unit.all(_FLAGS, {"viewer_id": viewer_id, "ids": wanted}):
        found.setdefault(row.post_id, {})[row.flag] = True
    return {post_id: Flags(**values) for post_id, values in found.items()}


@cache
def _favourited_by(bounds: paging.Shape, *, for_member: bool) -> Select[Any]:
    statement = (
        select(account, favourite.c.id.label("row_id"))
        .join(account, account.c.id == favourite.c.account_id)
        .where(
            favourite.c.post_id == bindparam("post_id"),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
    )
    if for_member:
        statement = statement.where(~blocked_between(_VIEWER, account.c.id, account))
    return paging.paged(statement, favourite.c.id, bounds)


def favourited_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """With the favourite's own id, by which pages are bounded."""
    asked = {"post_id": post_id, **paging.parameters(page), **parameters(viewer)}
    statement = _favourited_by(paging.shape(page), for_member=isinstance(viewer, Member))
    return [accounts.numbered(row) for row in paging.in_order(page, unit.all(statement, asked))]
