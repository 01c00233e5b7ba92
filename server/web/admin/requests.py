"""Who waits to be let into groups that live here: decided by those who moderate them, counted for the rest of the staff.

A role gives no right in a group: names, and what is attested, are for its moderators. The decision itself is the group's own page.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from server.services import accounts, groups, messages
from server.services.groups import Asking, RosterLine
from server.services.verification import words
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit


async def index(call: Call) -> Response:
    """Group by group, the longest wait first."""
    assert call.session is not None
    found = await call.read(_asking, call.session.account_id)
    return html.page(
        call,
        "admin/requests.html",
        asking=[
            {
                "group": one.group,
                "count": one.count,
                "oldest": one.oldest,
                "lines": [_line(call, each) for each in one.lines],
            }
            for one in found
        ],
        refusals=messages.refusals(call.translator),
    )


def _asking(unit: Unit, account_id: int) -> list[Asking]:
    return groups.asking(unit, accounts.get(unit, account_id))


def _line(call: Call, one: RosterLine) -> dict[str, Any]:
    return {
        "account": one.account,
        "membership": one.membership,
        "stated": words.of_attestation(one.attestation, call.translator),
    }
