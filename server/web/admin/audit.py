"""The audit log as a page: who did what to whom, narrowed by who, what and to whom. Names and content are not in it."""

from __future__ import annotations

from starlette.responses import Response

from server.services import audit
from server.web.kit import html
from server.web.kit.call import Call

MOST = 200
LONGEST = 255


async def index(call: Call) -> Response:
    """Newest first."""
    query = call.request.query_params
    asked = {name: query.get(name, "").strip()[:LONGEST] for name in ("actor", "action", "target")}
    asked = {name: value.replace("\x00", "") for name, value in asked.items()}
    return html.page(
        call, "admin/audit.html", entries=await call.read(audit.entries, MOST, **asked), asked=asked
    )
