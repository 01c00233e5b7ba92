"""The review queue: what a rule holds at the boundary, read, let go or refused by a person.

That somebody read what waits is written down. Letting go asks for a second factor given a moment ago.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.core.i18n import N_
from server.domain.boundary import Direction
from server.services import explanations, holds
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh

MOST = 200


async def index(call: Call) -> Response:
    """Oldest first."""
    return html.page(
        call,
        "admin/review.html",
        waiting=await call.read(holds.waiting, MOST),
        usual=await call.read(holds.usual_wait),
    )


async def show(call: Call) -> Response:
    return await _page(call, None)


async def decide(call: Call) -> Response:
    """Lets it go, or refuses it with a reason."""
    assert call.session is not None
    by, number = f"user:{call.session.user_id}", call.id()
    fields = await forms.body(call)
    act = fields.get("act")
    if act == "release":
        demand_fresh(call)
        await call.write(holds.release, by, number)
    elif act == "refuse":
        try:
            await call.write(holds.refuse, by, number, str(fields.get("reason", "")))
        except Invalid as error:
            return await _page(call, error)
    else:
        raise Invalid(N_("Please choose what to do with it"))
    return responses.redirect("/admin/review")


async def _page(call: Call, problem: AppError | None) -> Response:
    assert call.session is not None
    found, body = await call.write(holds.read, f"user:{call.session.user_id}", call.id())
    because = await call.read(explanations.of_rules, found.rules)
    return html.page(
        call,
        "admin/held.html",
        problem.status if problem else 200,
        hold=found,
        told=holds.told(body),
        outgoing=found.direction is Direction.OUT,
        because=[explanations.sentence(one, call.translator) for one in because],
        error=errors.sentence(problem, call.translator) if problem else None,
    )
