"""Reading timelines: one statement of a fixed shape each, built once.

The visibility predicate, what the viewer has silenced, and a page: the cost depends on the page, not on how many posts
or members there are. Muted accounts are left out of what a viewer did not ask for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
)

from server.domain.accounts import Account
from server.domain.lists import RepliesPolicy
from server.domain.pages import Page
from server.domain.posts import Post
from server.domain.viewers import Member, Opener, Viewer
from server.store import accounts, domain_blocks, paging, posts, visibility
from server.store.session import Unit
from server.store.tables.accounts import account, list_, list_account, mute
from server.store.tables.posts import bookmark, favourite, home_entry, media, pin, post, post_tag

_ONE: ColumnElement[Any] = literal_column("1")
_PUBLIC: ColumnElement[Any] = literal_column("'public'")
_VIEWER: BindParameter[Any] = bindparam(visibility.VIEWER_ID)

# -- what a viewer has silenced --------------------------------------------------------------------------


def _unmuted(author_id: ColumnElement[Any], outer: FromClause) -> ColumnElement[bool]:
    """Neither muted by the viewer nor on an instance that the viewer blocks. Wants `now` bound."""
    muted = exists(
        select(_ONE)
        .select_from(mute)
        .where(
            mute.c.account_id == _VIEWER,
            mute.c.target_id == author_id,
            or_(
                mute.c.expires_at.is_(None),
                mute.c.expires_at > bindparam("now", type_=mute.c.expires_at.type),
            ),
        )
        .correlate(outer)
    )
    return ~muted & ~domain_blocks.hides(_VIEWER, author_id, outer)


def _unmuted_original() -> ColumnElement[bool]:
    """What is boosted is not by somebody whom the viewer mutes."""
    boosted = post.alias("boosted")
    return or_(
        post.c.boost_of_id.is_(None),
        exists(
            select(_ONE)
            .select_from(boosted)
            .where(boosted.c.id == post.c.boost_of_id, _unmuted(boosted.c.account_id, boosted))
            .correlate(post)
        ),
    )


def _not_in_exclusive_list() -> ColumnElement[bool]:
    return ~exists(
        select(_ONE)
        .select_from(list_)
        .join(list_account, list_account.c.list_id == list_.c.id)
        .where(
            list_.c.account_id == _VIEWER,
            list_.c.exclusive,
            list_account.c.account_id == post.c.account_id,
        )
        .correlate(post)
    )


def _no_reply_to_others() -> ColumnElement[bool]:
    return or_(post.c.in_reply_to_uri.is_(None), post.c.in_reply_to_account_id == post.c.account_id)


def _replies_within(list_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Answers are to those on the list."""
    answered = list_account.alias("answered")
    return or_(
        _no_reply_to_others(),
        exists(
            select(_ONE)
            .select_from(answered)
            .where(answered.c.list_id == list_id, answered.c.account_id == post.c.in_reply_to_account_id)
            .correlate(post)
        ),
    )


def _has_media() -> ColumnElement[bool]:
    return exists(select(_ONE).select_from(media).where(media.c.post_id == post.c.id).correlate(post))


def _read(unit: Unit, statement: Select[Any], viewer: Viewer, page: Page, **asked: Any) -> list[Post]:
    values = {**visibility.parameters(viewer), **paging.parameters(page), **asked}
    return [posts.record(row) for row in paging.in_order(page, unit.all(statement, values))]


# -- home and lists --------------------------------------------------------------------------------------


@cache
def _home(base: Select[Any], bounds: paging.Shape) -> Select[Any]:
    statement = base.join(home_entry, home_entry.c.post_id == post.c.id).where(
        home_entry.c.account_id == _VIEWER,
        _unmuted(post.c.account_id, post),
        _unmuted_original(),
        _not_in_exclusive_list(),
    )
    return paging.paged(statement, home_entry.c.post_id, bounds)


def home_statement(unit: Unit, viewer: Member, page: Page) -> Select[Any]:
    """A page of home; the same object for the same shape of page. Run it with the page, the viewer and `now`."""
    return _home(visibility.visible_posts(viewer, unit.context.settings), paging.shape(page))


def home(unit: Unit, viewer: Member, page: Page) -> list[Post]:
    return _read(unit, home_statement(unit, viewer, page), viewer, page, now=unit.now)


@cache
def _list(base: Select[Any], bounds: paging.Shape, replies: RepliesPolicy) -> Select[Any]:
    list_id: BindParameter[Any] = bindparam("list_id")
    on_list = (
        select(_ONE)
        .select_from(list_account)
        .where(list_account.c.list_id == list_id, list_account.c.account_id == post.c.account_id)
        .correlate(post)
    )
    statement = base.join(home_entry, home_entry.c.post_id == post.c.id).where(
        home_entry.c.account_id == _VIEWER,
        exists(on_list),
        _unmuted(post.c.account_id, post),
        _unmuted_original(),
    )
    if replies is RepliesPolicy.NONE:
        statement = statement.where(_no_reply_to_others())
    elif replies is RepliesPolicy.LIST:
        statement = statement.where(_replies_within(list_id))
    return paging.paged(statement, home_entry.c.post_id, bounds)


