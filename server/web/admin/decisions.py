"""What was decided at the boundary, and why: by peer and outcome, the rules that decided, never what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from federation.types import Origin
from server.core.errors import AppError
from server.domain.boundary import Effect
from server.services import audit, explanations, instances
from server.web.kit import errors, html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

MOST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the log with its rules in words."""

    row: dict[str, Any]
    because: list[str]


async def index(call: Call) -> Response:
    """Newest first."""
    query = call.request.query_params
    peer, effect = query.get("peer", "").strip(), query.get("effect", "")
    before, problem = query.get("before", ""), None
    found: list[Line] = []
    try:
        about = instances.canonical(peer) if peer else None
        last = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
        found = await call.read(_lines, call, about, effect if effect in set(Effect) else "", last)
    except AppError as error:
        problem = error
    return html.page(
        call,
        "admin/decisions.html",
        problem.status if problem else 200,
        lines=found,
        peer=peer,
        effect=effect,
        older=str(found[-1].row["id"]) if len(found) == MOST else None,
        error=errors.sentence(problem, call.translator) if problem else None,
    )


def _lines(unit: Unit, call: Call, peer: Origin | None, effect: str, before: int | None) -> list[Line]:
    return [
        Line(
            row,
            [
                explanations.sentence(one, call.translator)
                for one in explanations.of_rules(unit, tuple(row["rules"]))
            ],
        )
        for row in audit.decisions(unit, MOST, peer=peer, effect=effect, before=before)
    ]
