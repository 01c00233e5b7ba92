"""Rows of who was given which post of a members-only group to read."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, case, delete, distinct, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.domain.ledger import IncidentState
from server.domain.reads import Depth, PastReads, Read, Reader
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.ledger import incident, legal_hold, post_read
from server.store.tables.posts import post


def add(unit: Unit, reads: Iterable[Read]) -> None:
    """Adds to the row of the reader, post and day. Of posts that are gone meanwhile nothing is written."""
    found = list(reads)
    wanted = sorted({one.post_id for one in found})
    uris: dict[int, str] = {
        row.id: row.uri for row in unit.all(select(post.c.id, post.c.uri).where(post.c.id.in_(wanted)))
    }
    values = [
        {
            "post_id": one.post_id,
            "account_id": one.account_id,
            "day": one.day,
            "object_uri": uris[one.post_id],
            "depth": int(one.depth),
            "first_at": one.first_at,
            "last_at": one.last_at,
        }
        for one in sorted(found, key=lambda one: (one.post_id, one.account_id, one.day))
        if one.post_id in uris
    ]
    if not values:
        return
    insert = (sqlite_insert if unit.is_sqlite else postgresql_insert)(post_read)
    new = insert.excluded
    deeper = case((new.depth > post_read.c.depth, new.depth), else_=post_read.c.depth)
    unit.run(
        insert.on_conflict_do_update(
            index_elements=["post_id", "account_id", "day"],
            set_={"depth": deeper, "last_at": new.last_at},
        ),
        values,
    )


def of_object(unit: Unit, object_uri: str) -> list[Reader]:
    """Oldest first; also when the post is gone."""
    statement = (
        select(post_read, account.c.username)
        .outerjoin(account, account.c.id == post_read.c.account_id)
        .where(post_read.c.object_uri == object_uri)
        .order_by(post_read.c.first_at, post_read.c.account_id)
    )
    return [
        Reader(
            row.account_id,
            row.username or "",
            Read(row.account_id, row.post_id, Depth(row.depth), row.first_at, row.last_at),
        )
        for row in unit.all(statement)
    ]


def readers(unit: Unit, object_uri: str) -> int:
    """How many people; also when the post is gone."""
    counted = select(func.count(distinct(post_read.c.account_id))).where(post_read.c.object_uri == object_uri)
    return int(unit.value(counted))


def past(unit: Unit, before_day: str) -> PastReads:
    """Rows of days before this one, those that go and those that stay."""
    number = func.count().label("number")
    statement = select(number, func.min(post_read.c.first_at).label("oldest"))
    old = post_read.c.day < before_day
    going = unit.first(statement.where(old, _free()))
    kept = unit.value(select(number).where(old, ~_free()))
    return PastReads(going.number if going else 0, going.oldest if going else None, int(kept or 0))


def forget(unit: Unit, before_day: str) -> int:
    """Drops what is of days before this one and may go. Answers how many rows."""
    return unit.run(delete(post_read).where(post_read.c.day < before_day, _free()))


def _free() -> ColumnElement[bool]:
    """Not about what somebody still has to decide about, nor what a lawful order keeps."""
    watched = select(incident.c.object_uri).where(incident.c.state == IncidentState.OPEN.value)
    return and_(
        post_read.c.object_uri.not_in(watched),
        post_read.c.object_uri.not_in(select(legal_hold.c.object_uri)),
    )
