"""The page of reports: listed without the posts, and dealt with once."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.domain.reports import Report
from server.domain.users import Role
from server.services import accounts, reports
from server.store.session import Unit
from tests.support.staff_pages import office

pytestmark = pytest.mark.anyio


def reported(unit: Unit) -> Report:
    by, target = (accounts.get_local(unit, name) for name in ("members", "auditors"))
    return reports.make(unit, by, target, comment="Sells <b>things</b>")


async def test_a_report_is_read_and_dealt_with(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        moderator = clerks[Role.MODERATOR]
        assert "Nothing waits." in await moderator.page("/admin/reports")
        made = database.run_write(reported)
        page = await moderator.page("/admin/reports")
        assert "Sells &lt;b&gt;things" in page and "@auditors" in page and "@members" in page
        unproven = await moderator.client.post(f"/admin/reports/{made.id}")
        assert unproven.status_code == 403
        for role in (Role.AUDITOR, Role.MEMBER):
            await clerks[role].send(f"/admin/reports/{made.id}", 403)
        assert database.run_read(reports.unresolved) == [made]
        await moderator.send(f"/admin/reports/{made.id}")
        assert database.run_read(reports.unresolved) == []
        await moderator.send("/admin/reports/1", 404)
