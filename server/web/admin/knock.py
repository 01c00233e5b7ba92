"""One origin that knocked and is not connected: let in or refused for good, with what each brings said beforehand.

A name about which somebody has decided meanwhile is not found here: its own page changes it.
"""

from __future__ import annotations

from starlette.responses import Response

from federation.types import Origin
from server.core.errors import AppError, Invalid
from server.domain.consequences import Consequences, Step
from server.domain.trust import Stranger, Trust
from server.services import consequences, instances
from server.web.admin.partner import LONGEST
from server.web.admin.partners import HERE, said
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

TRUST = {Step.ALLOW: Trust.ALLOWED, Step.BLOCK: Trust.BLOCKED}


async def show(call: Call) -> Response:
    return await _page(call, None)


async def decide(call: Call) -> Response:
    """Connects, or blocks."""
    demand_fresh(call)
    assert call.session is not None
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    step = next((each for each in TRUST if each == fields.get("act")), None)
    if step is None:
        return await _page(call, Invalid("Please choose what to do from the list"))
    domain, reason = _domain(call), fields.get("reason", "").strip()[:LONGEST]
    await call.write(_decide, f"user:{call.session.user_id}", domain, TRUST[step], reason)
    return responses.redirect(f"{HERE}/{domain}")


def _domain(call: Call) -> Origin:
    return instances.canonical(call.parameters["domain"])


def _decide(unit: Unit, by: str, domain: Origin, trust: Trust, reason: str) -> None:
    instances.stranger(unit, domain)
    instances.set_trust(unit, by, domain, trust, reason)


def _read(unit: Unit, domain: Origin) -> tuple[Stranger, dict[Step, Consequences]]:
    found = instances.stranger(unit, domain)
    return found, {step: consequences.of(unit, step, [domain]) for step in TRUST}


async def _page(call: Call, problem: AppError | None) -> Response:
    found, bring = await call.read(_read, _domain(call))
    return html.page(
        call,
        "admin/knock.html",
        problem.status if problem else 200,
        stranger=found,
        bring={step.value: said(call, one) for step, one in bring.items()},
        error=errors.sentence(problem, call.translator) if problem else None,
    )
