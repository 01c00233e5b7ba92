"""Password, second factors and recovery codes of whoever is signed in.

All of it wants a second factor given within the last quarter of an hour.
"""

from __future__ import annotations

import segno
from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import N_
from server.services import accounts, second_factors, signin
from server.web.kit import errors, forms, hashing, html, responses
from server.web.kit.call import Call
from server.web.kit.sessions import Session

HERE = "/settings/security"


async def show(call: Call) -> Response:
    return await _page(call, None)


async def change_password(call: Call) -> Response:
    """A new password; every other session ends."""
    session = signed(call)
    fields = await forms.body(call)
    user = await call.read(signin.get_user, session.user_id)
    try:
        password = signin.check_new_password(_text(fields, "password"), user.email)
        signin.check_same(password, _text(fields, "password_again"))
    except Invalid as error:
        return await _page(call, error)
    hashed = await hashing.hash_password(password)
    await call.write(signin.set_password, f"user:{user.id}", user.id, hashed, keep_session=session.id)
    return await _page(call, None, N_("Your password was changed, and your other sessions were ended."))


async def start_totp(call: Call) -> Response:
    """Begins to set up an authenticator app."""
    session = signed(call)
    await call.write(second_factors.start_totp, session.user_id, await _label(call))
    return responses.redirect(f"{HERE}/authenticator")


async def show_totp(call: Call) -> Response:
    """The QR code, and the field for the first code."""
    return await _totp_page(call, None)


async def confirm_totp(call: Call) -> Response:
    """With the first right code the authenticator counts; the first factor brings recovery codes."""
    session = signed(call)
    fields = await forms.body(call)
    try:
        await call.write(
            second_factors.confirm_totp, session.user_id, _text(fields, "code"), _text(fields, "name")
        )
    except AppError as error:
        return await _totp_page(call, error)
    return await _after_factor(call, session)


async def add_passkey(call: Call) -> Response:
    """Stores the passkey that the browser made."""
    session = signed(call)
    fields = await forms.body(call)
    try:
        new = second_factors.verify_registration(
            call.context,
            call.context.clock.now(),
            f"user:{session.user_id}",
            _text(fields, "sealed"),
            _text(fields, "answer"),
        )
        await call.write(second_factors.add_passkey, session.user_id, new, _text(fields, "name"))
    except Invalid as error:
        return await _page(call, error)
    return await _after_factor(call, session)


async def remove_factor(call: Call) -> Response:
    session = signed(call)
    try:
        await call.write(second_factors.remove, session.user_id, call.id("factor"))
    except Invalid as error:
        return await _page(call, error)
    return responses.redirect(HERE)


async def make_codes(call: Call) -> Response:
    """New recovery codes, shown once."""
    return await _codes_page(call, signed(call))


def signed(call: Call) -> Session:
    """The session that the route demands."""
    assert call.session is not None
    return call.session


def qr(text: str) -> str:
    """A QR code as a data address, for an `img`."""
    return str(segno.make(text, error="m", micro=False).png_data_uri(scale=5, border=3))


async def _after_factor(call: Call, session: Session) -> Response:
    if await call.read(second_factors.codes_left, session.user_id):
        return responses.redirect(HERE)
    return await _codes_page(call, session)


async def _codes_page(call: Call, session: Session) -> Response:
    codes = await call.write(second_factors.new_codes, session.user_id)
    return html.page(call, "site/codes.html", codes=codes)


async def _totp_page(call: Call, problem: AppError | None) -> Response:
    session = signed(call)
    enrolment = await call.read(second_factors.pending_totp, session.user_id, await _label(call))
    if enrolment is None:
        return await _page(call, problem) if problem else responses.redirect(HERE)
    return html.page(
        call,
        "site/authenticator.html",
        problem.status if problem else 200,
        enrolment=enrolment,
        picture=qr(enrolment.uri),
        error=errors.sentence(problem, call.translator) if problem else None,
    )


async def _page(call: Call, problem: AppError | None, notice: str | None = None) -> Response:
    session = signed(call)
    factors = await call.read(second_factors.of_user, session.user_id)
    user = await call.read(signin.get_user, session.user_id)
    challenge = second_factors.registration(
        call.context, f"user:{session.user_id}", await _label(call), factors
    )
    return html.page(
        call,
        "site/security.html",
        problem.status if problem else 200,
        factors=factors,
        has_password=user.password_hash is not None,
        codes_left=await call.read(second_factors.codes_left, session.user_id),
        challenge=challenge,
        error=errors.sentence(problem, call.translator) if problem else None,
        notice=call.translator.raw(notice) if notice else None,
    )


async def _label(call: Call) -> str:
    account = await call.read(accounts.get, signed(call).account_id)
    return account.username


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
