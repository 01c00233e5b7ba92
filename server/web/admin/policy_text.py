"""The house's own rules as text: written or read from a file, each fault named by line and column, and tried as the forms are.

Nothing is kept here. What was written over rules that have changed meanwhile comes back, and is not lost.
"""

from __future__ import annotations

import json

from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.core.errors import AppError, Invalid
from server.domain.policies import OwnRules
from server.services import policies
from server.services.policies import files
from server.web.kit import errors, html
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

CHANGE = "rules"
FIELDS = frozenset({"text", "links", "base"})


async def show(call: Call) -> Response:
    """A fresh second factor is asked for here, so that none is asked for when much has been written."""
    demand_fresh(call)
    own, base = await call.read(_own)
    return _page(call, own.text, files.plain_links(own), base)


async def read(call: Call, file: object) -> Response:
    """A file, into the field: nothing is tried yet."""
    own, base = await call.read(_own)
    try:
        found = await _uploaded(file, own)
    except Invalid as error:
        return _page(call, own.text, files.plain_links(own), base, error)
    return _page(call, _lines(found.text), files.plain_links(found), base)


async def _uploaded(file: object, own: OwnRules) -> OwnRules:
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("Please choose a file")
    found = files.read(await file.read(), own, file.filename[:100])
    policies.check_size(found)
    return found


async def again(call: Call, fields: dict[str, str], problem: AppError) -> Response:
    """What was typed, with what is wrong with it. Whoever goes on does so on top of the rules that are in force now."""
    _, base = await call.read(_own)
    try:
        own = _parsed(fields)
    except Invalid:
        own = OwnRules(_lines(fields.get("text", "")))
    return _page(call, own.text.replace("\0", ""), files.plain_links(own), base, problem)


async def export(call: Call) -> Response:
    """As `consilium policy export` writes it."""
    own, _ = await call.read(_own)
    name = call.context.settings.domain.replace(":", "-")
    head = {"Content-Disposition": f'attachment; filename="{name}-policy.json"'}
    return Response(files.written(own), 200, head, "application/json")


def typed(unit: Unit, fields: dict[str, str]) -> OwnRules:
    """Raises Invalid; Conflict where other rules are in force than those that were opened."""
    return policies.on_top_of(unit, fields.get("base", ""), _parsed(fields))


def _parsed(fields: dict[str, str]) -> OwnRules:
    try:
        links = files.links_of(json.loads(fields.get("links") or "[]"))
    except (ValueError, TypeError, RecursionError):
        raise Invalid("The form could not be read") from None
    return OwnRules(_lines(fields.get("text", "")), links)


def _lines(text: str) -> str:
    """A browser ends lines in a form with two characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _own(unit: Unit) -> tuple[OwnRules, str]:
    return policies.own_rules(unit), policies.version_in_force(unit)


def _page(
    call: Call,
    text: str,
    links: list[dict[str, str]],
    base: str,
    problem: AppError | None = None,
) -> Response:
    return html.page(
        call,
        "admin/policy_text.html",
        problem.status if problem else 200,
        text=text,
        links=json.dumps(links, ensure_ascii=False),
        forms=[one["rule_id"] for one in links],
        base=base,
        faults=policies.place(text) if isinstance(problem, Invalid) else (),
        error=errors.sentence(problem, call.translator) if problem else None,
    )
