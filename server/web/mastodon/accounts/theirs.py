"""What belongs to an account: its statuses, its followers and whom it follows."""

from __future__ import annotations

from typing import TypedDict

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.viewers import Viewer
from server.services import endorsements, relationships, timelines
from server.web.kit import pagination, responses
from server.web.kit.call import Call
from server.web.kit.sight import Sight, see
from server.web.kit.unit import Unit
from server.web.mastodon import answers, asked
from server.web.mastodon.accounts.show import shown
from server.web.mastodon.tags import normal

Rows = list[tuple[int, Account]]


class Filters(TypedDict):
    """Which of an account's statuses are asked for."""

    pinned: bool
    only_media: bool
    exclude_replies: bool
    exclude_reblogs: bool
    tagged: str | None


def _statuses(unit: Unit, viewer: Viewer, account_id: int, page: Page, filters: Filters) -> Sight:
    account = shown(unit, viewer, account_id)
    return see(unit, viewer, timelines.account_posts(unit, viewer, account, page, **filters))


async def statuses(call: Call) -> Response:
    """GET /api/v1/accounts/:id/statuses."""
    tagged = call.request.query_params.get("tagged")
    filters = Filters(
        pinned=asked.flag(call, "pinned"),
        only_media=asked.flag(call, "only_media"),
        exclude_replies=asked.flag(call, "exclude_replies"),
        exclude_reblogs=asked.flag(call, "exclude_reblogs"),
        tagged=normal(tagged) if tagged else None,
    )
    sight = await call.read(_statuses, call.viewer, call.id(), pagination.page(call), filters)
    return answers.status_page(call, sight)


def _followers(unit: Unit, viewer: Viewer, account_id: int, page: Page) -> Rows:
    return relationships.followers(unit, viewer, shown(unit, viewer, account_id), page)


def _following(unit: Unit, viewer: Viewer, account_id: int, page: Page) -> Rows:
    return relationships.following(unit, viewer, shown(unit, viewer, account_id), page)


async def followers(call: Call) -> Response:
    """GET /api/v1/accounts/:id/followers."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(_followers, call.viewer, call.id(), page))


async def following(call: Call) -> Response:
    """GET /api/v1/accounts/:id/following."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(_following, call.viewer, call.id(), page))


def _endorsed(unit: Unit, viewer: Viewer, account_id: int, page: Page) -> Rows:
    return endorsements.page(unit, viewer, shown(unit, viewer, account_id), page)


async def endorsed(call: Call) -> Response:
    """GET /api/v1/accounts/:id/endorsements."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(_endorsed, call.viewer, call.id(), page))


async def own_endorsements(call: Call) -> Response:
    """GET /api/v1/endorsements: whom the caller recommends."""
    page = pagination.page(call, pagination.ACCOUNTS)
    return answers.account_rows(call, await call.read(_endorsed, call.viewer, call.account_id, page))


async def nothing(call: Call) -> Response:
    """An empty list about an account that exists: what this house does not keep."""
    await call.read(shown, call.viewer, call.id())
    return responses.json([])
