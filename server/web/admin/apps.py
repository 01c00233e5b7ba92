"""The apps that members use, in numbers, and their block. Which member uses which app is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from server.core.errors import Invalid
from server.domain.users import AppInUse
from server.services import apps, audit
from server.services.apps import SHOWN
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/apps"
LONGEST = 100


@dataclass(frozen=True, slots=True)
class _One:
    app: AppInUse
    history: list[dict[str, Any]]


async def index(call: Call) -> Response:
    """By name, a page at a time."""
    asked = call.request.query_params
    text = asked.get("q", "")[:LONGEST].replace("\0", "").strip()
    after = asked.get("after", "")
    last = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
    found = await call.read(apps.in_use, text, last, SHOWN + 1)
    following = ""
    if len(found) > SHOWN:
        following = f"{HERE}?{urlencode({'q': text, 'after': found[SHOWN - 1].id})}"
    return html.page(call, "admin/apps.html", apps=found[:SHOWN], following=following, text=text)


async def show(call: Call) -> Response:
    return await _page(call, None)


async def change(call: Call) -> Response:
    """Blocks, or ends the block."""
    demand_fresh(call)
    assert call.session is not None
    fields = await forms.body(call)
    try:
        await call.write(_act, f"user:{call.session.user_id}", call.id(), fields.get("act"))
    except Invalid as error:
        return await _page(call, error)
    return responses.redirect(HERE)


def _act(unit: Unit, by: str, app_id: int, act: object) -> None:
    match act:
        case "block":
            apps.block(unit, by, app_id)
        case "unblock":
            apps.unblock(unit, by, app_id)
        case _:
            raise Invalid("Please choose what to do from the list")


def _one(unit: Unit, app_id: int) -> _One:
    found = apps.get_in_use(unit, app_id)
    return _One(found, audit.of_target(unit, apps.target(found), 20))


async def _page(call: Call, problem: Invalid | None) -> Response:
    one = await call.read(_one, call.id())
    return html.page(
        call,
        "admin/app.html",
        problem.status if problem else 200,
        app=one.app,
        history=one.history,
        error=errors.sentence(problem, call.translator) if problem else None,
    )
