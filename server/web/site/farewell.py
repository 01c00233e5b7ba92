"""Ending one's own account: what was written stays, so that answers keep their sense, or goes with the account.

It refuses without the own name typed out, while a group would be left without a moderator, and for administrators, whose
accounts another one ends.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.domain.accounts import Account
from server.services import accounts, leaving
from server.web.kit import errors, forms, html, responses
from server.web.kit import sessions as cookies
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

KEEP, DELETE = "keep", "delete"


async def show(call: Call) -> Response:
    return await _page(call, None)


async def end(call: Call) -> Response:
    """The sessions end with it."""
    session = signed(call)
    fields = await forms.body(call)
    becomes = str(fields.get("becomes", ""))
    account = await call.read(accounts.get, session.account_id)
    try:
        if session.role == "admin":
            raise Invalid("The account of an administrator is ended by another one")
        if becomes not in {KEEP, DELETE}:
            raise Invalid("Please choose what becomes of what you wrote")
        if str(fields.get("name", "")).strip().removeprefix("@").casefold() != account.username.casefold():
            raise Invalid("Please type your name to say that you are sure")
        await call.write(_end, f"user:{session.user_id}", account, delete=becomes == DELETE)
    except AppError as error:
        return await _page(call, error)
    response = responses.redirect("/")
    cookies.take(response, call.context.settings)
    return response


def _end(unit: Unit, by: str, account: Account, *, delete: bool) -> None:
    leaving.leave(unit, by, account)
    if delete:
        accounts.delete(unit, by, account)


async def _page(call: Call, problem: AppError | None) -> Response:
    account = await call.read(accounts.get, signed(call).account_id)
    return html.page(
        call,
        "site/farewell.html",
        problem.status if problem else 200,
        account=account,
        error=errors.sentence(problem, call.translator) if problem else None,
    )
