"""The second factor: after the password, and again before something that matters.

A person without a second factor confirms with their password.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, RateLimited, Unauthenticated
from server.core.i18n import N_
from server.domain.signin import FactorKind
from server.services import second_factors, signin
from server.web.kit import errors, forms, hashing, html, responses
from server.web.kit.call import Call
from server.web.kit.html import safe_next
from server.web.kit.sessions import Session
from server.web.signin.password import WRONG_PASSKEY, signed_in, text

WRONG_CODE = N_("That code is not right, or was used before")
WRONG_PASSWORD = N_("The password is not right")


async def show(call: Call) -> Response:
    """Asks for the second factor of a session that has given its password."""
    session = _begun(call)
    where = safe_next(call.request.query_params.get("next"))
    if session.complete:
        return responses.redirect(where)
    return await _form(call, session, "/signin/second", where, None)


async def give(call: Call) -> Response:
    session = _begun(call)
    fields = await forms.body(call)
    where = safe_next(text(fields, "next"))
    if session.complete:
        return responses.redirect(where)
    return await _judge(call, session, "/signin/second", where, fields)


async def show_confirm(call: Call) -> Response:
    """Asks somebody who is signed in to prove it again."""
    where = safe_next(call.request.query_params.get("next"))
    return await _form(call, _begun(call), "/signin/confirm", where, None)


async def confirm(call: Call) -> Response:
    session = _begun(call)
    fields = await forms.body(call)
    return await _judge(call, session, "/signin/confirm", safe_next(text(fields, "next")), fields)


def _begun(call: Call) -> Session:
    if call.session is None:
        raise Unauthenticated
    return call.session


async def _judge(
    call: Call, session: Session, action: str, where: str, fields: dict[str, object]
) -> Response:
    try:
        await call.write(signin.count_second, session.user_id)
    except RateLimited as error:
        return await _form(call, session, action, where, error)
    answer = text(fields, "answer")
    factors = await call.read(second_factors.of_user, session.user_id)
    if factors:
        cookie = await call.write(
            signin.second_factor,
            session.user_id,
            session.id,
            code=text(fields, "code"),
            sealed=text(fields, "sealed"),
            answer=answer,
        )
        if cookie is None:
            return await _form(call, session, action, where, WRONG_PASSKEY if answer else WRONG_CODE)
        return signed_in(call, cookie, where)
    user = await call.read(signin.get_user, session.user_id)
    right = await hashing.check_password(user.password_hash, text(fields, "password"))
    if not right:
        return await _form(call, session, action, where, WRONG_PASSWORD)
    return signed_in(call, await call.write(signin.confirmed, session.user_id, session.id), where)


async def _form(
    call: Call, session: Session, action: str, where: str, problem: AppError | str | None
) -> Response:
    factors = await call.read(second_factors.of_user, session.user_id)
    passkeys = [one for one in factors if one.kind is FactorKind.PASSKEY]
    status, error = 200, None
    if isinstance(problem, AppError):
        status, error = problem.status, errors.sentence(problem, call.translator)
    elif problem is not None:
        status, error = 422, call.translator.raw(problem)
    return html.page(
        call,
        "signin/second.html",
        status,
        leaves=True,
        action=action,
        next=where,
        error=error,
        has_totp=any(one.kind is FactorKind.TOTP for one in factors),
        has_factors=bool(factors),
        challenge=second_factors.assertion(call.context, f"second:{session.id}", passkeys)
        if passkeys
        else None,
    )
