"""Home timelines, written once when a post arrives: one insert-select, whatever the number of members.

It refuses nobody by itself: entries are read through the visibility predicate, so one that has become invisible
is not shown.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Text,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.store import visibility
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account, follow
from server.store.tables.posts import home_entry, mention, post

_ONE: ColumnElement[Any] = literal_column("1")
_LOCAL: ColumnElement[Any] = literal_column("''")

# -- writing home ----------------------------------------------------------------------------------------


@cache
def _fan_out(*, sqlite: bool, boost: bool, reply: bool, direct: bool, spoken: bool) -> Executable:
    """One insert-select: the local followers who are to read a post at home."""
    post_id = bindparam("b_post_id", type_=post.c.id.type)
    readers = (
        select(follow.c.account_id, post_id)
        .select_from(follow)
        .join(account, account.c.id == follow.c.account_id)
        .where(
            follow.c.target_id == bindparam("b_author_id"),
            follow.c.state == literal_column("'accepted'"),
            account.c.domain == _LOCAL,
        )
    )
    if boost:
        readers = readers.where(follow.c.reblogs, ~_shown_before())
    if reply:
        readers = readers.where(_follows_answered())
    if direct:
        named = (
            select(_ONE)
            .select_from(mention)
            .where(mention.c.post_id == post_id, mention.c.account_id == follow.c.account_id)
        )
        readers = readers.where(exists(named.correlate(follow)))
    if spoken:
        readers = readers.where(
            or_(
                follow.c.languages.is_(None),
                (func.instr if sqlite else func.strpos)(
                    type_coerce(follow.c.languages, Text), bindparam("b_language")
                )
                > 0,
            )
        )
    insert = sqlite_insert if sqlite else postgresql_insert
    into = insert(home_entry).from_select(["account_id", "post_id"], readers).on_conflict_do_nothing()
    return into.execution_options(preserve_rowcount=True)


def _shown_before() -> ColumnElement[bool]:
    """Whether a follower has the original, or another boost of it, at home: found from the posts, however long a home is."""
    original: BindParameter[Any] = bindparam("b_original_id")
    seen = union_all(
        select(post.c.id).where(post.c.id == original),
        select(post.c.id).where(post.c.boost_of_id == original),
    )
    return follow.c.account_id.in_(select(home_entry.c.account_id).where(home_entry.c.post_id.in_(seen)))


def _follows_answered() -> ColumnElement[bool]:
    """Whether a follower is, or also follows, the one who is answered."""
    other = follow.alias("other")
    answered: BindParameter[Any] = bindparam("b_answered_id")
    return or_(
        follow.c.account_id == answered,
        exists(
            select(_ONE)
            .select_from(other)
            .where(
                other.c.account_id == follow.c.account_id,
                other.c.target_id == answered,
                other.c.state == literal_column("'accepted'"),
            )
            .correlate(follow)
        ),
    )


def fan_out(unit: Unit, arrived: Post) -> int:
    """Puts a post into the home timelines of the local followers who are to read it; answers how many."""
    reply = arrived.in_reply_to_uri is not None and arrived.in_reply_to_account_id != arrived.account_id
    values: dict[str, Any] = {"b_post_id": arrived.id, "b_author_id": arrived.account_id}
    boost, direct = arrived.boost_of_id is not None, arrived.visibility is Visibility.DIRECT
    if boost:
        values["b_original_id"] = arrived.boost_of_id
    if reply:
        if arrived.in_reply_to_account_id is None:
            return 0  # the answered post is not here yet: shown when it is
        values["b_answered_id"] = arrived.in_reply_to_account_id
    if arrived.language:
        values["b_language"] = f'"{arrived.language}"'
    statement = _fan_out(
        sqlite=unit.is_sqlite, boost=boost, reply=reply, direct=direct, spoken=bool(arrived.language)
    )
    return unit.run(statement, values)


def put(unit: Unit, account_id: int, post_id: int) -> None:
    insert_ignore(unit, home_entry, {"account_id": account_id, "post_id": post_id})


def withdraw_author(unit: Unit, account_id: int, author_id: int) -> None:
    """Takes an author's posts and boosts out of a home timeline."""
    theirs = select(post.c.id).where(post.c.id == home_entry.c.post_id, post.c.account_id == author_id)
    unit.run(delete(home_entry).where(home_entry.c.account_id == account_id, exists(theirs)))


def withdraw_post(unit: Unit, post_id: int) -> None:
    unit.run(delete(home_entry).where(home_entry.c.post_id == post_id))


def trim(unit: Unit, account_id: int, keep: int) -> int:
    """Drops the oldest entries beyond `keep`."""
    oldest = unit.value(
        select(home_entry.c.post_id)
        .where(home_entry.c.account_id == account_id)
        .order_by(home_entry.c.post_id.desc())
        .offset(keep)
        .limit(1)
    )
    if oldest is None:
        return 0
    return unit.run(
        delete(home_entry).where(home_entry.c.account_id == account_id, home_entry.c.post_id <= oldest)
    )


def backfill(unit: Unit, account_id: int, author_id: int, most: int, *, reblogs: bool) -> None:
    """Puts the newest posts of an account into the home of one who now follows it."""
    statement = visibility.visible_posts(Member(account_id), unit.context.settings).where(
        post.c.account_id == author_id,
        post.c.visibility != Visibility.DIRECT.value,
        or_(post.c.in_reply_to_uri.is_(None), post.c.in_reply_to_account_id == author_id),
    )
    if not reblogs:
        statement = statement.where(post.c.boost_of_id.is_(None))
    newest = statement.with_only_columns(post.c.id).order_by(post.c.id.desc()).limit(most)
    for row in unit.all(newest, visibility.parameters(Member(account_id))):
        put(unit, account_id, row.id)
