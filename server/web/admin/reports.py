"""Reports about accounts: who reported whom and why, and that somebody dealt with it. The reported posts are counted, not shown."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from server.domain.accounts import Account
from server.domain.reports import Report
from server.services import accounts, reports
from server.web.kit import html, responses
from server.web.kit.call import Call
from server.web.kit.unit import Unit

HERE = "/admin/reports"


@dataclass(frozen=True, slots=True)
class _Line:
    report: Report
    by: Account
    target: Account


async def index(call: Call) -> Response:
    """Those that nobody dealt with, oldest first."""
    return html.page(call, "admin/reports.html", lines=await call.read(_lines))


async def resolve(call: Call) -> Response:
    assert call.session is not None
    await call.write(reports.resolve, f"user:{call.session.user_id}", call.id())
    return responses.redirect(HERE)


def _lines(unit: Unit) -> list[_Line]:
    return [
        _Line(one, accounts.get(unit, one.account_id), accounts.get(unit, one.target_id))
        for one in reports.unresolved(unit)
    ]
