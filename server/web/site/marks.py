"""What a member does with a post on our pages: favourite, boost, bookmark, and each undone. A form each, which needs no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.posts import Post
from server.services import accounts, interactions
from server.web.kit import forms, html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

Act = Callable[[Unit, Account, int], Post]
ACTS: Mapping[str, Act] = {
    "favourite": interactions.favourite,
    "unfavourite": interactions.unfavourite,
    "boost": interactions.boost,
    "unboost": interactions.unboost,
    "bookmark": interactions.bookmark,
    "unbookmark": interactions.unbookmark,
}


async def mark(call: Call) -> Response:
    """Does it, and goes back to where the button stood."""
    session = signed(call)
    fields = await forms.body(call)
    act = ACTS.get(str(fields.get("act", "")))
    if act is None:
        raise Invalid("Nothing can be done with a post that is called so")
    await call.write(_mark, session.account_id, call.id(), act)
    return responses.redirect(html.safe_next(str(fields.get("back", ""))))


def _mark(unit: Unit, account_id: int, post_id: int, act: Act) -> None:
    act(unit, accounts.get(unit, account_id), post_id)
