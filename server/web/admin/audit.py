"""The audit log as a page: who did what to whom, narrowed by who, what and to whom. Names and content are not in it.

Beneath it, the groups that were opened in an emergency, and what is past its time and goes within the hour: counts and dates.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import AppError
from server.core.i18n import N_
from server.domain.retention import RetentionKind
from server.domain.seals import Head
from server.services import audit, instances, openings, partner_heads, retention
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

MOST = 200
OPENINGS = 10
LONGEST = 255
KINDS = {
    RetentionKind.POSTS: N_("Posts in groups"),
    RetentionKind.UPLOADS: N_("Pictures that no post came for"),
    RetentionKind.DOCUMENTS: N_("Documents of verifications"),
    RetentionKind.READS: N_("Who was shown a post"),
    RetentionKind.AUDIT: N_("Audit log"),
    RetentionKind.DECISIONS: N_("Decisions at the boundary"),
}


async def index(call: Call) -> Response:
    """Newest first."""
    query = call.request.query_params
    asked = {name: query.get(name, "").strip()[:LONGEST] for name in ("actor", "action", "target")}
    asked = {name: value.replace("\x00", "") for name, value in asked.items()}
    assert call.session is not None
    return html.page(
        call,
        "admin/audit.html",
        openings=await call.read(openings.listed, call.session.role, call.session.account_id, OPENINGS),
        entries=await call.read(audit.entries, MOST, **asked),
        asked=asked,
        heads=await call.read(_heads, asked["target"]),
        due=[(call.translator.gettext(KINDS[one.kind]), one) for one in await call.read(retention.preview)],
    )


def _heads(unit: Unit, target: str) -> list[Head]:
    """What a partner told of its logs, where the page is narrowed to one."""
    try:
        return partner_heads.of(unit, instances.canonical(target)) if target else []
    except AppError:
        return []
