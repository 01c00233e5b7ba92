"""One change of the rules before it is made: what it would have done, and what it brings now, later and for good, in numbers.

Nothing is kept here. The second person sees the same of what the first one proposed, as it is today.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from server.core.i18n import N_
from server.domain.boundary import Effect
from server.domain.policies import OwnRules, Policy, Replay
from server.services import policies, waiting
from server.services.policies import replay
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

DAYS = 30

_STOPS = N_(
    "Of what was decided in the last %(days)s days, it would have stopped %(stopped)s, let %(held)s wait for a person, and let "
    "%(crossed)s cross."
)
_WAITING = N_(
    "It is asked about what waits to be sent as well, %(waiting)s deliveries; what it stops of them is cancelled."
)
TIGHTENS: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = (
    (N_("It opens nothing, and is in force at once."), _STOPS, _WAITING),
    (N_("Whoever takes it back opens something: that wants a second person."),),
    (
        N_(
            "What is cancelled is not sent afterwards. What crossed before stays there until it is asked back."
        ),
    ),
)
LOOSENS: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = (
    (N_("Nothing changes yet: it waits for a second person."),),
    (N_("Once a second person agrees, it is in force."), _STOPS, _WAITING),
    (N_("What crosses then can be asked back, and whether it is removed there is theirs to prove."),),
)
APPROVED: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = (
    (N_("They are in force at once."), _STOPS, _WAITING),
    (N_("Taking them back is a change like any other."),),
    LOOSENS[2],
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a change would have done. opens: ids of rules by which more might cross. waiting: deliveries not sent yet."""

    replay: Replay
    opens: tuple[str, ...]
    waiting: int

    def counts(self) -> dict[str, int]:
        return {
            "days": DAYS,
            "stopped": self.replay.number(Effect.DENY.value),
            "held": self.replay.number(Effect.HOLD.value),
            "crossed": self.replay.number(Effect.ALLOW.value),
            "waiting": self.waiting,
        }


def tried(unit: Unit, own: OwnRules) -> Tried:
    """Raises Invalid."""
    made = policies.compile_own(own)
    return Tried(
        replay.replay(unit, made, DAYS),
        policies.loosened(policies.current(unit), made),
        waiting.to_send(unit),
    )


def page(call: Call, found: Tried, fields: dict[str, str]) -> Response:
    """A change that somebody has typed, and may keep."""
    return _page(call, found, LOOSENS if found.opens else TIGHTENS, fields)


async def look(call: Call, number: int) -> Response:
    """A proposal, for the second person. Raises NotFound, Conflict."""
    assert call.session is not None
    proposed, found = await call.read(_proposed, number)
    mine = proposed.by == f"user:{call.session.user_id}"
    return _page(call, found, APPROVED, {}, proposed, mine=mine)


def _proposed(unit: Unit, number: int) -> tuple[Policy, Tried]:
    proposed = policies.get_proposed(unit, number)
    return proposed, tried(unit, proposed.rules)


def _page(
    call: Call,
    found: Tried,
    brings: tuple[tuple[str, ...], ...],
    fields: dict[str, str],
    proposed: Policy | None = None,
    *,
    mine: bool = False,
) -> Response:
    gettext = call.translator.gettext
    titles = gettext("Now"), gettext("Later"), gettext("Cannot be undone")
    parts = [
        (title, [gettext(one, **found.counts()) for one in said])
        for title, said in zip(titles, brings, strict=True)
    ]
    return html.page(
        call,
        "admin/policy.html",
        tried=found,
        parts=parts,
        days=DAYS,
        fields=fields,
        proposed=proposed,
        mine=mine,
    )
