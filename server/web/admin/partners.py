"""Other institutions: who is a partner and how far the others have come; cards exchanged and compared; the whole house paused.

A card that was taken up is shown once with the question for its fingerprint, and kept only when that was answered: until
then nothing is stored of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from starlette.responses import Response

from federation.types import Origin
from server.activitypub.egress.card import signed_card
from server.activitypub.ingress import card as cards
from server.core.errors import AppError, Invalid, NotFound, StepUpRequired
from server.core.i18n import N_
from server.domain.consequences import Consequences, Step
from server.domain.trust import Card, Instance, Papers, Partner, Stranger, Trust
from server.services import accounts, consequences, instances, keys, pairing, partners, standstill
from server.services.standstill import Standstill
from server.web.kit import errors, forms, html, responses
from server.web.kit.call import Call
from server.web.kit.entrance import demand_fresh
from server.web.kit.unit import Unit

HERE = "/admin/partners"


@dataclass(frozen=True, slots=True)
class _All:
    """What the page shows. fingerprint: of our own key, "" before the first start."""

    lines: list[tuple[Instance, Partner | None]]
    stated: Papers
    fingerprint: str
    standing: Standstill | None
    pause: Consequences
    resume: Consequences
    strangers: list[Stranger]


async def index(call: Call) -> Response:
    return await _page(call, None)


async def card(call: Call) -> Response:
    """Our signed card, as a file to send."""
    found = await call.read(signed_card)
    name = call.context.settings.domain.replace(":", "-")
    return Response(
        json.dumps(found, indent=2, ensure_ascii=False),
        200,
        {"Content-Disposition": f'attachment; filename="{name}-card.json"'},
        "application/json",
    )


async def change(call: Call) -> Response:
    """States our papers, reads a card, pairs, pauses the whole house or ends its pause."""
    fields = {name: value for name, value in (await forms.body(call)).items() if isinstance(value, str)}
    by = _by(call)
    try:
        match fields.get("act"):
            case "state":
                await call.write(partners.state, by, _papers(fields))
            case "card":
                demand_fresh(call)
                return await _compare(call, fields, None)
            case "pair":
                demand_fresh(call)
                return await _pair(call, by, fields)
            case "pause":
                demand_fresh(call)
                await call.write(standstill.begin, by, fields.get("reason", "").strip()[:500])
            case "resume":
                demand_fresh(call)
                await call.write(standstill.end, by)
            case _:
                raise Invalid("Please choose what to do from the list")
    except StepUpRequired:
        raise
    except AppError as error:
        return await _page(call, error, fields)
    return responses.redirect(HERE)


async def _compare(call: Call, fields: dict[str, str], problem: AppError | None) -> Response:
    """Steps 2 and 3: what the card states, and the questions that only a telephone answers."""
    given = _card(call, fields)
    known = await call.read(partners.check, given, None)
    levels = await call.read(instances.trusts)
    level = levels.get(given.domain, Trust.UNKNOWN)
    pairing.check_level(given.domain, level)
    return html.page(
        call,
        "admin/pairing.html",
        problem.status if problem else 200,
        given=given,
        text=fields.get("card", ""),
        same=known is not None and known.key == given.key and known.confirmed_at is not None,
        connected=level is Trust.ALLOWED,
        ours=(await call.read(_fingerprint)),
        typed=fields,
        error=errors.sentence(problem, call.translator) if problem else None,
    )


async def _pair(call: Call, by: str, fields: dict[str, str]) -> Response:
    given = _card(call, fields)
    try:
        until = pairing.end_of_day(fields.get("until", "").strip())
        await call.write(_pinned, by, given, fields, until)
    except AppError as error:
        return await _compare(call, fields, error)
    return responses.redirect(f"{HERE}/{given.domain}")


def _pinned(unit: Unit, by: str, given: Card, fields: dict[str, str], until: Any) -> None:
    heard = fields.get("fingerprint", "").strip()
    if not heard:
        raise Invalid(N_("Please type the fingerprint as they read it to you"))
    pairing.pair(unit, by, given, fingerprint=heard, agreement=fields.get("agreement", ""), until=until)
    partners.ask_probe(unit, by, given.domain)


def _card(call: Call, fields: dict[str, str]) -> Card:
    raw = fields.get("card", "").encode("utf-8", "replace")
    if not raw.strip():
        raise Invalid(N_("Please paste their card"))
    return cards.judge(raw, call.context.clock.now())


def _papers(fields: dict[str, str]) -> Papers:
    def given(name: str) -> str:
        return fields.get(name, "").strip()

    return Papers(
        controller=given("controller"),
        jurisdiction=given("jurisdiction").upper(),
        officer=given("officer"),
        contact=given("contact"),
    )


def _by(call: Call) -> str:
    assert call.session is not None
    return f"user:{call.session.user_id}"


def _fingerprint(unit: Unit) -> str:
    try:
        actor = accounts.get_instance_actor(unit)
    except NotFound:
        return ""
    return keys.private(unit, actor.id, "ed25519")[1].public.fingerprint()


def _all(unit: Unit) -> _All:
    known = instances.all_known(unit)
    papers = partners.find_many(unit, [one.domain for one in known])
    found = standstill.find(unit)
    halted: tuple[Origin, ...] = found.domains if found is not None else ()
    return _All(
        [(one, papers.get(one.domain)) for one in known],
        partners.stated(unit),
        _fingerprint(unit),
        found,
        consequences.of(unit, Step.PAUSE, standstill.connected(unit)),
        consequences.of(unit, Step.RESUME, halted),
        instances.strangers(unit),
    )


async def _page(call: Call, problem: AppError | None, typed: dict[str, str] | None = None) -> Response:
    found = await call.read(_all)
    now = call.context.clock.now()
    translator = call.translator
    return html.page(
        call,
        "admin/partners.html",
        problem.status if problem else 200,
        lines=[
            (instance, partner, translator.raw(partners.word(instance, partner, now)))
            for instance, partner in found.lines
        ],
        stated=found.stated,
        fingerprint=found.fingerprint,
        complete=bool(found.stated.controller and found.stated.jurisdiction and found.stated.contact),
        standing=found.standing,
        strangers=found.strangers,
        connected=any(instance.trust.speaks for instance, _ in found.lines),
        bring=said(call, found.resume if found.standing else found.pause),
        typed=typed or {},
        error=errors.sentence(problem, translator) if problem else None,
    )


def said(call: Call, found: Consequences) -> list[tuple[str, list[str]]]:
    """Now, later, what cannot be undone: in the reader's language, with the numbers."""
    counts = asdict(found.counts)
    return [
        (title, [call.translator.gettext(message, **counts) for message in messages])
        for title, messages in (
            (call.translator.gettext("Now"), found.now),
            (call.translator.gettext("Later"), found.later),
            (call.translator.gettext("Cannot be undone"), found.never),
        )
    ]
