"""Signing in with a password or a passkey, and signing out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from server.core.errors import AppError, RateLimited
from server.core.i18n import N_
from server.services import second_factors, sessions, signin
from server.web.kit import errors, forms, hashing, html, responses
from server.web.kit import sessions as cookies
from server.web.kit.call import Call
from server.web.kit.html import safe_next

PASSKEY = "signin"
WRONG = N_("The e-mail address, the name or the password is not right")
WRONG_PASSKEY = N_(
    "This passkey is not known here, or took too long. Please try again, or use your password."
)


async def show(call: Call) -> Response:
    """The form. Whoever is signed in goes on, unless an app wants them to sign in again."""
    query = call.request.query_params
    where = safe_next(query.get("next"))
    if call.session is not None and call.session.complete and query.get("again") != "1":
        return responses.redirect(where)
    return _form(call, where, "", None)


async def sign_in(call: Call) -> Response:
    """Looks at the password, in a thread; goes on to the second factor where there is one."""
    fields = await forms.body(call)
    login, password = text(fields, "login"), text(fields, "password")
    where = safe_next(text(fields, "next"))
    try:
        user = await call.write(signin.attempt, login)
    except RateLimited as error:
        return _form(call, where, login, error)
    right = await hashing.check_password(user.password_hash if user else None, password)
    if user is None or not right:
        return _form(call, where, login, WRONG)
    cookie, wanted = await call.write(
        signin.succeeded, user, agent=agent(call), address=address(call), replaces=_replaced(call)
    )
    onward = second_step(where) if wanted else where
    return signed_in(call, cookie, onward)


async def sign_in_with_passkey(call: Call) -> Response:
    """A passkey that recognised its owner is both factors at once."""
    fields = await forms.body(call)
    where = safe_next(text(fields, "next"))
    cookie = await call.write(
        signin.with_passkey,
        PASSKEY,
        text(fields, "sealed"),
        text(fields, "answer"),
        agent=agent(call),
        address=address(call),
        replaces=_replaced(call),
    )
    return signed_in(call, cookie, where) if cookie else _form(call, where, "", WRONG_PASSKEY)


async def sign_out(call: Call) -> Response:
    """Ends this browser's session."""
    if call.session is not None:
        await call.write(sessions.end, call.session.user_id, call.session.id)
    response = responses.redirect("/")
    cookies.take(response, call.context.settings)
    return response


def signed_in(call: Call, cookie: str, where: str) -> Response:
    """Goes on with the cookie of a new session."""
    response = responses.redirect(where)
    cookies.give(response, call.context.settings, cookie)
    return response


def second_step(where: str) -> str:
    """The page that asks for the second factor, and then goes on."""
    return "/signin/second?" + urlencode({"next": where})


def agent(call: Call) -> str:
    return call.request.headers.get("user-agent", "")


def address(call: Call) -> str:
    return str(call.request.scope.get("client_address", ""))


def text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _replaced(call: Call) -> tuple[int, int] | None:
    """The session that this browser had: signing in again ends it."""
    return (call.session.user_id, call.session.id) if call.session is not None else None


def _form(call: Call, where: str, login: str, problem: AppError | str | None) -> Response:
    challenge = second_factors.assertion(call.context, PASSKEY, [])
    status, error = 200, None
    if isinstance(problem, AppError):
        status, error = problem.status, errors.sentence(problem, call.translator)
    elif problem is not None:
        status, error = 422, call.translator.raw(problem)
    return html.page(
        call,
        "signin/password.html",
        status,
        leaves=True,
        next=where,
        login=login,
        error=error,
        challenge=challenge,
        app_asks=where.startswith("/oauth/authorize"),
    )