def of_list(unit: Unit, viewer: Member, list_id: int, replies: RepliesPolicy, page: Page) -> list[Post]:
    """What the accounts on a list said; a part of what reached home."""
    base = visibility.visible_posts(viewer, unit.context.settings)
    statement = _list(base, paging.shape(page), replies)
    return _read(unit, statement, viewer, page, now=unit.now, list_id=list_id)


@cache
def _group(base: Select[Any], bounds: paging.Shape) -> Select[Any]:
    statement = base.where(
        post.c.group_id == bindparam("group_id"),
        post.c.boost_of_id.is_(None),
        _unmuted(post.c.account_id, post),
    )
    return paging.paged(statement, post.c.id, bounds)


def of_group(unit: Unit, viewer: Member, group_id: int, page: Page) -> list[Post]:
    """Everything that is said in a members-only group, answers included."""
    base = visibility.visible_posts(viewer, unit.context.settings)
    return _read(unit, _group(base, paging.shape(page)), viewer, page, now=unit.now, group_id=group_id)


@cache
def _opened(base: Select[Any], bounds: paging.Shape) -> Select[Any]:
    return paging.paged(base.where(post.c.boost_of_id.is_(None)), post.c.id, bounds)


def of_opening(unit: Unit, viewer: Opener, page: Page) -> list[Post]:
    """Everything that is said in the group that was opened. Nobody's mutes count."""
    base = visibility.visible_posts(viewer, unit.context.settings)
    return _read(unit, _opened(base, paging.shape(page)), viewer, page)


# -- public and tags -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which posts of a public timeline. local and remote exclude each other; both False is all."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


def _open(base: Select[Any], scope: Scope, *, for_member: bool) -> Select[Any]:
    statement = base.where(post.c.visibility == _PUBLIC, post.c.boost_of_id.is_(None))
    if scope.local:
        statement = statement.where(post.c.local)
    elif scope.remote:
        statement = statement.where(~post.c.local)
    if for_member:
        statement = statement.where(_unmuted(post.c.account_id, post))
    return statement


@cache
def _public(base: Select[Any], bounds: paging.Shape, scope: Scope, *, for_member: bool) -> Select[Any]:
    statement = _open(base, scope, for_member=for_member).where(_no_reply_to_others())
    column: ColumnElement[Any] = post.c.id
    if scope.only_media:
        # from the media, newest first: few posts have any, and each that has one has a first
        statement = statement.join(media, media.c.post_id == post.c.id).where(media.c.position == 0)
        column = media.c.post_id
    return paging.paged(statement, column, bounds)


def public(unit: Unit, viewer: Viewer, page: Page, scope: Scope) -> list[Post]:
    """Public posts that are no boosts and no answers to others."""
    for_member = isinstance(viewer, Member)
    base = visibility.visible_posts(viewer, unit.context.settings)
    statement = _public(base, paging.shape(page), scope, for_member=for_member)
    return _read(unit, statement, viewer, page, **({"now": unit.now} if for_member else {}))


@dataclass(frozen=True, slots=True)
class Tags:
    """Posts that carry any of `any`, all of `all` and none of `none`; folded."""

    any: tuple[str, ...]
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


def _tagged(name: str) -> ColumnElement[bool]:
    """Carries one of the tags bound under a name."""
    other = post_tag.alias()
    return exists(
        select(_ONE)
        .select_from(other)
        .where(other.c.post_id == post.c.id, other.c.tag.in_(bindparam(name, expanding=True)))
        .correlate(post)
    )


@cache
def _of_tag(
    base: Select[Any], bounds: paging.Shape, scope: Scope, shape: tuple[bool, int, bool], *, for_member: bool
) -> Select[Any]:
    single, more, without = shape
    statement = _open(base, scope, for_member=for_member)
    column: ColumnElement[Any] = post.c.id
    if scope.only_media:
        statement = statement.where(_has_media())
    if single:
        statement = statement.join(post_tag, post_tag.c.post_id == post.c.id).where(
            post_tag.c.tag == bindparam("tag")
        )
        column = post_tag.c.post_id
    else:
        statement = statement.where(
            post.c.id.in_(
                select(post_tag.c.post_id).where(post_tag.c.tag.in_(bindparam("any", expanding=True)))
            )
        )
    for number in range(more):
        statement = statement.where(_tagged(f"all{number}"))
    if without:
        statement = statement.where(~_tagged("none"))
    return paging.paged(statement, column, bounds)


