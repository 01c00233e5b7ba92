"""Who of the staff opened a group in an emergency, for its moderators: who, why, until when, and its end.

To everybody else the list does not exist. Of a group elsewhere it shows what the group said of it; its end is for its own instance.
"""

from __future__ import annotations

from starlette.responses import Response

from server.core.errors import NotFound
from server.services import accounts, groups, openings
from server.services.groups import Seen
from server.services.openings import Line
from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit
from server.web.site.security import signed


async def index(call: Call) -> Response:
    """Newest first."""
    seen, lines = await call.read(_lines, signed(call).account_id, call.id())
    return html.page(call, "site/group_openings.html", seen=seen, lines=lines)


async def end(call: Call) -> Response:
    """Ends one before its time."""
    await call.write(_end, signed(call).account_id, call.id(), call.id("opening"))
    return responses.redirect(f"/groups/{call.id()}/openings")


def _moderated(unit: Unit, account_id: int, group_id: int) -> Seen:
    seen = groups.find_for(unit, accounts.get(unit, account_id), accounts.get(unit, group_id))
    if not seen.moderates or not (seen.account.local or seen.group.access.members_only):
        raise NotFound
    return seen


def _lines(unit: Unit, account_id: int, group_id: int) -> tuple[Seen, list[Line]]:
    return _moderated(unit, account_id, group_id), openings.of_group(unit, group_id)


def _end(unit: Unit, account_id: int, group_id: int, opening_id: int) -> None:
    if not _moderated(unit, account_id, group_id).account.local:
        raise NotFound
    openings.end_for_group(unit, accounts.get(unit, account_id), group_id, opening_id)
