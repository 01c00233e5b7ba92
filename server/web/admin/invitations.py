"""One-time links by which people come: made, listed without their secret, withdrawn."""

from __future__ import annotations

import segno
from starlette.responses import Response

from server.core.errors import AppError, Invalid, StepUpRequired
from server.core.i18n import N_
from server.domain.users import Role
from server.services import invitations
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh


async def show(call: Call) -> Response:
    return await _page(call, None, None)


async def make(call: Call) -> Response:
    """Makes a link and shows it once, to send or to print."""
    assert call.session is not None
    fields = await forms.body(call)
    role, email = str(fields.get("role", "")), str(fields.get("email", ""))
    try:
        if role not in list(Role):
            raise Invalid(N_("Please choose a role from the list"))
        if role != Role.MEMBER:
            demand_fresh(call)
        link = await call.write(invitations.invite, f"user:{call.session.user_id}", email.strip(), Role(role))
    except StepUpRequired:
        raise
    except AppError as error:
        return await _page(call, None, error)
    return await _page(call, link, None)


async def withdraw(call: Call) -> Response:
    assert call.session is not None
    await call.write(invitations.withdraw, f"user:{call.session.user_id}", call.id("invitation"))
    return responses.redirect("/admin/invitations")


async def _page(call: Call, link: str | None, problem: AppError | None) -> Response:
    return html.page(
        call,
        "admin/invitations.html",
        problem.status if problem else 200,
        link=link,
        picture=segno.make(link, error="m", micro=False).png_data_uri(scale=5, border=3) if link else None,
        open_ones=await call.read(invitations.open_ones),
        error=errors.sentence(problem, call.translator) if problem else None,
    )
