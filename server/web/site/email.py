"""One's e-mail address: shown, changed, and confirmed by the link that the new address got."""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError
from server.core.i18n import N_
from server.services import email_changes, signin
from server.services.email_changes import Asked
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.site.security import signed

HERE = "/settings/email"
NOTICES = {
    Asked.CHANGED: N_("Your address was changed."),
    Asked.MAILED: N_(
        "A mail with a link is on its way to the new address. The link works once, for one hour."
    ),
}


async def show(call: Call) -> Response:
    asked = call.request.query_params.get("done", "")
    return await _page(call, None, Asked(asked) if asked in set(Asked) else None)


async def change(call: Call) -> Response:
    """Changes the address, or mails a link to the new one."""
    session = signed(call)
    email = (await forms.body(call)).get("email")
    try:
        asked = await call.write(email_changes.ask, session.user_id, email if isinstance(email, str) else "")
    except AppError as error:
        return await _page(call, error, None)
    return responses.redirect(f"{HERE}?done={asked.value}")


async def show_link(call: Call) -> Response:
    """What a mailed link is about to do."""
    email = await call.read(email_changes.pending, signed(call).user_id, call.parameters["token"])
    return html.page(call, "site/email_link.html", email=email, token_text=call.parameters["token"])


async def confirm(call: Call) -> Response:
    await call.write(email_changes.confirm, signed(call).user_id, call.parameters["token"])
    return responses.redirect(f"{HERE}?done={Asked.CHANGED.value}")


async def _page(call: Call, problem: AppError | None, asked: Asked | None) -> Response:
    user = await call.read(signin.get_user, signed(call).user_id)
    return html.page(
        call,
        "site/email.html",
        problem.status if problem else 200,
        email=user.email,
        mails=bool(call.context.settings.smtp_url),
        error=errors.sentence(problem, call.translator) if problem else None,
        notice=call.translator.raw(NOTICES[asked]) if asked else None,
    )
