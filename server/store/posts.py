"""Rows of posts: found (by id, for a viewer), added, changed, counted, deleted.

Statements are built once. Reads for a viewer go through `store.visibility`; `find` and `find_by_uri` are for
work that acts for nobody (receiving, rendering what was already authorised).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    Update,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    union,
    update,
)

from server.domain.changes import ChangeKind
from server.domain.posts import Mention, Post, PostKind, Standing, Visibility
from server.domain.viewers import Viewer
from server.store import streaming, visibility
from server.store.session import Unit
from server.store.statement import insert_all_ignore, insert_ignore
from server.store.tables.accounts import account
from server.store.tables.posts import (
    favourite,
    mention,
    post,
    post_tag,
)

_BY_ID = select(post).where(post.c.id == bindparam("post_id"))
_BY_URI = select(post).where(post.c.uri == bindparam("uri"))
_ID_OF_URI = select(post.c.id).where(post.c.uri == bindparam("uri"))
_BY_IDS = select(post).where(post.c.id.in_(bindparam("ids", expanding=True)))
_BOOST = select(post).where(
    post.c.account_id == bindparam("account_id"), post.c.boost_of_id == bindparam("original_id")
)


def record(row: Row[Any]) -> Post:
    """A row that begins with all columns of `post` as its record."""
    values = list(row[:_WIDTH])
    values[_URL] = values[_URL] or values[_URI]
    values[_KIND] = PostKind(values[_KIND])
    values[_VISIBILITY] = Visibility(values[_VISIBILITY])
    values[_TAGS] = tuple(values[_TAGS])
    values[_STANDING] = Standing(values[_STANDING])
    return Post(*values)


_WIDTH = len(post.c)
_COLUMNS = [column.name for column in post.c]
_URI, _URL, _KIND, _VISIBILITY, _TAGS, _STANDING = (
    _COLUMNS.index(name) for name in ("uri", "url", "kind", "visibility", "tags", "standing")
)


def find(unit: Unit, post_id: int) -> Post | None:
    row = unit.first(_BY_ID, {"post_id": post_id})
    return record(row) if row else None


def find_by_uri(unit: Unit, uri: str) -> Post | None:
    row = unit.first(_BY_URI, {"uri": uri})
    return record(row) if row else None


def many(unit: Unit, ids: Iterable[int]) -> dict[int, Post]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row.id: record(row) for row in unit.all(_BY_IDS, {"ids": wanted})}


def find_boost(unit: Unit, account_id: int, original_id: int) -> Post | None:
    row = unit.first(_BOOST, {"account_id": account_id, "original_id": original_id})
    return record(row) if row else None


@cache
def _visible_among(base: Select[Any]) -> Select[Any]:
    return base.where(post.c.id.in_(bindparam("ids", expanding=True)))


def visible(unit: Unit, viewer: Viewer, ids: Iterable[int]) -> dict[int, Post]:
    """Those of the posts that the viewer may see."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    statement = _visible_among(visibility.visible_posts(viewer, unit.context.settings))
    rows = unit.all(statement, {"ids": wanted, **visibility.parameters(viewer)})
    return {row.id: record(row) for row in rows}


_original = post.alias("stamped_original")
_author = account.alias("stamped_author")
_original_author = account.alias("stamped_original_author")
_STAMPS = (
    select(
        post.c.id,
        post.c.version,
        _author.c.version.label("author_version"),
        func.coalesce(_original.c.version, 0).label("original_version"),
        func.coalesce(_original_author.c.version, 0).label("original_author_version"),
    )
    .join(_author, _author.c.id == post.c.account_id)
    .outerjoin(_original, _original.c.id == post.c.boost_of_id)
    .outerjoin(_original_author, _original_author.c.id == _original.c.account_id)
    .where(post.c.id.in_(bindparam("ids", expanding=True)))
)


def stamps(unit: Unit, post_ids: Iterable[int]) -> dict[int, tuple[int, int, int, int]]:
    """The versions of a post, its author, what it boosts and that author (0 where there is none)."""
    rows = unit.all(_STAMPS, {"ids": list(post_ids)})
    return {
        row.id: (row.version, row.author_version, row.original_version, row.original_author_version)
        for row in rows
    }


# -- threads ---------------------------------------------------------------------------------------------

_up = select(post.c.id, post.c.in_reply_to_id, literal_column("0").label("depth")).where(
    post.c.id == bindparam("post_id")
)
_up_tree = _up.cte("up", recursive=True)
_parent = post.alias("parent")
_up_tree = _up_tree.union_all(
    select(_parent.c.id, _parent.c.in_reply_to_id, _up_tree.c.depth + 1).where(
        _parent.c.id == _up_tree.c.in_reply_to_id, _up_tree.c.depth < bindparam("most")
    )
)
_ANCESTORS = select(_up_tree.c.id, _up_tree.c.depth)

