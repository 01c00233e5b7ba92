"""Suggestions: groups of the member's own specialty that anybody here may find, and that they are not in."""

from __future__ import annotations

from starlette.responses import Response

from server.domain.accounts import Account
from server.services import accounts, groups
from server.web.kit import responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.mastodon.rendering import accounts as rendering
from server.web.mastodon.rendering.renderer import Renderer, joined


async def plain(call: Call) -> Response:
    """GET /api/v1/suggestions."""
    found = await call.read(_found, call.account_id)
    return responses.raw(rendering.accounts(Renderer.of(call), found))


async def sourced(call: Call) -> Response:
    """GET /api/v2/suggestions."""
    renderer = Renderer.of(call)
    found = await call.read(_found, call.account_id)
    head = b'{"source":"staff","sources":["featured"],"account":'
    return responses.raw(joined([head + rendering.account(renderer, one) + b"}" for one in found]))


def _found(unit: Unit, account_id: int) -> list[Account]:
    return groups.suggested(unit, accounts.get(unit, account_id))
