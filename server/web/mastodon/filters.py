"""The caller's filters, with their words and the statuses that they name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.filters import FilterAction, FilterContext, FilterKeyword, FilterPost
from server.services import filters
from server.services.filters import FilterChange, KeywordChange
from server.web.kit import forms, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon import asked
from server.web.mastodon.rendering import filters as rendering

LONGEST = 10_000
LONGEST_SECONDS = 10 * 365 * 24 * 3600


async def index(call: Call) -> Response:
    """GET /api/v2/filters."""
    return responses.json([rendering.whole(one) for one in await call.read(filters.all_of, call.account_id)])


async def show(call: Call) -> Response:
    """GET /api/v2/filters/:id."""
    return responses.json(rendering.whole(await call.read(filters.get, call.account_id, call.id())))


async def create(call: Call) -> Response:
    """POST /api/v2/filters."""
    wanted = wanted_of(await forms.body(call))
    return responses.json(rendering.whole(await call.write(filters.make, call.account_id, wanted)))


async def update(call: Call) -> Response:
    """PUT /api/v2/filters/:id."""
    wanted = wanted_of(await forms.body(call))
    changed = await call.write(filters.change, call.account_id, call.id(), wanted)
    return responses.json(rendering.whole(changed))


async def delete(call: Call) -> Response:
    """DELETE /api/v2/filters/:id."""
    await call.write(filters.delete, call.account_id, call.id())
    return responses.json({})


# -- words -----------------------------------------------------------------------------------------------


def _keywords(unit: Unit, account_id: int, filter_id: int) -> tuple[FilterKeyword, ...]:
    return filters.get(unit, account_id, filter_id).keywords


async def keywords(call: Call) -> Response:
    """GET /api/v2/filters/:id/keywords."""
    found = await call.read(_keywords, call.account_id, call.id())
    return responses.json([rendering.keyword(one) for one in found])


async def add_keyword(call: Call) -> Response:
    """POST /api/v2/filters/:id/keywords."""
    fields = await forms.body(call)
    added = await call.write(
        filters.add_keyword,
        call.account_id,
        call.id(),
        asked.text(fields.get("keyword"), "keyword", LONGEST),
        whole_word=forms.truth(fields.get("whole_word")) is True,
    )
    return responses.json(rendering.keyword(added))


async def keyword(call: Call) -> Response:
    """GET /api/v2/filters/keywords/:id."""
    return responses.json(rendering.keyword(await call.read(filters.get_keyword, call.account_id, call.id())))


async def update_keyword(call: Call) -> Response:
    """PUT /api/v2/filters/keywords/:id."""
    fields = await forms.body(call)
    changed = await call.write(
        filters.change_keyword,
        call.account_id,
        call.id(),
        asked.text(fields["keyword"], "keyword", LONGEST) if "keyword" in fields else None,
        whole_word=forms.truth(fields.get("whole_word")),
    )
    return responses.json(rendering.keyword(changed))


async def delete_keyword(call: Call) -> Response:
    """DELETE /api/v2/filters/keywords/:id."""
    await call.write(filters.delete_keyword, call.account_id, call.id())
    return responses.json({})


# -- statuses --------------------------------------------------------------------------------------------


def _statuses(unit: Unit, account_id: int, filter_id: int) -> tuple[FilterPost, ...]:
    return filters.get(unit, account_id, filter_id).posts


async def statuses(call: Call) -> Response:
    """GET /api/v2/filters/:id/statuses."""
    found = await call.read(_statuses, call.account_id, call.id())
    return responses.json([rendering.named(one) for one in found])


async def add_status(call: Call) -> Response:
    """POST /api/v2/filters/:id/statuses."""
    fields = await forms.body(call)
    post_id = asked.number(fields.get("status_id"), "status_id")
    added = await call.write(filters.add_post, call.account_id, call.id(), post_id)
    return responses.json(rendering.named(added))


async def status(call: Call) -> Response:
    """GET /api/v2/filters/statuses/:id."""
    return responses.json(rendering.named(await call.read(filters.get_post, call.account_id, call.id())))


async def delete_status(call: Call) -> Response:
    """DELETE /api/v2/filters/statuses/:id: answers what was taken away."""
    removed = await call.write(filters.delete_post, call.account_id, call.id())
    return responses.json(rendering.named(removed))


# -- what is asked for -----------------------------------------------------------------------------------


def wanted_of(fields: dict[str, Any]) -> FilterChange:
    """Raises Invalid."""
    action = fields.get("filter_action")
    if action and str(action) not in set(FilterAction):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="filter_action")
    return FilterChange(
        title=asked.text(fields["title"], "title", LONGEST) if "title" in fields else None,
        contexts=contexts(fields["context"]) if "context" in fields else None,
        action=FilterAction(str(action)) if action else None,
        lasts=lasts(fields["expires_in"]) if "expires_in" in fields else None,
        keywords=tuple(_keyword(one) for one in forms.listed(fields.get("keywords_attributes"))),
    )


def contexts(value: Any) -> tuple[FilterContext, ...]:
    """Raises Invalid for what is none."""
    words = asked.words(value)
    if not set(words) <= set(FilterContext):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="context")
    return tuple(FilterContext(word) for word in words)


def lasts(value: Any) -> timedelta:
    """Seconds; nothing said is for ever."""
    return timedelta(seconds=min(asked.optional_number(value, "expires_in") or 0, LONGEST_SECONDS))


def _keyword(value: Any) -> KeywordChange:
    if not isinstance(value, dict):
        raise Invalid("Validation failed: %(field)s is not of the right form", field="keywords_attributes")
    return KeywordChange(
        id=asked.optional_number(value.get("id"), "id"),
        keyword=asked.text(value["keyword"], "keyword", LONGEST) if "keyword" in value else None,
        whole_word=forms.truth(value.get("whole_word")),
        removed=forms.truth(value.get("_destroy")) is True,
    )