def of_tags(unit: Unit, viewer: Viewer, tags: Tags, page: Page, scope: Scope) -> list[Post]:
    """Public posts with hashtags."""
    for_member = isinstance(viewer, Member)
    base = visibility.visible_posts(viewer, unit.context.settings)
    single = len(tags.any) == 1
    asked: dict[str, Any] = {"now": unit.now} if for_member else {}
    asked |= {"tag": tags.any[0]} if single else {"any": list(tags.any)}
    asked |= {f"all{number}": [tag] for number, tag in enumerate(tags.all)}
    if tags.none:
        asked["none"] = list(tags.none)
    shape = (single, len(tags.all), bool(tags.none))
    statement = _of_tag(base, paging.shape(page), scope, shape, for_member=for_member)
    return _read(unit, statement, viewer, page, **asked)


# -- one account -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Which posts of an account."""

    only_media: bool = False
    exclude_replies: bool = False
    exclude_boosts: bool = False
    tagged: bool = False


@cache
def _of_account(base: Select[Any], bounds: paging.Shape, choice: Choice) -> Select[Any]:
    statement = base.where(post.c.account_id == bindparam("author_id"))
    if choice.only_media:
        statement = statement.where(_has_media())
    if choice.exclude_replies:
        statement = statement.where(_no_reply_to_others())
    if choice.exclude_boosts:
        statement = statement.where(post.c.boost_of_id.is_(None))
    if choice.tagged:
        statement = statement.where(_tagged("tags"))
    return paging.paged(statement, post.c.id, bounds)


def of_account(
    unit: Unit, viewer: Viewer, author_id: int, page: Page, *, choice: Choice, tag: str | None = None
) -> list[Post]:
    base = visibility.visible_posts(viewer, unit.context.settings)
    asked: dict[str, Any] = {"author_id": author_id}
    if choice.tagged:
        asked["tags"] = [tag]
    return _read(unit, _of_account(base, paging.shape(page), choice), viewer, page, **asked)


@cache
def _pinned(base: Select[Any], bounds: paging.Shape) -> Select[Any]:
    statement = base.join(pin, pin.c.post_id == post.c.id).where(
        pin.c.account_id == bindparam("author_id"), post.c.account_id == bindparam("author_id")
    )
    return paging.paged(statement, post.c.id, bounds)


def pinned(unit: Unit, viewer: Viewer, author_id: int, page: Page) -> list[Post]:
    base = visibility.visible_posts(viewer, unit.context.settings)
    return _read(unit, _pinned(base, paging.shape(page)), viewer, page, author_id=author_id)


# -- what a member kept ----------------------------------------------------------------------------------


@cache
def _kept(base: Select[Any], table: FromClause, bounds: paging.Shape) -> Select[Any]:
    statement = (
        base.add_columns(table.c.id.label("row_id"))
        .join(table, table.c.post_id == post.c.id)
        .where(table.c.account_id == _VIEWER)
    )
    return paging.paged(statement, table.c.id, bounds)


def _kept_page(unit: Unit, viewer: Member, table: FromClause, page: Page) -> Sequence[tuple[int, Post]]:
    base = visibility.visible_posts(viewer, unit.context.settings)
    values = {**visibility.parameters(viewer), **paging.parameters(page)}
    rows = unit.all(_kept(base, table, paging.shape(page)), values)
    return [(row.row_id, posts.record(row)) for row in paging.in_order(page, rows)]


def favourites(unit: Unit, viewer: Member, page: Page) -> Sequence[tuple[int, Post]]:
    """With the favourite's own id, by which pages are bounded."""
    return _kept_page(unit, viewer, favourite, page)


def bookmarks(unit: Unit, viewer: Member, page: Page) -> Sequence[tuple[int, Post]]:
    """With the bookmark's own id, by which pages are bounded."""
    return _kept_page(unit, viewer, bookmark, page)


@cache
def _boosted_by(base: Select[Any], bounds: paging.Shape) -> Select[Any]:
    statement = base.with_only_columns(account, post.c.id.label("row_id")).where(
        post.c.boost_of_id == bindparam("post_id")
    )
    return paging.paged(statement, post.c.id, bounds)


def boosted_by(unit: Unit, viewer: Viewer, post_id: int, page: Page) -> list[tuple[int, Account]]:
    """Who boosted a post, as far as the viewer may see the boosts; with the boost's id, by which pages are bounded."""
    base = visibility.visible_posts(viewer, unit.context.settings)
    values = {"post_id": post_id, **visibility.parameters(viewer), **paging.parameters(page)}
    rows = unit.all(_boosted_by(base, paging.shape(page)), values)
    return [accounts.numbered(row) for row in paging.in_order(page, rows)]