_down = select(post.c.id, post.c.in_reply_to_id, literal_column("0").label("depth")).where(
    post.c.id == bindparam("post_id")
)
_down_tree = _down.cte("down", recursive=True)
_child = post.alias("child")
_down_tree = _down_tree.union_all(
    select(_child.c.id, _child.c.in_reply_to_id, _down_tree.c.depth + 1).where(
        _child.c.in_reply_to_id == _down_tree.c.id, _down_tree.c.depth < 100
    )
)
_DESCENDANTS = select(_down_tree.c.id, _down_tree.c.in_reply_to_id).limit(bindparam("most"))


def ancestor_ids(unit: Unit, post_id: int, most: int) -> list[int]:
    """Oldest first, without the post itself."""
    rows = unit.all(_ANCESTORS, {"post_id": post_id, "most": most})
    return [row.id for row in sorted(rows, key=lambda row: -row.depth) if row.depth > 0]


def descendant_ids(unit: Unit, post_id: int, most: int) -> list[tuple[int, int]]:
    """Pairs of a post and its parent, without the post itself; not in any order."""
    rows = unit.all(_DESCENDANTS, {"post_id": post_id, "most": most + 1})
    return [(row.id, row.in_reply_to_id) for row in rows if row.id != post_id]


_WAITING = select(post).where(post.c.in_reply_to_uri == bindparam("uri"), post.c.in_reply_to_id.is_(None))
_ADOPT = (
    update(post)
    .where(
        post.c.in_reply_to_uri == bindparam("b_uri"),
        post.c.in_reply_to_id.is_(None),
        func.coalesce(post.c.group_id, 0) == bindparam("group"),
    )
    .values(
        in_reply_to_id=bindparam("parent_id"),
        in_reply_to_account_id=bindparam("parent_account_id"),
        version=post.c.version + 1,
    )
)
_MERGE = (
    update(post).where(post.c.thread_id == bindparam("old_thread")).values(thread_id=bindparam("new_thread"))
)


def waiting_for(unit: Unit, uri: str) -> list[Post]:
    """Answers that came before the post that they answer."""
    return [record(row) for row in unit.all(_WAITING, {"uri": uri})]


def adopt(unit: Unit, parent: Post) -> None:
    """Those that were said in the same group, or like the parent in none."""
    values = {"b_uri": parent.uri, "parent_id": parent.id, "parent_account_id": parent.account_id}
    unit.run(_ADOPT, {**values, "group": parent.group_id or 0})


def thread_between(unit: Unit, author_id: int, reader_id: int) -> int | None:
    """The thread of the last direct post of one account to another."""
    statement = (
        select(post.c.thread_id)
        .join(mention, mention.c.post_id == post.c.id)
        .where(
            mention.c.account_id == reader_id,
            post.c.account_id == author_id,
            post.c.visibility == Visibility.DIRECT.value,
        )
        .order_by(post.c.id.desc())
        .limit(1)
    )
    found: int | None = unit.value(statement)
    return found


def merge_thread(unit: Unit, old: int, new: int) -> None:
    unit.run(_MERGE, {"old_thread": old, "new_thread": new})


# -- writing ---------------------------------------------------------------------------------------------

_DEFAULTS: dict[str, Any] = {
    "kind": PostKind.NOTE.value,
    "group_id": None,
    "content_class": "discussion",
    "boost_of_id": None,
    "in_reply_to_id": None,
    "in_reply_to_uri": None,
    "in_reply_to_account_id": None,
    "title": "",
    "summary": "",
    "content": "",
    "source": None,
    "source_type": "text/plain",
    "language": None,
    "sensitive": False,
    "tags": (),
    "application": None,
    "edited_at": None,
    "replies_count": 0,
    "boosts_count": 0,
    "favourites_count": 0,
    "version": 1,
    "standing": Standing.PUBLISHED.value,
    "standing_reason": "",
    "digest": None,
}


def add(unit: Unit, values: dict[str, Any]) -> bool:
    """Adds a post; False when its uri, or the same boost, is already there."""
    url = "" if values["url"] == values["uri"] else values["url"]
    added = insert_ignore(unit, post, {**_DEFAULTS, **values, "url": url})
    if added:
        unit.changed(ChangeKind.POST, values["id"])
    return added


_LEAVES = frozenset({Standing.HIDDEN.value, Standing.REMOVED.value})


