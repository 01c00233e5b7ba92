"""The groups that live here, in numbers. Who is in them and what is said is for their members: the role of an administrator opens neither."""

from __future__ import annotations

from starlette.responses import Response

from server.core.i18n import N_
from server.domain.boundary import GroupAccess
from server.services import accounts
from server.services.groups.overview import Counted, counted
from server.web.kit import html
from server.web.kit.call import Call
from server.web.kit.unit import Unit

ACCESS: dict[GroupAccess, str] = {
    GroupAccess.OPEN: N_("open"),
    GroupAccess.CLOSED: N_("closed"),
    GroupAccess.SECRET: N_("secret"),
}


async def index(call: Call) -> Response:
    assert call.session is not None
    found, secret = await call.read(_read, call.session.account_id)
    raw = call.translator.raw
    return html.page(
        call,
        "admin/groups.html",
        found=[(one, raw(ACCESS[one.group.access])) for one in found],
        secret=secret,
    )


def _read(unit: Unit, account_id: int) -> tuple[list[Counted], int]:
    return counted(unit, accounts.get(unit, account_id))
