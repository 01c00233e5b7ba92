"""Filters as entities, and what a status says of the filters that it meets."""

from __future__ import annotations

from collections.abc import Iterable

from server.core.clock import iso
from server.domain.filters import Filter, FilterAction, FilterKeyword, FilterMatch, FilterPost
from server.web.mastodon.entities import filters as entities
from server.web.mastodon.entities.statuses import FilterHead, FilterResult
from server.web.mastodon.rendering.renderer import encode


def whole(one: Filter) -> entities.Filter:
    return entities.Filter(
        id=str(one.id),
        title=one.title,
        context=[each.value for each in one.contexts],
        expires_at=iso(one.expires_at) if one.expires_at else None,
        filter_action=one.action.value,
        keywords=[keyword(each) for each in one.keywords],
        statuses=[named(each) for each in one.posts],
    )


def keyword(one: FilterKeyword) -> entities.FilterKeyword:
    return entities.FilterKeyword(str(one.id), one.keyword, one.whole_word)


def named(one: FilterPost) -> entities.FilterStatus:
    return entities.FilterStatus(str(one.id), str(one.post_id))


def first_version(one: Filter, word: FilterKeyword) -> entities.FilterV1:
    return entities.FilterV1(
        id=str(word.id),
        phrase=word.keyword,
        context=[each.value for each in one.contexts],
        expires_at=iso(one.expires_at) if one.expires_at else None,
        irreversible=one.action is FilterAction.HIDE,
        whole_word=word.whole_word,
    )


def results(matches: Iterable[FilterMatch]) -> bytes:
    """An encoded array."""
    return encode([_result(one) for one in matches])


def _result(one: FilterMatch) -> FilterResult:
    known = one.filter
    head = FilterHead(
        id=str(known.id),
        title=known.title,
        context=[each.value for each in known.contexts],
        expires_at=iso(known.expires_at) if known.expires_at else None,
        filter_action=known.action.value,
    )
    return FilterResult(head, list(one.words) or None, [str(each) for each in one.post_ids] or None)
