"""The rules of the boundary in words; forms that add or take away one of the house's own, tried on what crossed before they are kept.

What opens something waits here for a second person, who sees what it opens.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from server.core.errors import AppError, Invalid, StepUpRequired
from server.domain.policies import Link, OwnRules, Policy, PolicyState
from server.services import explanations, policies
from server.services.policies import forms as templates
from server.services.policies import words
from server.web.admin import policy_change, policy_text
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/policies"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class _All:
    rules: tuple[words.Said, ...]
    own: OwnRules
    proposed: list[Policy]


async def show(call: Call) -> Response:
    return await _page(call, None, {})


async def change(call: Call) -> Response:
    """Tries a change, keeps it, looks at one that was proposed, or decides as the second person."""
    assert call.session is not None
    body = await forms.body(call)
    fields = {
        name: value if name in policy_text.FIELDS else value.replace("\0", "").strip()[:LONGEST]
        for name, value in body.items()
        if isinstance(value, str)
    }
    by, number = f"user:{call.session.user_id}", _number(fields)
    try:
        match fields.get("act"):
            case "read":
                return await policy_text.read(call, body.get("file"))
            case "try":
                return policy_change.page(call, await call.read(_tried, fields), fields)
            case "look":
                return await policy_change.look(call, number)
            case "keep":
                demand_fresh(call)
                await call.write(_keep, by, fields)
            case "approve":
                demand_fresh(call)
                await call.write(policies.approve, by, number)
            case "refuse":
                await call.write(policies.refuse, by, number)
            case _:
                raise Invalid("Please choose what to do from the list")
    except StepUpRequired:
        raise
    except AppError as error:
        if fields.get("change") == policy_text.CHANGE:
            return await policy_text.again(call, fields, error)
        return await _page(call, error, fields)
    return responses.redirect(HERE)


def _number(fields: dict[str, str]) -> int:
    given = fields.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0


def _changed(unit: Unit, fields: dict[str, str]) -> OwnRules:
    if fields.get("change") == policy_text.CHANGE:
        return policy_text.typed(unit, fields)
    rule = fields.get("rule", "")
    if fields.get("change") == "unlink":
        return policies.without_link(policies.own_rules(unit), rule)
    names = ("template", "peer", "group", "value")
    return templates.filled(unit, Link(rule, *(fields.get(name, "") for name in names)))


def _keep(unit: Unit, by: str, fields: dict[str, str]) -> None:
    policies.propose(unit, by, _changed(unit, fields), fields.get("note", ""))


def _tried(unit: Unit, fields: dict[str, str]) -> policy_change.Tried:
    return policy_change.tried(unit, _changed(unit, fields))


def _all(unit: Unit) -> _All:
    rules = explanations.of_rules(unit, [rule.id for rule in policies.current(unit).rules])
    proposed = [one for one in policies.history(unit) if one.state is PolicyState.PROPOSED]
    return _All(rules, policies.own_rules(unit), proposed)


async def _page(call: Call, problem: AppError | None, typed: dict[str, str]) -> Response:
    found = await call.read(_all)
    blank = dict.fromkeys(("peer", "group", "value"), "…")
    gettext = call.translator.gettext
    return html.page(
        call,
        "admin/policies.html",
        problem.status if problem else 200,
        rules=[explanations.sentence(one, call.translator) for one in found.rules],
        links=found.own.links,
        proposed=found.proposed,
        templates=[(one.template, gettext(one.says, **blank)) for one in templates.shipped()],
        typed=typed,
        error=errors.sentence(problem, call.translator) if problem else None,
    )
