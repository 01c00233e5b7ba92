"""One-time links: joining, setting the house up, choosing a new password.

The page asks for everything at once, keeps what was typed when something is wrong, and makes nothing until all of it
is right. Whoever holds the link is believed; it works once.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import LANGUAGES, N_
from server.core.secrets import hash_token
from server.domain.users import Invitation, Purpose
from server.services import invitations, second_factors, sessions, signin
from server.services.accounts import check_email, check_name
from server.web.kit import errors, forms, hashing, html
from server.web.kit.call import Call
from server.web.signin.password import address, agent, second_step, signed_in, text

TERMS_FIRST = N_("Please accept the terms of use and the code of conduct")
PASSWORD_OR_PASSKEY = N_("Please choose a password, or use a passkey")


async def show(call: Call) -> Response:
    """The form for the link's purpose."""
    found = await call.read(invitations.get, call.parameters["token"])
    _speak(call, call.request.query_params.get("language", ""))
    return _page(call, found, {}, None)


async def accept(call: Call) -> Response:
    """Uses the link, or shows the form again with what is wrong."""
    token = call.parameters["token"]
    found = await call.read(invitations.get, token)
    fields = await forms.body(call)
    _speak(call, text(fields, "language"))
    try:
        if found.purpose is Purpose.RESET:
            return await _reset(call, token, found, fields)
        return await _join(call, token, found, fields)
    except AppError as error:
        if error.status not in {409, 422}:
            raise
        return _page(call, found, fields, error)


async def _join(call: Call, token: str, found: Invitation, fields: dict[str, Any]) -> Response:
    name = check_name(text(fields, "name").strip().removeprefix("@"))
    email = found.email or check_email(text(fields, "email"))
    if forms.truth(fields.get("terms")) is not True:
        raise Invalid(TERMS_FIRST)
    password, answer = text(fields, "password"), text(fields, "answer")
    hashed, passkey = None, None
    if answer:
        passkey = second_factors.verify_registration(
            call.context, call.context.clock.now(), _purpose(token), text(fields, "sealed"), answer
        )
    elif not password:
        raise Invalid(PASSWORD_OR_PASSKEY)
    if password:
        hashed = await _hashed(fields, name, email)
    user, _account = await call.write(
        invitations.accept,
        token,
        name=name,
        email=email,
        language=call.translator.language,
        password_hash=hashed,
        passkey=passkey,
    )
    cookie = await call.write(sessions.begin, user.id, full=True, agent=agent(call), address=address(call))
    return signed_in(call, cookie, "/welcome")


async def _reset(call: Call, token: str, found: Invitation, fields: dict[str, Any]) -> Response:
    assert found.user_id is not None
    user = await call.read(signin.get_user, found.user_id)
    hashed = await _hashed(fields, user.email)
    await call.write(invitations.reset, token, hashed)
    wanted = bool(await call.read(second_factors.of_user, user.id))
    cookie = await call.write(
        sessions.begin, user.id, full=not wanted, agent=agent(call), address=address(call)
    )
    return signed_in(call, cookie, second_step("/") if wanted else "/")


async def _hashed(fields: dict[str, Any], *known: str) -> str:
    password = signin.check_new_password(text(fields, "password"), *known)
    signin.check_same(password, text(fields, "password_again"))
    return await hashing.hash_password(password)


def _purpose(token: str) -> str:
    return f"invitation:{hash_token(token)}"


def _speak(call: Call, language: str) -> None:
    """The page follows the language chosen on it."""
    if language in LANGUAGES:
        call.translator = call.house.catalogue.translator(language)


def _page(call: Call, found: Invitation, fields: dict[str, Any], problem: AppError | None) -> Response:
    token = call.parameters["token"]
    template = "signin/reset.html" if found.purpose is Purpose.RESET else "signin/join.html"
    return html.page(
        call,
        template,
        problem.status if problem else 200,
        invitation=found,
        token_text=token,
        name=text(fields, "name"),
        email=found.email or text(fields, "email"),
        terms=forms.truth(fields.get("terms")) is True,
        error=errors.sentence(problem, call.translator) if problem else None,
        challenge=second_factors.registration(call.context, _purpose(token), call.context.settings.title, []),
    )
