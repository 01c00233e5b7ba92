"""Searching the words of posts. What the viewer may not see is not found: `store.visibility` says what that is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.searches import Has, PostSearch, Trait
from server.domain.viewers import Member
from server.store import paging, posts, visibility
from server.store.session import Unit
from server.store.statement import upsert
from server.store.tables.posts import bookmark, favourite, media, mention, poll, post
from server.store.tables.search import INDEX, post_words

MERGED_AT_ONCE = 2000


_ADD = post_words.insert()


def add(unit: Unit, post_id: int, words: str) -> None:
    """Of a new post. words: folded."""
    unit.run(_ADD, {"post_id": post_id, "words": words})


def change(unit: Unit, post_id: int, words: str) -> None:
    """Takes the place of what was there."""
    upsert(unit, post_words, {"post_id": post_id, "words": words}, ["post_id"])


def find(unit: Unit, viewer: Member, wanted: PostSearch, page: Page, offset: int) -> list[Post]:
    """Newest first; no boosts."""
    statement = visibility.visible_posts(viewer, unit.context.settings).where(
        post.c.boost_of_id.is_(None), *_conditions(unit, viewer, wanted)
    )
    statement = paging.paged(statement, post.c.id, paging.shape(page)).offset(offset)
    rows = unit.all(statement, {**visibility.parameters(viewer), **paging.parameters(page)})
    return paging.in_order(page, [posts.record(row) for row in rows])


def forget_traces(unit: Unit) -> None:
    """Merges the index, so that the words of what was deleted are not in it any more. PostgreSQL sees to it by itself."""
    if unit.is_sqlite:
        unit.run(
            text(f"INSERT INTO {INDEX} ({INDEX}, rank) VALUES ('merge', :pages)"),  # noqa: S608  a name of ours
            {"pages": -MERGED_AT_ONCE},
        )


def _conditions(unit: Unit, viewer: Member, wanted: PostSearch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    words = [*wanted.words, *(word for phrase in wanted.phrases for word in phrase)]
    if words:
        found.append(_holding(unit, words))
    found += [~_holding(unit, [word]) for word in wanted.unwanted]
    found += [_together(phrase) for phrase in wanted.phrases if len(phrase) > 1]
    if wanted.authors:
        found.append(post.c.account_id.in_(wanted.authors))
    if wanted.unwanted_authors:
        found.append(post.c.account_id.not_in(wanted.unwanted_authors))
    if wanted.groups:
        found.append(post.c.group_id.in_(wanted.groups))
    found += [_has(each) for each in wanted.has]
    found += [~_has(each) for each in wanted.lacks]
    found += [_is(each) for each in wanted.traits]
    if wanted.languages:
        found.append(post.c.language.in_(wanted.languages))
    if wanted.before is not None:
        found.append(post.c.published_at < wanted.before)
    if wanted.after is not None:
        found.append(post.c.published_at >= wanted.after)
    if wanted.public:
        found.append(post.c.visibility == Visibility.PUBLIC.value)
    if wanted.library:
        found.append(_kept_by(viewer.account_id))
    return found


def _holding(unit: Unit, words: list[str]) -> ColumnElement[bool]:
    """Posts that have words which begin so. words: letters and digits alone, so no sign of theirs is one of the index."""
    if unit.is_sqlite:
        asked = " ".join(f'"{word}" *' for word in words)
        matching: Any = (
            select(literal_column("rowid"))
            .select_from(table(INDEX))
            .where(literal_column(INDEX).op("MATCH")(literal(asked)))
        )
        return post.c.id.in_(matching)
    asked = " & ".join(f"'{word}':*" for word in words)
    lexemes = func.array_to_tsvector(func.string_to_array(post_words.c.words, literal_column("' '")))
    return post.c.id.in_(select(post_words.c.post_id).where(lexemes.op("@@")(cast(literal(asked), TSQUERY))))


def _together(phrase: tuple[str, ...]) -> ColumnElement[bool]:
    padded: ColumnElement[str] = literal_column("' '") + post_words.c.words + literal_column("' '")
    return exists(
        select(literal_column("1"))
        .where(post_words.c.post_id == post.c.id, padded.like(f"% {' '.join(phrase)} %"))
        .correlate(post)
    )


def _has(what: Has) -> ColumnElement[bool]:
    if what is Has.LINK:
        return or_(_together(("https",)), _together(("http",)))
    if what is Has.POLL:
        return exists(select(literal_column("1")).where(poll.c.post_id == post.c.id).correlate(post))
    shown: Select[Any] = select(literal_column("1")).where(media.c.post_id == post.c.id)
    if what is not Has.MEDIA:
        shown = shown.where(media.c.kind == what.value)
    return exists(shown.correlate(post))


def _is(trait: Trait) -> ColumnElement[bool]:
    return post.c.sensitive if trait is Trait.SENSITIVE else post.c.in_reply_to_uri.is_not(None)


def _kept_by(account_id: int) -> ColumnElement[bool]:
    boost = post.alias("own_boost")
    kept: list[ColumnElement[bool]] = [
        exists(
            select(literal_column("1"))
            .where(each.c.post_id == post.c.id, each.c.account_id == account_id)
            .correlate(post)
        )
        for each in (favourite, bookmark, mention)
    ]
    boosted: Select[Any] = (
        select(literal_column("1"))
        .select_from(boost)
        .where(boost.c.boost_of_id == post.c.id, boost.c.account_id == account_id)
    )
    return or_(post.c.account_id == account_id, *kept, exists(boosted.correlate(post)))
