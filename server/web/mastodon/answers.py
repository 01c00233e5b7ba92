"""Answers that many nouns give: statuses and accounts, one or a page of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from server.domain.accounts import Account
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight
from server.web.mastodon.rendering import accounts, statuses
from server.web.mastodon.rendering.renderer import Renderer

Bounds = tuple[int, int] | None


def one_status(call: Call, sight: Sight) -> Response:
    return responses.raw(statuses.status(Renderer.of(call), sight.only, sight))


def status_page(call: Call, sight: Sight) -> Response:
    posts = sight.posts
    return status_rows(call, sight, (posts[0].id, posts[-1].id) if posts else None)


def status_rows(call: Call, sight: Sight, bounds: Bounds) -> Response:
    """bounds: first and last row of the page, where rows are not the posts themselves."""
    link = pagination.link(call, *(bounds or (None, None)))
    return responses.raw(statuses.statuses(Renderer.of(call), sight), headers=link)


def account_list(call: Call, many: Iterable[Account]) -> Response:
    return responses.raw(accounts.accounts(Renderer.of(call), many))


def account_rows(call: Call, rows: Sequence[tuple[int, Account]]) -> Response:
    """Accounts paged by the ids of other rows, which only the Link header tells."""
    link = pagination.link(call, *((rows[0][0], rows[-1][0]) if rows else (None, None)))
    body = accounts.accounts(Renderer.of(call), [account for _, account in rows])
    return responses.raw(body, headers=link)
