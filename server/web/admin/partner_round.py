"""The test round with a partner, on the partner's page: what was seen of it, whose turn it is, and the text to send them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.types import Origin
from server.core.errors import Invalid
from server.core.i18n import N_
from server.domain.pairing import Actor
from server.domain.trials import Trial, TrialLine
from server.domain.trust import Instance, Partner, Trust
from server.services import accounts, trials
from server.web.kit.call import Call
from server.web.kit.unit import Unit

WHO: dict[Actor, str] = {
    Actor.NOBODY: N_("done"),
    Actor.US: N_("you act"),
    Actor.THEM: N_("they act"),
    Actor.BOTH: N_("both act"),
    Actor.SERVER: N_("the server is at work"),
}


@dataclass(frozen=True, slots=True)
class Round:
    """own: the name of who looks. partner: whether a round may begin. trial: the last one. group: its name, for them to follow."""

    own: str
    partner: bool
    trial: Trial | None = None
    lines: tuple[TrialLine, ...] = ()
    group: str = ""


def read(unit: Unit, instance: Instance, partner: Partner | None, account_id: int) -> Round:
    able = partner is not None and instance.trust is Trust.ALLOWED and partner.partner(unit.now)
    own, found = accounts.get(unit, account_id).username, trials.find(unit, instance.domain)
    if found is None:
        return Round(own, able)
    return Round(own, able, found, tuple(trials.lines(unit, found)), trials.group_name(unit, found))


def shown(call: Call, found: Round) -> dict[str, Any]:
    raw = call.translator.raw
    return {
        "round": [(line, raw(line.says), raw(WHO[line.actor])) for line in found.lines],
        "under_way": found.trial is not None and found.trial.ended_at is None,
        "theirs": found.trial is not None and found.trial.theirs,
        "group": found.group,
        "is_partner": found.partner,
        "own_name": found.own,
    }


def change(unit: Unit, call: Call, by: str, domain: Origin, act: str, founder: str) -> None:
    """Begins, goes on, or gives up. founder: a name here."""
    gettext = call.translator.gettext
    match act:
        case "begin":
            if not founder.strip():
                raise Invalid("Name somebody here who takes part")
            person = accounts.get_local(unit, founder.strip().lstrip("@"))
            trials.begin(unit, by, domain, person, gettext(trials.TITLE, domain=domain))
        case "go-on":
            trials.go_on(unit, by, domain, gettext(trials.CASE))
        case _:
            trials.give_up(unit, by, domain)
