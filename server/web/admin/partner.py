"""One other institution: the seven steps of pairing as they stand, and pause, resume and end, with what each brings in numbers.

What cannot be undone wants the instance's name typed; everything but looking wants a fresh second factor.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from federation.types import Origin
from server.core.errors import AppError, Invalid, NotFound, StepUpRequired
from server.domain.consequences import Consequences, Step
from server.domain.pairing import Actor, PairingStep
from server.domain.trust import Instance, Partner, Trust
from server.services import audit, consequences, explanations, instances, pairing, partners
from server.services.policies.words import Said
from server.web.admin import partner_round
from server.web.admin import partners as every
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

LONGEST = 500


@dataclass(frozen=True, slots=True)
class _One:
    instance: Instance
    partner: Partner | None
    steps: list[PairingStep]
    bring: dict[Step, Consequences]
    history: list[dict[str, object]]
    round: partner_round.Round
    rules: tuple[Said, ...]


async def show(call: Call) -> Response:
    return await _page(call, None)


async def change(call: Call) -> Response:
    """Tests, tries, pauses, resumes, or ends."""
    demand_fresh(call)
    assert call.session is not None
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    by, domain = f"user:{call.session.user_id}", _domain(call)
    reason = fields.get("reason", "").strip()[:LONGEST]
    try:
        match fields.get("act"):
            case "test":
                await call.write(partners.ask_probe, by, domain)
            case "pause":
                await call.write(_pause, by, domain, reason)
            case "resume":
                await call.write(instances.resume, by, domain, reason)
            case "end":
                await call.write(_end, by, domain, reason, fields.get("typed", ""))
            case "begin" | "go-on" | "give-up" as act:
                await call.write(partner_round.change, call, by, domain, act, fields.get("founder", ""))
            case _:
                raise Invalid("Please choose what to do from the list")
    except (NotFound, StepUpRequired):
        raise
    except AppError as error:
        return await _page(call, error)
    return responses.redirect(f"{every.HERE}/{domain}")


def _domain(call: Call) -> Origin:
    return instances.canonical(call.parameters["domain"])


def _pause(unit: Unit, by: str, domain: Origin, reason: str) -> None:
    if not instances.get(unit, domain).trust.speaks:
        raise Invalid("%(domain)s is not connected: there is nothing to pause", domain=domain)
    instances.set_trust(unit, by, domain, Trust.SUSPENDED, reason)


def _end(unit: Unit, by: str, domain: Origin, reason: str, typed: str) -> None:
    if typed.strip() != domain:
        raise Invalid("Please type the name %(name)s to confirm", name=domain)
    partners.end(unit, by, domain, reason)


def _one(unit: Unit, domain: Origin, account_id: int) -> _One:
    instance, partner = instances.get(unit, domain), partners.find(unit, domain)
    return _One(
        instance,
        partner,
        pairing.steps(unit, instance, partner),
        {step: consequences.of(unit, step, [domain]) for step in Step},
        audit.of_target(unit, domain, 20),
        partner_round.read(unit, instance, partner, account_id),
        explanations.of_peer(unit, domain),
    )


async def _page(call: Call, problem: AppError | None) -> Response:
    assert call.session is not None
    found = await call.read(_one, _domain(call), call.session.account_id)
    translator, partner = call.translator, found.partner
    return html.page(
        call,
        "admin/partner.html",
        problem.status if problem else 200,
        instance=found.instance,
        partner=partner,
        word=translator.raw(partners.word(found.instance, partner, call.context.clock.now())),
        fingerprint=partners.fingerprint(partner) if partner is not None else "",
        steps=[
            (
                step,
                translator.raw(step.title),
                translator.raw(partner_round.WHO[step.actor]),
                translator.raw(step.says),
            )
            for step in found.steps
        ],
        done=Actor.NOBODY,
        lines=[(line, translator.raw(pairing.line_words(line))) for line in partner.probe] if partner else [],
        testable=partner is not None
        and partner.candidate(call.context.clock.now())
        and found.instance.trust is Trust.ALLOWED,
        speaks=found.instance.trust.speaks,
        paused=found.instance.trust is Trust.SUSPENDED,
        ended=found.instance.trust is Trust.BLOCKED,
        bring={step.value: every.said(call, one) for step, one in found.bring.items()},
        history=found.history,
        rules=[explanations.sentence(one, translator) for one in found.rules],
        **partner_round.shown(call, found.round),
        error=errors.sentence(problem, translator) if problem else None,
    )
