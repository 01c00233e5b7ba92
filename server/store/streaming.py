"""Which readers a post concerns: those who have it at home, and those who may hear that it is gone.

The latter is a rule of its own, as the predicate has no row to look at any more; it is never wider than that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, literal_column, or_, select, true

from server.domain.changes import ChangeKind
from server.domain.posts import Standing, Visibility
from server.domain.streaming import Gone
from server.store import visibility
from server.store.session import Unit
from server.store.tables.accounts import account, follow
from server.store.tables.posts import home_entry, mention, post

ASKED_AT_ONCE = 500

_AT_HOME = select(home_entry.c.account_id).where(
    home_entry.c.post_id == bindparam("post_id"),
    home_entry.c.account_id.in_(bindparam("ids", expanding=True)),
)


def at_home(unit: Unit, post_id: int, account_ids: Collection[int]) -> set[int]:
    """In whose home timelines of these a post is: it costs what they are, not how many others have it."""
    return {
        row.account_id
        for some in _some(account_ids)
        for row in unit.all(_AT_HOME, {"post_id": post_id, "ids": some})
    }


def _some(account_ids: Collection[int]) -> Iterator[list[int]]:
    """As many as are asked for at once."""
    ids = list(account_ids)
    for start in range(0, len(ids), ASKED_AT_ONCE):
        yield ids[start : start + ASKED_AT_ONCE]


_LEAVING = select(
    post.c.id, post.c.account_id, post.c.visibility, post.c.group_id, post.c.standing, post.c.tags
).where(or_(post.c.id == bindparam("post_id"), post.c.boost_of_id == bindparam("post_id")))
_NAMED_HERE = (
    select(mention.c.account_id)
    .join(account, account.c.id == mention.c.account_id)
    .where(mention.c.post_id == bindparam("post_id"), account.c.domain == literal_column("''"))
)


def leaves(unit: Unit, post_id: int) -> None:
    """A post and its boosts are about to be taken away: who may hear of it is written down while it can be known."""
    for row in unit.all(_LEAVING, {"post_id": post_id}):
        gone = Gone(
            post_id=row.id,
            author_id=row.account_id,
            public=row.visibility == Visibility.PUBLIC.value and row.group_id is None,
            direct=row.visibility == Visibility.DIRECT.value,
            group_id=row.group_id,
            published=row.standing == Standing.PUBLISHED.value,
            named=tuple(each.account_id for each in unit.all(_NAMED_HERE, {"post_id": row.id})),
            tags=tuple(row.tags),
        )
        unit.changed(ChangeKind.POST_GONE, gone.key())


def may_hear(unit: Unit, gone: Gone, account_ids: Sequence[int]) -> set[int]:
    """Who of the accounts was within reach of a post that is gone: a deletion is no news to anybody else."""
    statement = select(account.c.id).where(
        account.c.id.in_(bindparam("ids", expanding=True)), _within_reach(gone)
    )
    found: set[int] = set()
    for some in _some(account_ids):
        found.update(row.id for row in unit.all(statement, {"ids": some}))
    return found


def _within_reach(gone: Gone) -> ColumnElement[bool]:
    author: ColumnElement[Any] = literal_column(str(gone.author_id))
    is_author = account.c.id == author
    if not gone.published:
        return is_author
    follows = exists(
        select(literal_column("1"))
        .select_from(follow)
        .where(
            follow.c.account_id == account.c.id,
            follow.c.target_id == author,
            follow.c.state == literal_column("'accepted'"),
        )
        .correlate(account)
    )
    if gone.group_id is not None:
        reach = visibility.in_group(account.c.id, literal_column(str(gone.group_id)), account)
    else:
        named = account.c.id.in_(gone.named) if gone.named else false()
        reach = or_(named, false() if gone.direct else or_(follows, true() if gone.public else false()))
    return or_(is_author, and_(reach, ~visibility.blocked_between(account.c.id, author, account)))
