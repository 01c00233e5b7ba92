"""Where what one wrote in groups is: institution by institution, with the proof of its deletion. For its author alone."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from server.core.i18n import N_
from server.domain.ledger import PurgeReason, PurgeState, ReceiptStatus, Via
from server.services import accounts, traces
from server.services.traces import Line, Trace
from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed

HOW: Mapping[Via, str] = {
    Via.PUSH: N_("it was sent there"),
    Via.FETCH: N_("it was fetched from here"),
    Via.HISTORY: N_("it was given there as part of the group's history"),
    Via.MEDIA: N_("a picture was fetched from here"),
    Via.INVENTORY: N_("after this instance was restored from a backup, it said that it has it"),
}
WHY: Mapping[PurgeReason, str] = {
    PurgeReason.DELETED: N_("you deleted it"),
    PurgeReason.REMOVED: N_("a moderator removed it"),
    PurgeReason.WITHDRAWN: N_("an administrator took it back"),
    PurgeReason.DISSOLVED: N_("the group was dissolved"),
    PurgeReason.INCIDENT: N_("it identified a patient"),
    PurgeReason.ENDED: N_("the partnership ended"),
    PurgeReason.LAST_MEMBER: N_("nobody there is a member any more"),
}
STATES: Mapping[PurgeState, str] = {
    PurgeState.WAITING: N_("It was asked to remove it; the answer is on its way."),
    PurgeState.OVERDUE: N_("It was asked to remove it and has not answered for more than a day."),
    PurgeState.UNREACHABLE: N_("It was asked to remove it and cannot be reached."),
}
ANSWERS: Mapping[ReceiptStatus, str] = {
    ReceiptStatus.NONE: N_("It has not answered."),
    ReceiptStatus.GONE: N_("It has stated, signed, that it is gone there."),
    ReceiptStatus.HIDDEN_HELD: N_(
        "It has stated, signed, that a lawful order keeps it: it is hidden there from everybody."
    ),
}


async def index(call: Call) -> Response:
    """What one wrote in groups and others may have, newest first."""
    return html.page(call, "site/traces.html", found=await call.read(_all, signed(call).account_id))


async def show(call: Call) -> Response:
    """Who may have one post, since when, by which rule, and what became of it there."""
    trace = await call.read(_one, signed(call).account_id, call.id())
    translator = call.translator
    return html.page(
        call,
        "site/trace.html",
        trace=trace,
        lines=[(line, _how(call, line), _became(call, line)) for line in trace.lines],
        why={reason: translator.raw(sentence) for reason, sentence in WHY.items()},
    )


async def receipts(call: Call) -> Response:
    """The receipts of one post as they were signed, to be kept."""
    trace = await call.read(_one, signed(call).account_id, call.id())
    found = [msgspec.Raw(line.asked.receipt) for line in trace.lines if line.asked and line.asked.receipt]
    name = f"receipts-{trace.post_id}.json"
    return responses.json(found, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _how(call: Call, line: Line) -> str:
    if line.entry is None:
        return call.translator.raw(N_("the group passed it on"))
    return call.translator.raw(HOW[line.entry.via])


def _became(call: Call, line: Line) -> str:
    if line.asked is None:
        return ""
    if line.asked.state is PurgeState.DONE:
        return call.translator.raw(ANSWERS[line.asked.status])
    return call.translator.raw(STATES[line.asked.state])


def _all(unit: Unit, account_id: int) -> list[Trace]:
    return traces.of_author(unit, accounts.get(unit, account_id))


def _one(unit: Unit, account_id: int, post_id: int) -> Trace:
    return traces.of_post(unit, accounts.get(unit, account_id), post_id)
