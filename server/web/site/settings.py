"""The one page from which a member reaches everything that can be set."""

from __future__ import annotations

from starlette.responses import Response

from server.services import accounts, second_factors
from server.web.kit import html
from server.web.kit.call import Call
from server.web.site.security import signed


async def show(call: Call) -> Response:
    session = signed(call)
    account = await call.read(accounts.get, session.account_id)
    user = await call.read(accounts.owner, account)
    factors = await call.read(second_factors.of_user, session.user_id)
    return html.page(
        call,
        "site/settings.html",
        account=account,
        protected=bool(factors),
        leaves_at=user.leaves_at if user is not None else None,
    )
