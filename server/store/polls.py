"""Rows of polls and votes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from server.domain.posts import Poll, PollOption
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.posts import poll, poll_vote, post

_BY_ID = select(poll).where(poll.c.id == bindparam("poll_id"))
_BY_POSTS = select(poll).where(poll.c.post_id.in_(bindparam("ids", expanding=True)))
_OWN = select(poll_vote.c.poll_id, poll_vote.c.choice).where(
    poll_vote.c.account_id == bindparam("account_id"),
    poll_vote.c.poll_id.in_(bindparam("ids", expanding=True)),
)


def record(row: Row[Any]) -> Poll:
    return Poll(
        id=row.id,
        post_id=row.post_id,
        options=tuple(PollOption(title, votes) for title, votes in row.options),
        multiple=row.multiple,
        hide_totals=row.hide_totals,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        voters_count=row.voters_count,
    )


def find(unit: Unit, poll_id: int) -> Poll | None:
    row = unit.first(_BY_ID, {"poll_id": poll_id})
    return record(row) if row else None


def of_posts(unit: Unit, post_ids: Iterable[int]) -> dict[int, Poll]:
    """Polls by the post that they hang on."""
    wanted = list(post_ids)
    if not wanted:
        return {}
    return {row.post_id: record(row) for row in unit.all(_BY_POSTS, {"ids": wanted})}


def lock(unit: Unit, poll_id: int) -> Poll | None:
    """The poll, kept from others until the end of the unit: votes are counted one after the other."""
    row = unit.first(select(poll).where(poll.c.id == poll_id).with_for_update())
    return record(row) if row else None


def add(unit: Unit, values: dict[str, Any]) -> None:
    unit.run(poll.insert(), {"hide_totals": False, "closed_at": None, "voters_count": 0, **values})


def replace(unit: Unit, poll_id: int, values: dict[str, Any]) -> None:
    """Other choices: what was voted is void."""
    unit.run(delete(poll_vote).where(poll_vote.c.poll_id == poll_id))
    unit.run(update(poll).where(poll.c.id == poll_id).values(**values))


def change(unit: Unit, poll_id: int, values: dict[str, Any]) -> None:
    unit.run(update(poll).where(poll.c.id == poll_id).values(**values))


def remove(unit: Unit, poll_id: int) -> None:
    unit.run(delete(poll).where(poll.c.id == poll_id))


def tally(unit: Unit, poll_id: int, options: Iterable[PollOption], voters: int) -> None:
    """Writes the counts down."""
    values = [[option.title, option.votes] for option in options]
    unit.run(update(poll).where(poll.c.id == poll_id).values(options=values, voters_count=voters))


def add_vote(unit: Unit, poll_id: int, account_id: int, choice: int, uri: str) -> bool:
    """False when this choice was made before."""
    return insert_ignore(
        unit,
        poll_vote,
        {"poll_id": poll_id, "account_id": account_id, "choice": choice, "uri": uri, "created_at": unit.now},
    )


def own_votes(unit: Unit, account_id: int, poll_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    wanted = list(poll_ids)
    found: dict[int, list[int]] = {}
    if wanted:
        for row in unit.all(_OWN, {"account_id": account_id, "ids": wanted}):
            found.setdefault(row.poll_id, []).append(row.choice)
    return {poll_id: tuple(sorted(choices)) for poll_id, choices in found.items()}


def counts(unit: Unit, poll_id: int) -> tuple[dict[int, int], int]:
    """Votes by choice, and the number of voters."""
    rows = unit.all(
        select(poll_vote.c.choice, func.count().label("votes"))
        .where(poll_vote.c.poll_id == poll_id)
        .group_by(poll_vote.c.choice)
    )
    voters = unit.value(
        select(func.count(poll_vote.c.account_id.distinct())).where(poll_vote.c.poll_id == poll_id)
    )
    return {row.choice: row.votes for row in rows}, int(voters)


def local_voters(unit: Unit, poll_id: int) -> list[int]:
    rows = unit.all(
        select(poll_vote.c.account_id)
        .join(account, account.c.id == poll_vote.c.account_id)
        .where(poll_vote.c.poll_id == poll_id, account.c.domain == "")
        .distinct()
    )
    return [row.account_id for row in rows]


def remote_voter_ids(unit: Unit, poll_id: int) -> list[int]:
    rows = unit.all(
        select(poll_vote.c.account_id)
        .join(account, account.c.id == poll_vote.c.account_id)
        .where(poll_vote.c.poll_id == poll_id, account.c.domain != "")
        .distinct()
    )
    return [row.account_id for row in rows]


def due(unit: Unit, now: datetime, most: int) -> list[tuple[Poll, int, bool]]:
    """Polls whose time is over and that nobody has closed: with the author's account id and whether it is ours."""
    rows = unit.all(
        select(poll, post.c.account_id, post.c.local)
        .join(post, post.c.id == poll.c.post_id)
        .where(poll.c.closed_at.is_(None), poll.c.expires_at <= now)
        .order_by(poll.c.id)
        .limit(most)
    )
    return [(record(row), row.account_id, row.local) for row in rows]
