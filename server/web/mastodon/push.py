"""Push subscriptions: none yet, in the words that apps understand."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import NotFound
from server.web.kit import responses
from server.web.kit.call import Call


async def show(_call: Call) -> Response:
    """GET /api/v1/push/subscription."""
    raise NotFound


async def delete(_call: Call) -> Response:
    """DELETE /api/v1/push/subscription: there is none to end."""
    return responses.json({})
