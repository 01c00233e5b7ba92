"""Members' filters: kept here, applied by apps. Each post that a member sees says which of their filters it meets.

What a member wrote themselves meets none. Somebody else's filter is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from server.core.errors import Invalid, NotFound
from server.domain.changes import ChangeKind
from server.domain.filters import (
    Filter,
    FilterAction,
    FilterContext,
    FilterKeyword,
    FilterMatch,
    FilterPost,
)
from server.domain.posts import Post
from server.domain.viewers import Member
from server.services.posts import visible
from server.services.posts.visible import Parts
from server.store import filters as rows
from server.store.session import Unit
from server.text.plain import text_of

MOST_FILTERS = 100
MOST_KEYWORDS = 100
MOST_POSTS = 500
LONGEST_TITLE = 200
LONGEST_KEYWORD = 512


@dataclass(frozen=True, slots=True)
class KeywordChange:
    """id: None makes a new one. None leaves a thing as it is. removed: takes it away."""

    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class FilterChange:
    """None leaves a thing as it is. lasts: from now on; zero is for ever."""

    title: str | None = None
    contexts: tuple[FilterContext, ...] | None = None
    action: FilterAction | None = None
    lasts: timedelta | None = None
    keywords: tuple[KeywordChange, ...] = ()


# -- kept ------------------------------------------------------------------------------------------------


def all_of(unit: Unit, account_id: int) -> list[Filter]:
    return rows.of_account(unit, account_id)


def get(unit: Unit, account_id: int, filter_id: int) -> Filter:
    """Raises NotFound."""
    found = rows.find(unit, account_id, filter_id)
    if found is None:
        raise NotFound
    return found


def make(unit: Unit, account_id: int, wanted: FilterChange) -> Filter:
    """Raises Invalid without a title or a context."""
    if rows.count(unit, account_id) >= MOST_FILTERS:
        raise Invalid("You can have at most %(most)s filters", most=MOST_FILTERS)
    values = _values(unit, wanted)
    if "title" not in values:
        raise Invalid("A filter needs a title")
    if not values.get("contexts"):
        raise Invalid("A filter needs at least one place where it holds")
    filter_id = unit.new_id()
    usual = {"action": FilterAction.WARN.value, "expires_at": None}
    rows.add(unit, {"id": filter_id, "account_id": account_id, **usual, **values})
    _change_keywords(unit, account_id, filter_id, wanted.keywords)
    return _changed(unit, account_id, filter_id)


def change(unit: Unit, account_id: int, filter_id: int, wanted: FilterChange) -> Filter:
    """Raises NotFound, Invalid."""
    get(unit, account_id, filter_id)
    values = _values(unit, wanted)
    if values:
        rows.change(unit, filter_id, values)
    _change_keywords(unit, account_id, filter_id, wanted.keywords)
    return _changed(unit, account_id, filter_id)


def delete(unit: Unit, account_id: int, filter_id: int) -> None:
    rows.remove(unit, get(unit, account_id, filter_id).id)
    unit.changed(ChangeKind.FILTERS, account_id)


def _changed(unit: Unit, account_id: int, filter_id: int) -> Filter:
    unit.changed(ChangeKind.FILTERS, account_id)
    return get(unit, account_id, filter_id)


def _values(unit: Unit, wanted: FilterChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if wanted.title is not None:
        title = wanted.title.strip()
        if not title:
            raise Invalid("A filter needs a title")
        if len(title) > LONGEST_TITLE:
            raise Invalid("A title has at most %(most)s characters", most=LONGEST_TITLE)
        values["title"] = title
    if wanted.contexts is not None:
        if not wanted.contexts:
            raise Invalid("A filter needs at least one place where it holds")
        values["contexts"] = [one.value for one in dict.fromkeys(wanted.contexts)]
    if wanted.action is not None:
        values["action"] = wanted.action.value
    if wanted.lasts is not None:
        values["expires_at"] = unit.now + wanted.lasts if wanted.lasts else None
    return values


def _change_keywords(unit: Unit, account_id: int, filter_id: int, changes: Iterable[KeywordChange]) -> None:
    for one in changes:
        if one.id is None:
            if not one.removed:
                add_keyword(unit, account_id, filter_id, one.keyword or "", whole_word=one.whole_word is True)
            continue
        known = get_keyword(unit, account_id, one.id)
        if known.filter_id != filter_id:
            raise NotFound
        if one.removed:
            rows.remove_keyword(unit, known.id)
        else:
            change_keyword(unit, account_id, known.id, one.keyword, whole_word=one.whole_word)


# -- keywords --------------------------------------------------------------------------------------------


def get_keyword(unit: Unit, account_id: int, keyword_id: int) -> FilterKeyword:
    """Raises NotFound."""
    found = rows.find_keyword(unit, account_id, keyword_id)
    if found is None:
        raise NotFound
    return found


def add_keyword(
    unit: Unit, account_id: int, filter_id: int, keyword: str, *, whole_word: bool
) -> FilterKeyword:
    """Raises NotFound, Invalid."""
    known = get(unit, account_id, filter_id)
    if len(known.keywords) >= MOST_KEYWORDS:
        raise Invalid("A filter has at most %(most)s words", most=MOST_KEYWORDS)
    keyword_id = rows.add_keyword(unit, filter_id, _word(keyword), whole_word=whole_word)
    unit.changed(ChangeKind.FILTERS, account_id)
    return get_keyword(unit, account_id, keyword_id)


def change_keyword(
    unit: Unit, account_id: int, keyword_id: int, keyword: str | None, *, whole_word: bool | None
) -> FilterKeyword:
    """None leaves a thing as it is. Raises NotFound, Invalid."""
    known = get_keyword(unit, account_id, keyword_id)
    values = {
        "keyword": known.keyword if keyword is None else _word(keyword),
        "whole_word": known.whole_word if whole_word is None else whole_word,
    }
    rows.change_keyword(unit, known.id, values)
    unit.changed(ChangeKind.FILTERS, account_id)
    return get_keyword(unit, account_id, keyword_id)


def delete_keyword(unit: Unit, account_id: int, keyword_id: int) -> FilterKeyword:
    """Answers what was taken away. Raises NotFound."""
    known = get_keyword(unit, account_id, keyword_id)
    rows.remove_keyword(unit, known.id)
    unit.changed(ChangeKind.FILTERS, account_id)
    return known


def _word(keyword: str) -> str:
    word = " ".join(keyword.split())
    if not word:
        raise Invalid("A filter's word is empty")
    if len(word) > LONGEST_KEYWORD:
        raise Invalid("A filter's word has at most %(most)s characters", most=LONGEST_KEYWORD)
    return word


# -- posts -----------------------------------------------------------------------------------------------


def add_post(unit: Unit, account_id: int, filter_id: int, post_id: int) -> FilterPost:
    """Raises NotFound, for a post that the member may not see too."""
    known = get(unit, account_id, filter_id)
    if len(known.posts) >= MOST_POSTS:
        raise Invalid("A filter names at most %(most)s posts", most=MOST_POSTS)
    post = visible.visible_original(unit, Member(account_id), post_id)
    added = rows.add_post(unit, filter_id, post.id)
    unit.changed(ChangeKind.FILTERS, account_id)
    return added


def get_post(unit: Unit, account_id: int, row_id: int) -> FilterPost:
    """Raises NotFound."""
    found = rows.find_post(unit, account_id, row_id)
    if found is None:
        raise NotFound
    return found


def delete_post(unit: Unit, account_id: int, row_id: int) -> FilterPost:
    """Answers what was taken away. Raises NotFound."""
    known = get_post(unit, account_id, row_id)
    rows.remove_post(unit, known.id)
    unit.changed(ChangeKind.FILTERS, account_id)
    return known


# -- applied ---------------------------------------------------------------------------------------------


def active(unit: Unit, account_id: int) -> list[Filter]:
    return rows.active(unit, account_id)


def met(
    filters: Sequence[Filter], reader_id: int, posts: Iterable[Post], parts: Parts
) -> Mapping[int, tuple[FilterMatch, ...]]:
    """By post id, for those that meet any. A boost is judged by what it boosts."""
    found: dict[int, tuple[FilterMatch, ...]] = {}
    if not filters:
        return found
    for post in posts:
        shown = parts.originals.get(post.boost_of_id, post) if post.boost_of_id else post
        if shown.account_id == reader_id:
            continue
        text = _text(shown, parts)
        matches = tuple(one for each in filters if (one := _match(each, shown, text)) is not None)
        if matches:
            found[post.id] = found[shown.id] = matches
    return found


def _match(one: Filter, post: Post, text: str) -> FilterMatch | None:
    pattern = _pattern(tuple((each.keyword, each.whole_word) for each in one.keywords))
    words = tuple(dict.fromkeys(pattern.findall(text))) if pattern else ()
    named = tuple(each.post_id for each in one.posts if each.post_id == post.id)
    return FilterMatch(one, words, named) if words or named else None


@lru_cache(maxsize=4096)
def _pattern(keywords: tuple[tuple[str, bool], ...]) -> re.Pattern[str] | None:
    """Any of the words. A whole word has no letter before or behind it, where it begins or ends with one."""
    if not keywords:
        return None
    return re.compile("|".join(_alternative(*each) for each in keywords), re.IGNORECASE)


def _alternative(keyword: str, whole: bool) -> str:
    words = r"\s+".join(re.escape(word) for word in keyword.split())
    if not whole:
        return words
    before = r"(?<!\w)" if re.match(r"\w", keyword) else ""
    behind = r"(?!\w)" if re.search(r"\w$", keyword) else ""
    return f"{before}{words}{behind}"


def _text(post: Post, parts: Parts) -> str:
    """All words of a post that a reader sees."""
    poll = parts.polls.get(post.id)
    return "\n".join(
        [
            post.title,
            post.summary,
            text_of(post.content),
            *(each.description for each in parts.media.get(post.id, ())),
            *(option.title for option in (poll.options if poll else ())),
        ]
    )
