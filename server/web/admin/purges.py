"""What was asked back of other institutions and not answered yet, whom to telephone, and who may have one object. Never what it says."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from federation.iri import find_iri
from federation.types import Origin
from server.core.i18n import N_
from server.domain.ledger import LedgerEntry, Purge, PurgeReason
from server.services import lawful_holds, ledger, partners, purges
from server.services.lawful_holds import Held
from server.web.admin.incidents import ANSWERS, WAYS
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

MOST = 200
LONGEST = 500
WHY: dict[PurgeReason, str] = {
    PurgeReason.DELETED: N_("its author deleted it"),
    PurgeReason.REMOVED: N_("a moderator removed it"),
    PurgeReason.WITHDRAWN: N_("an administrator took it back"),
    PurgeReason.DISSOLVED: N_("the group was dissolved"),
    PurgeReason.INCIDENT: N_("it identified a patient"),
    PurgeReason.ENDED: N_("the partnership ended"),
    PurgeReason.LAST_MEMBER: N_("nobody there is a member any more"),
}


@dataclass(frozen=True, slots=True)
class _Found:
    """asked: of one object where it is asked about, else whatever is not answered, oldest first. contacts: of those who were asked."""

    asked: list[Purge]
    entries: list[LedgerEntry]
    holds: list[Held]
    contacts: dict[Origin, str]


async def show(call: Call) -> Response:
    about = call.request.query_params.get("object", "").strip()[:LONGEST].replace("\x00", "")
    found = await call.read(_read, about)
    raw = call.translator.raw
    return html.page(
        call,
        "admin/purges.html",
        about=about,
        found=found,
        late=purges.LATE,
        why={reason: raw(said) for reason, said in WHY.items()},
        answers={state: raw(said) for state, said in ANSWERS.items()},
        ways={way: raw(said) for way, said in WAYS.items()},
    )


def _read(unit: Unit, about: str) -> _Found:
    address = find_iri(about)
    if address is None:
        asked, entries = ([] if about else purges.listed(unit, None, MOST)), []
    else:
        asked, entries = purges.of_object(unit, address), ledger.of_object(unit, address)
    known = partners.find_many(unit, {one.host for one in asked})
    contacts = {domain: partners.contact(one) for domain, one in known.items()}
    return _Found(asked, entries, [] if about else lawful_holds.listed(unit)[:MOST], contacts)
