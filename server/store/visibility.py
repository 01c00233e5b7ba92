"""Who may see what: the one predicate, in SQL, that every read of posts goes through.

`visible(viewer, settings)` is a condition on `post` joined to its author's `account` row; run it with
`parameters(viewer)`. It refuses by leaving a row out: what a viewer may not see does not exist for them.
A post in a members-only group is for the active members of that group, and for instances that have one; while it waits,
or was refused, for its author alone; hidden or removed, for nobody. Who opened a group in an emergency sees what is published
in that one, until the opening is over.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    false,
    literal_column,
    or_,
    select,
)

from server.core.settings import Settings
from server.domain.groups import MembershipState
from server.domain.posts import Standing, Visibility
from server.domain.trust import Trust
from server.domain.viewers import Anonymous, Member, Opener, Peer, Viewer
from server.store.tables.accounts import account, block, follow
from server.store.tables.groups import group_opening, membership, stream_position
from server.store.tables.instances import instance
from server.store.tables.posts import mention, post
from server.store.tables.types import Moment

VIEWER_ID = "viewer_id"
VIEWER_ORIGIN = "viewer_origin"
VIEWER_OPENING = "viewer_opening"
VIEWER_AT = "viewer_at"
SILENCED: tuple[ColumnElement[Any], ...] = tuple(
    literal_column(f"'{trust.value}'") for trust in (Trust.SUSPENDED, Trust.BLOCKED)
)
"""Levels of trust under which nothing of an instance is shown."""

_original = post.alias("original")
_original_author = account.alias("original_author")


class _Kind(Enum):
    ANONYMOUS = "anonymous"
    MEMBER = "member"
    PEER = "peer"
    PROFILED = "profiled"
    OPENER = "opener"


def _kind(viewer: Viewer) -> _Kind:
    match viewer:
        case Member():
            return _Kind.MEMBER
        case Peer():
            return _Kind.PROFILED if viewer.profiled else _Kind.PEER
        case Anonymous():
            return _Kind.ANONYMOUS
        case Opener():
            return _Kind.OPENER


def visible(viewer: Viewer, settings: Settings) -> ColumnElement[bool]:
    """The condition on `post` joined to `account` (its author). Run it with `parameters(viewer)`."""
    return _condition(_kind(viewer), public_pages=settings.public_pages)


def parameters(viewer: Viewer) -> dict[str, Any]:
    """What the predicate of this viewer wants bound."""
    match viewer:
        case Member(account_id):
            return {VIEWER_ID: account_id}
        case Peer(origin):
            return {VIEWER_ORIGIN: origin}
        case Anonymous():
            return {}
        case Opener(opening_id, account_id, at):
            return {VIEWER_OPENING: opening_id, VIEWER_ID: account_id, VIEWER_AT: at}


def visible_posts(viewer: Viewer, settings: Settings) -> Select[Any]:
    """`select post.*` of everything visible; narrow it further. One object for each kind of viewer."""
    return _visible_posts(_kind(viewer), public_pages=settings.public_pages)


@cache
def _visible_posts(kind: _Kind, *, public_pages: bool) -> Select[Any]:
    return (
        select(post)
        .join(account, account.c.id == post.c.account_id)
        .where(_condition(kind, public_pages=public_pages))
    )


@cache
def _condition(kind: _Kind, *, public_pages: bool) -> ColumnElement[bool]:
    boosted: Select[Any] = (
        select(literal_column("1"))
        .select_from(_original)
        .join(_original_author, _original_author.c.id == _original.c.account_id)
        .where(
            _original.c.id == post.c.boost_of_id,
            _row(_original, _original_author, kind, public_pages=public_pages),
        )
        .correlate(post)
    )
    return and_(
        _row(post, account, kind, public_pages=public_pages),
        or_(post.c.boost_of_id.is_(None), exists(boosted)),
    )


def _row(p: FromClause, author: FromClause, kind: _Kind, *, public_pages: bool) -> ColumnElement[bool]:
    """The predicate for one row, whether it is a boost or not."""
    silenced = exists(
        select(literal_column("1"))
        .select_from(instance)
        .where(instance.c.domain == author.c.domain, instance.c.trust.in_(SILENCED))
        .correlate(author)
    )
    standing = and_(
        author.c.suspended_at.is_(None),
        author.c.deleted_at.is_(None),
        or_(author.c.domain == literal_column("''"), ~silenced),
    )
    if kind is _Kind.ANONYMOUS:
        if not public_pages:
            return false()
        return and_(standing, p.c.group_id.is_(None), p.c.visibility == literal_column("'public'"))
    if kind is _Kind.PEER:
        return and_(standing, _within_reach_of_peer(p, author))
    if kind is _Kind.PROFILED:
        return and_(standing, or_(_within_reach_of_peer(p, author), _in_group_of_peer(p)))
    if kind is _Kind.OPENER:
        return and_(standing, p.c.standing == _PUBLISHED, _in_opened_group(p))
    return and_(standing, _within_reach_of_member(p))


def _in_opened_group(p: FromClause) -> ColumnElement[bool]:
    """The group of a post is the one that this viewer opened, and the opening is not over."""
    at: BindParameter[Any] = bindparam(VIEWER_AT, type_=Moment)
    return exists(
        select(literal_column("1"))
        .select_from(group_opening)
        .where(
            group_opening.c.id == bindparam(VIEWER_OPENING),
            group_opening.c.account_id == bindparam(VIEWER_ID),
            group_opening.c.group_id == p.c.group_id,
            group_opening.c.ended_at.is_(None),
            group_opening.c.opened_at <= at,
            group_opening.c.until > at,
        )
        .correlate(p)
    )


def _within_reach_of_member(p: FromClause) -> ColumnElement[bool]:
    viewer: BindParameter[Any] = bindparam(VIEWER_ID)
    follows = exists(
        select(literal_column("1"))
        .select_from(follow)
        .where(
            follow.c.account_id == viewer,
            follow.c.target_id == p.c.account_id,
            follow.c.state == literal_column("'accepted'"),
        )
        .correlate(p)
    )
    named = exists(
        select(literal_column("1"))
        .select_from(mention)
        .where(mention.c.post_id == p.c.id, mention.c.account_id == viewer)
        .correlate(p)
    )
    return or_(
        and_(p.c.account_id == viewer, p.c.standing.not_in(_FOR_NOBODY)),
        and_(
            ~blocked_between(viewer, p.c.account_id, p),
            or_(
                and_(
                    p.c.group_id.is_(None),
                    or_(
                        p.c.visibility.in_(_OPEN),
                        and_(p.c.visibility == _FOLLOWERS, follows),
                        named,
                    ),
                ),
                and_(
                    p.c.group_id.is_not(None),
                    p.c.standing == _PUBLISHED,
                    in_group(viewer, p.c.group_id, p),
                    ~_group_hidden(p),
                ),
            ),
        ),
    )


def in_group(
    viewer: ColumnElement[Any], group_id: ColumnElement[Any], outer: FromClause
) -> ColumnElement[bool]:
    """Whether an account is an active member of a group. outer: the table that `group_id` belongs to."""
    return exists(
        select(literal_column("1"))
        .select_from(membership)
        .where(
            membership.c.group_id == group_id,
            membership.c.account_id == viewer,
            membership.c.state == _ACTIVE,
        )
        .correlate(outer)
    )


def _group_hidden(p: FromClause) -> ColumnElement[bool]:
    """While a group elsewhere cannot be reconciled with its roster, it is shown to nobody."""
    return exists(
        select(literal_column("1"))
        .select_from(stream_position)
        .where(stream_position.c.group_id == p.c.group_id, stream_position.c.hidden_at.is_not(None))
        .correlate(p)
    )


def _in_group_of_peer(p: FromClause) -> ColumnElement[bool]:
    """Posts in a group of ours that has a member there; and our members' posts in a group that lives there."""
    origin: BindParameter[Any] = bindparam(VIEWER_ORIGIN)
    reader, host = account.alias(), account.alias()
    ours = exists(
        select(literal_column("1"))
        .select_from(membership)
        .join(reader, reader.c.id == membership.c.account_id)
        .join(host, host.c.id == membership.c.group_id)
        .where(
            membership.c.group_id == p.c.group_id,
            membership.c.state == _ACTIVE,
            reader.c.domain == origin,
            host.c.domain == literal_column("''"),
        )
        .correlate(p)
    )
    home = account.alias()
    theirs = exists(
        select(literal_column("1"))
        .select_from(home)
        .where(home.c.id == p.c.group_id, home.c.domain == origin)
        .correlate(p)
    )
    return and_(
        p.c.group_id.is_not(None),
        or_(
            and_(p.c.standing == _PUBLISHED, ours),
            and_(p.c.local, p.c.standing.not_in(_FOR_NOBODY), theirs),
        ),
    )


