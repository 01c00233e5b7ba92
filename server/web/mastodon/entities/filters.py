"""The reader's filters, in the second version and the first."""

from __future__ import annotations

from server.web.mastodon.entities.base import Entity
from server.web.mastodon.entities.statuses import FilterHead


class FilterKeyword(Entity):
    id: str
    keyword: str
    whole_word: bool


class FilterStatus(Entity):
    id: str
    status_id: str


class Filter(FilterHead, kw_only=True):
    keywords: list[FilterKeyword]
    statuses: list[FilterStatus]


class FilterV1(Entity):
    """One word of a filter. irreversible: whether apps hide what it meets."""

    id: str
    phrase: str
    context: list[str]
    expires_at: str | None
    irreversible: bool
    whole_word: bool
