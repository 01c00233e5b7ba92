"""Incidents: when it began, how much is left of the 72 hours, what, where, who could open it, what was asked back and decided.

For printing, and as JSON for the notification. It has no words of a post, no picture and no name: whoever administers reads no groups.
A moderator decides, on the group's page.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.i18n import N_
from server.domain.ledger import IncidentState, PurgeState, Via
from server.services import incident_records
from server.services.incident_records import Record
from server.web.kit import html, responses
from server.web.kit.call import Call

SHOWN = 200
STATES: dict[IncidentState, str] = {
    IncidentState.OPEN: N_("hidden, waits for a moderator"),
    IncidentState.RESTORED: N_("shown again: it identified nobody"),
    IncidentState.PURGED: N_("purged everywhere"),
}
ANSWERS: dict[PurgeState, str] = {
    PurgeState.WAITING: N_("has not answered yet"),
    PurgeState.OVERDUE: N_("has not answered for more than a day"),
    PurgeState.UNREACHABLE: N_("cannot be reached"),
    PurgeState.DONE: N_("has answered with a signed receipt"),
}
WAYS: dict[Via, str] = {
    Via.PUSH: N_("sent there"),
    Via.FETCH: N_("fetched from here"),
    Via.HISTORY: N_("given with the group's history"),
    Via.MEDIA: N_("a picture, fetched from here"),
    Via.INVENTORY: N_("it said that it has it, after a restore here"),
}


async def index(call: Call) -> Response:
    """What waits for a decision, then the newest."""
    found = await call.read(incident_records.listed, SHOWN)
    return html.page(
        call,
        "admin/incidents.html",
        lines=[(one, call.translator.raw(STATES[one.state])) for one in found],
    )


async def show(call: Call) -> Response:
    record = await _read(call)
    raw = call.translator.raw
    hours, minutes = divmod(int(record.left.total_seconds()) // 60, 60)
    return html.page(
        call,
        "admin/incident.html",
        record=record,
        state=raw(STATES[record.incident.state]),
        left={"hours": hours, "minutes": minutes},
        ways={way: raw(said) for way, said in WAYS.items()},
        answers={state: raw(said) for state, said in ANSWERS.items()},
    )


async def document(call: Call) -> Response:
    """The same record for the notification."""
    name = f"incident-{call.id()}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return responses.json(incident_records.plain(await _read(call)), headers=headers)


async def _read(call: Call) -> Record:
    assert call.session is not None
    return await call.write(incident_records.read, f"user:{call.session.user_id}", call.id())