def _within_reach_of_peer(p: FromClause, author: FromClause) -> ColumnElement[bool]:
    origin: BindParameter[Any] = bindparam(VIEWER_ORIGIN)
    reader = account.alias()
    follows = exists(
        select(literal_column("1"))
        .select_from(follow)
        .join(reader, reader.c.id == follow.c.account_id)
        .where(
            follow.c.target_id == p.c.account_id,
            follow.c.state == literal_column("'accepted'"),
            reader.c.domain == origin,
        )
        .correlate(p)
    )
    named_reader = account.alias()
    named = exists(
        select(literal_column("1"))
        .select_from(mention)
        .join(named_reader, named_reader.c.id == mention.c.account_id)
        .where(mention.c.post_id == p.c.id, named_reader.c.domain == origin)
        .correlate(p)
    )
    return and_(
        p.c.group_id.is_(None),
        or_(
            author.c.domain == origin,
            p.c.visibility.in_(_OPEN),
            and_(p.c.visibility == _FOLLOWERS, follows),
            named,
        ),
    )


def blocked_between(
    one: ColumnElement[Any], other: ColumnElement[Any], outer: FromClause
) -> ColumnElement[bool]:
    """Whether either blocks the other. outer: the table that `other` (or `one`) belongs to."""
    there = exists(
        select(literal_column("1"))
        .select_from(block)
        .where(block.c.account_id == one, block.c.target_id == other)
        .correlate(outer)
    )
    back = exists(
        select(literal_column("1"))
        .select_from(block)
        .where(block.c.account_id == other, block.c.target_id == one)
        .correlate(outer)
    )
    return or_(there, back)


_FOLLOWERS: ColumnElement[Any] = literal_column("'followers'")
_PUBLISHED: ColumnElement[Any] = literal_column(f"'{Standing.PUBLISHED.value}'")
_ACTIVE: ColumnElement[Any] = literal_column(f"'{MembershipState.ACTIVE.value}'")
_FOR_NOBODY: tuple[ColumnElement[Any], ...] = tuple(
    literal_column(f"'{each.value}'") for each in (Standing.HIDDEN, Standing.REMOVED)
)
_OPEN: tuple[ColumnElement[Any], ...] = tuple(
    literal_column(f"'{each.value}'") for each in (Visibility.PUBLIC, Visibility.UNLISTED)
)
