"""Pages of the client API: `max_id` exclusive, `since_id` the newest slice above, `min_id` the slice just above."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from server.core.errors import BadRequest
from server.core.ids import decimal
from server.domain.pages import Page
from server.web.kit.call import Call


@dataclass(frozen=True, slots=True)
class Limits:
    usual: int
    most: int


STATUSES = Limits(20, 40)
ACCOUNTS = Limits(40, 80)


def page(call: Call, limits: Limits = STATUSES) -> Page:
    """The page that a request asks for. Raises BadRequest on what is no number."""
    query = call.request.query_params
    limit = _number(query.get("limit"), "limit") or limits.usual
    return Page(
        limit=max(1, min(limit, limits.most)),
        max_id=_number(query.get("max_id"), "max_id"),
        since_id=_number(query.get("since_id"), "since_id"),
        min_id=_number(query.get("min_id"), "min_id"),
    )


def _number(text: str | None, name: str) -> int | None:
    if not text:
        return None
    found = decimal(text)
    if found is None:
        raise BadRequest("%(name)s must be a number", name=name)
    return found


def link(call: Call, first: int | None, last: int | None) -> dict[str, str]:
    """The Link header for a page whose newest row is `first` and oldest `last`; nothing for an empty page."""
    if first is None or last is None:
        return {}
    kept = [
        (k, v)
        for k, v in call.request.query_params.multi_items()
        if k not in {"max_id", "since_id", "min_id", "access_token"}
    ]
    base = call.context.settings.base + call.request.url.path
    following = f"{base}?{urlencode([*kept, ('max_id', last)])}"
    previous = f"{base}?{urlencode([*kept, ('min_id', first)])}"
    return {"Link": f'<{following}>; rel="next", <{previous}>; rel="prev"'}