def change(unit: Unit, post_id: int, values: dict[str, Any]) -> None:
    """Changes columns and raises the version. Open streams hear of new words and of another standing."""
    standing = values.get("standing")
    if standing in _LEAVES:
        streaming.leaves(unit, post_id)
    unit.run(update(post).where(post.c.id == post_id).values(**values, version=post.c.version + 1))
    if standing == Standing.PUBLISHED.value:
        unit.changed(ChangeKind.POST, post_id)
    elif "edited_at" in values:
        unit.changed(ChangeKind.POST_EDITED, post_id)


_TOUCH = update(post).where(post.c.id == bindparam("b_id")).values(version=post.c.version + 1)


def touch(unit: Unit, post_id: int) -> None:
    """Raises the version: something that its entity shows has changed elsewhere (a poll, its media)."""
    unit.run(_TOUCH, {"b_id": post_id})


class Count(StrEnum):
    """Which number of a post moves; the value is the column."""

    REPLIES = "replies_count"
    BOOSTS = "boosts_count"
    FAVOURITES = "favourites_count"


@cache
def _counting(which: Count, *, up: bool) -> Update:
    column = post.c[which.value]
    moved = column + 1 if up else case((column > 0, column - 1), else_=0)
    return (
        update(post)
        .where(post.c.id == bindparam("b_id"))
        .values({which.value: moved, "version": post.c.version + 1})
    )


def count(unit: Unit, post_id: int, which: Count, *, up: bool) -> None:
    """Moves a counter by one, never below zero."""
    unit.run(_counting(which, up=up), {"b_id": post_id})


def lock(unit: Unit, post_id: int) -> bool:
    """Holds a post until the end of the unit. False where another unit has just taken it away."""
    return unit.first(select(post.c.id).where(post.c.id == post_id).with_for_update()) is not None


def remove(unit: Unit, post_id: int) -> None:
    """Deletes a post with all that hangs on it, its boosts included; those who boosted it count one less."""
    boosters = select(post.c.account_id).where(post.c.boost_of_id == post_id)
    streaming.leaves(unit, post_id)
    unit.run(
        update(account)
        .where(account.c.id.in_(boosters))
        .values(
            posts_count=case((account.c.posts_count > 0, account.c.posts_count - 1), else_=0),
            version=account.c.version + 1,
        )
    )
    unit.run(delete(post).where(post.c.id == post_id))


# -- mentions, tags --------------------------------------------------------------------------------------

_MENTIONS = (
    select(mention)
    .where(mention.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(mention.c.post_id, mention.c.account_id)
)


def mentions(unit: Unit, post_ids: Iterable[int]) -> list[Mention]:
    """In the order in which the accounts became known."""
    wanted = list(post_ids)
    if not wanted:
        return []
    rows = unit.all(_MENTIONS, {"ids": wanted})
    return [Mention(row.post_id, row.account_id, row.silent) for row in rows]


def add_mentions(unit: Unit, post_id: int, account_ids: Iterable[int], *, silent: bool = False) -> None:
    rows = [{"post_id": post_id, "account_id": each, "silent": silent} for each in account_ids]
    if rows:
        insert_all_ignore(unit, mention, rows)


def silence_mentions(unit: Unit, post_id: int, but: Iterable[int]) -> None:
    """Those no longer named in the text stay readers, without being shown. Those in `but` are shown."""
    shown = list(but)
    unit.run(
        update(mention)
        .where(mention.c.post_id == post_id)
        .values(silent=case((mention.c.account_id.in_(shown), False), else_=True) if shown else True)
    )


def add_tags(unit: Unit, post_id: int, tags: Iterable[str]) -> None:
    rows = [{"tag": tag[:255], "post_id": post_id} for tag in tags]
    if rows:
        insert_all_ignore(unit, post_tag, rows)


def replace_tags(unit: Unit, post_id: int, tags: Iterable[str]) -> None:
    unit.run(delete(post_tag).where(post_tag.c.post_id == post_id))
    add_tags(unit, post_id, tags)


# -- who reacted -----------------------------------------------------------------------------------------


_REACTING = union(
    select(post.c.account_id).where(post.c.boost_of_id == bindparam("post_id")),
    select(post.c.account_id).where(post.c.in_reply_to_id == bindparam("post_id")),
    select(favourite.c.account_id).where(favourite.c.post_id == bindparam("post_id")),
).subquery()
_INTERACTORS = select(account.c.id).where(account.c.id.in_(select(_REACTING)), account.c.domain != "")


def interactor_ids(unit: Unit, post_id: int) -> list[int]:
    """Remote accounts that boosted, favourited or answered a post: they hold copies of it."""
    return [row.id for row in unit.all(_INTERACTORS, {"post_id": post_id})]


def local_boosters(unit: Unit, post_id: int) -> list[int]:
    """Local accounts that boosted a post."""
    rows = unit.all(select(post.c.account_id).where(post.c.boost_of_id == post_id, post.c.local))
    return [row.account_id for row in rows]
