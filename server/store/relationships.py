"""Rows of follows, blocks, mutes and private notes about accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    union,
    update,
)

from federation.types import Iri, Origin
from server.domain.accounts import Account, Follow, FollowState, Relationship
from server.domain.pages import Page
from server.store import accounts, paging
from server.store.session import Unit
from server.store.statement import insert_ignore, upsert
from server.store.tables.accounts import account, account_note, block, follow, mute
from server.store.tables.posts import mention, post

_ACCEPTED = FollowState.ACCEPTED.value


def follow_record(row: Row[Any]) -> Follow:
    return Follow(
        id=row.id,
        account_id=row.account_id,
        target_id=row.target_id,
        state=FollowState(row.state),
        uri=Iri(row.uri),
        reblogs=row.reblogs,
        notify=row.notify,
        languages=None if row.languages is None else tuple(row.languages),
        created_at=row.created_at,
    )


# -- follows ---------------------------------------------------------------------------------------------

_FOLLOW = select(follow).where(
    follow.c.account_id == bindparam("account_id"), follow.c.target_id == bindparam("target_id")
)


def find_follow(unit: Unit, account_id: int, target_id: int) -> Follow | None:
    row = unit.first(_FOLLOW, {"account_id": account_id, "target_id": target_id})
    return follow_record(row) if row else None


def find_follow_by_uri(unit: Unit, uri: str) -> Follow | None:
    row = unit.first(select(follow).where(follow.c.uri == uri))
    return follow_record(row) if row else None


def add_follow(unit: Unit, values: dict[str, Any]) -> bool:
    """False when the pair, or the uri, is already there."""
    new = {"reblogs": True, "notify": False, "languages": None, "created_at": unit.now, **values}
    return insert_ignore(unit, follow, new)


def change_follow(unit: Unit, follow_id: int, values: dict[str, Any]) -> None:
    unit.run(update(follow).where(follow.c.id == follow_id).values(**values))


def accept_follow(unit: Unit, follow_id: int) -> bool:
    """False where it was accepted, or taken back, by somebody else in the same moment."""
    pending = follow.c.state == FollowState.PENDING.value
    return unit.run(update(follow).where(follow.c.id == follow_id, pending).values(state=_ACCEPTED)) == 1


def end_follow(unit: Unit, follow_id: int) -> FollowState | None:
    """What it was; None where it is gone already."""
    state = unit.value(delete(follow).where(follow.c.id == follow_id).returning(follow.c.state))
    return None if state is None else FollowState(state)


_HAS_LOCAL_FOLLOWERS: Select[Any] = (
    select(literal_column("1"))
    .select_from(follow)
    .join(account, account.c.id == follow.c.account_id)
    .where(
        follow.c.target_id == bindparam("target_id"),
        follow.c.state == _ACCEPTED,
        account.c.domain == literal_column("''"),
    )
    .limit(1)
)


def has_local_followers(unit: Unit, target_id: int) -> bool:
    return unit.value(_HAS_LOCAL_FOLLOWERS, {"target_id": target_id}) is not None


def with_instance(unit: Unit, domain: Origin) -> list[Follow]:
    """Follows and requests, in both directions, whose other side lives at an instance."""
    there = select(account.c.id).where(account.c.domain == domain)
    rows = unit.all(
        select(follow)
        .where(or_(follow.c.account_id.in_(there), follow.c.target_id.in_(there)))
        .order_by(follow.c.id)
    )
    return [follow_record(row) for row in rows]


def local_follows_of(unit: Unit, target_id: int) -> list[Follow]:
    """Accepted and pending follows that local accounts have towards an account."""
    rows = unit.all(
        select(follow)
        .join(account, account.c.id == follow.c.account_id)
        .where(follow.c.target_id == target_id, account.c.domain == "")
        .order_by(follow.c.id)
    )
    return [follow_record(row) for row in rows]


_NOTIFIED = (
    select(follow.c.account_id)
    .join(account, account.c.id == follow.c.account_id)
    .where(
        follow.c.target_id == bindparam("target_id"),
        follow.c.state == _ACCEPTED,
        follow.c.notify,
        account.c.domain == literal_column("''"),
    )
)


def notified_of_posts(unit: Unit, target_id: int) -> list[int]:
    """Local followers that asked to be told of each post."""
    return [row.account_id for row in unit.all(_NOTIFIED, {"target_id": target_id})]


_INBOXES = (
    select(account.c.domain, func.coalesce(account.c.shared_inbox, account.c.inbox).label("address"))
    .select_from(follow)
    .join(account, account.c.id == follow.c.account_id)
    .where(
        follow.c.target_id == bindparam("target_id"),
        follow.c.state == _ACCEPTED,
        account.c.domain != "",
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .distinct()
)


def inboxes_of_followers(unit: Unit, target_id: int) -> list[tuple[Origin, Iri]]:
    """Where a thing for all followers is delivered: each shared inbox once."""
    return [(Origin(row.domain), Iri(row.address)) for row in unit.all(_INBOXES, {"target_id": target_id})]


def inboxes_of_contacts(unit: Unit, account_id: int) -> list[tuple[Origin, Iri]]:
    """Of followers, of those followed or asked, and of those mentioned; each shared inbox once."""
    known = union(
        select(follow.c.account_id).where(follow.c.target_id == account_id),
        select(follow.c.target_id).where(follow.c.account_id == account_id),
        select(mention.c.account_id)
        .join(post, post.c.id == mention.c.post_id)
        .where(post.c.account_id == account_id),
    ).subquery()
    rows = unit.all(
        select(account.c.domain, func.coalesce(account.c.shared_inbox, account.c.inbox).label("address"))
        .where(
            account.c.id.in_(select(known)),
            account.c.domain != "",
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
        .distinct()
    )
    return [(Origin(row.domain), Iri(row.address)) for row in rows]


# -- pages of accounts -----------------------------------------------------------------------------------


@cache
def _accounts_page(
    table: Table, fixed: str, shown: str, state: str | None, bounds: paging.Shape
) -> Select[Any]:
    statement = (
        select(account, table.c.id.label("row_id"))
        .select_from(table)
        .join(account, account.c.id == table.c[shown])
        .where(
            table.c[fixed] == bindparam("fixed_id"),
            account.c.suspended_at.is_(None),
            account.c.deleted_at.is_(None),
        )
    )
    if state is not None:
        statement = statement.where(table.c.state == state)
    return paging.paged(statement, table.c.id, bounds)


def _page(
    unit: Unit, table: Table, sides: tuple[str, str], fixed_id: int, page: Page, *, state: str | None = None
) -> list[tuple[int, Account]]:
    statement = _accounts_page(table, *sides, state, paging.shape(page))
    rows = unit.all(statement, {"fixed_id": fixed_id, **paging.parameters(page)})
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]


def followers(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return _page(unit, follow, ("target_id", "account_id"), account_id, page, state=_ACCEPTED)


def following(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return _page(unit, follow, ("account_id", "target_id"), account_id, page, state=_ACCEPTED)


def requests(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return _page(unit, follow, ("target_id", "account_id"), account_id, page, state=FollowState.PENDING.value)


def blocks(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    return _page(unit, block, ("account_id", "target_id"), account_id, page)


def mutes(unit: Unit, account_id: int, page: Page) -> list[tuple[int, Account]]:
    """Those that have not run out."""
    lasts = or_(mute.c.expires_at.is_(None), mute.c.expires_at > unit.now)
    statement = _accounts_page(mute, "account_id", "target_id", None, paging.shape(page)).where(lasts)
    rows = unit.all(statement, {"fixed_id": account_id, **paging.parameters(page)})
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]


# -- blocks and mutes ------------------------------------------------------------------------------------

_BLOCKED_EITHER_WAY: Select[Any] = (
    select(literal_column("1"))
    .select_from(block)
    .where(
        or_(
            and_(block.c.account_id == bindparam("one"), block.c.target_id == bindparam("other")),
            and_(block.c.account_id == bindparam("other"), block.c.target_id == bindparam("one")),
        )
    )
    .limit(1)
)


def blocked_either_way(unit: Unit, one: int, other: int) -> bool:
    return unit.value(_BLOCKED_EITHER_WAY, {"one": one, "other": other}) is not None


def add_block(unit: Unit, account_id: int, target_id: int, uri: str) -> bool:
    return insert_ignore(
        unit,
        block,
        {
            "id": unit.new_id(),
            "account_id": account_id,
            "target_id": target_id,
            "uri": uri,
            "created_at": unit.now,
        },
    )


def end_block(unit: Unit, account_id: int, target_id: int) -> str | None:
    """Answers the uri of the block that ended; None when there was none."""
    condition = and_(block.c.account_id == account_id, block.c.target_id == target_id)
    uri: str | None = unit.value(select(block.c.uri).where(condition))
    if uri is not None:
        unit.run(delete(block).where(condition))
    return uri


def find_block_by_uri(unit: Unit, uri: str) -> tuple[int, int] | None:
    """Who blocks whom."""
    row = unit.first(select(block.c.account_id, block.c.target_id).where(block.c.uri == uri))
    return (row.account_id, row.target_id) if row else None


def set_mute(
    unit: Unit, account_id: int, target_id: int, *, notifications: bool, expires_at: datetime | None
) -> None:
    values = {
        "id": unit.new_id(),
        "account_id": account_id,
        "target_id": target_id,
        "notifications": notifications,
        "expires_at": expires_at,
        "created_at": unit.now,
    }
    if not insert_ignore(unit, mute, values):
        unit.run(
            update(mute)
            .where(mute.c.account_id == account_id, mute.c.target_id == target_id)
            .values(notifications=notifications, expires_at=expires_at)
        )


def end_mute(unit: Unit, account_id: int, target_id: int) -> bool:
    return unit.run(delete(mute).where(mute.c.account_id == account_id, mute.c.target_id == target_id)) == 1


def forget_mutes(unit: Unit) -> int:
    """Drops those that have run out."""
    return unit.run(delete(mute).where(mute.c.expires_at <= unit.now))


def set_note(unit: Unit, account_id: int, target_id: int, comment: str) -> None:
    if comment:
        values = {"account_id": account_id, "target_id": target_id, "comment": comment}
        upsert(unit, account_note, values, ["account_id", "target_id"])
    else:
        unit.run(
            delete(account_note).where(
                account_note.c.account_id == account_id, account_note.c.target_id == target_id
            )
        )


# -- everything between two ------------------------------------------------------------------------------

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def _pairs(table: Table) -> ColumnElement[bool]:
    return or_(
        and_(table.c.account_id == bindparam("viewer_id"), table.c.target_id.in_(_IDS)),
        and_(table.c.target_id == bindparam("viewer_id"), table.c.account_id.in_(_IDS)),
    )


_FOLLOWS_BETWEEN = select(follow).where(_pairs(follow))
_BLOCKS_BETWEEN = select(block.c.account_id, block.c.target_id).where(_pairs(block))
_MUTES_OF = select(mute.c.target_id, mute.c.notifications, mute.c.expires_at).where(
    mute.c.account_id == bindparam("viewer_id"),
    mute.c.target_id.in_(_IDS),
    or_(mute.c.expires_at.is_(None), mute.c.expires_at > bindparam("now", type_=mute.c.expires_at.type)),
)
_NOTES_OF = select(account_note.c.target_id, account_note.c.comment).where(
    account_note.c.account_id == bindparam("viewer_id"), account_note.c.target_id.in_(_IDS)
)


def relationships(unit: Unit, viewer_id: int, ids: Iterable[int]) -> list[Relationship]:
    """In the order asked for; four statements however many."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    found: dict[int, dict[str, Any]] = {each: {} for each in wanted}
    asked = {"viewer_id": viewer_id, "ids": wanted}
    for row in unit.all(_FOLLOWS_BETWEEN, asked):
        accepted = row.state == _ACCEPTED
        if row.account_id == viewer_id:
            found[row.target_id] |= {
                "following": accepted,
                "requested": not accepted,
                "showing_reblogs": row.reblogs,
                "notifying": row.notify,
                "languages": None if row.languages is None else tuple(row.languages),
            }
        else:
            found[row.account_id] |= {"followed_by": accepted, "requested_by": not accepted}
    for row in unit.all(_BLOCKS_BETWEEN, asked):
        if row.account_id == viewer_id:
            found[row.target_id]["blocking"] = True
        else:
            found[row.account_id]["blocked_by"] = True
    for row in unit.all(_MUTES_OF, {**asked, "now": unit.now}):
        found[row.target_id] |= {
            "muting": True,
            "muting_notifications": row.notifications,
            "muting_expires_at": row.expires_at,
        }
    for row in unit.all(_NOTES_OF, asked):
        found[row.target_id]["note"] = row.comment
    return [Relationship(target_id=each, **values) for each, values in found.items()]


def at_origin(
    unit: Unit, account_id: int, origin: Origin, page: Page, *, followers: bool
) -> list[tuple[int, Account]]:
    """Followers of an account (or those whom it follows) that live at one instance: what that peer knows already."""
    fixed, shown = ("target_id", "account_id") if followers else ("account_id", "target_id")
    statement = _accounts_page(follow, fixed, shown, _ACCEPTED, paging.shape(page)).where(
        account.c.domain == origin
    )
    rows = unit.all(statement, {"fixed_id": account_id, **paging.parameters(page)})
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]
