"""A member's filters: words and posts that apps are to hide or to mark, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FilterContext(StrEnum):
    """Where a filter holds. Apps decide which of these a screen is."""

    HOME = "home"
    NOTIFICATIONS = "notifications"
    PUBLIC = "public"
    THREAD = "thread"
    ACCOUNT = "account"


class FilterAction(StrEnum):
    """What an app does with a post that matches."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


@dataclass(frozen=True, slots=True)
class FilterKeyword:
    id: int
    filter_id: int
    keyword: str
    whole_word: bool


@dataclass(frozen=True, slots=True)
class FilterPost:
    """A post that a filter names."""

    id: int
    filter_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """expires_at: None is never."""

    id: int
    account_id: int
    title: str
    contexts: tuple[FilterContext, ...]
    action: FilterAction
    expires_at: datetime | None
    keywords: tuple[FilterKeyword, ...] = ()
    posts: tuple[FilterPost, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterMatch:
    """A filter that a post meets. words: as they stand in the post. post_ids: where the filter names the post."""

    filter: Filter
    words: tuple[str, ...]
    post_ids: tuple[int, ...]
