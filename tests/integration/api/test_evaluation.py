"""Evaluation mode as pages and apps are told of it, and that a running instance hears when it was left."""

from __future__ import annotations

import asyncio
import time

import pytest

from server.app import running
from server.domain.changes import ChangeKind
from server.domain.trust import Papers
from server.services import evaluation, partners
from server.services.founding import open_database
from server.store.session import Unit
from tests.integration.api.conftest import Api

pytestmark = pytest.mark.anyio
NOTICE = 'class="evaluation"'
PAPERS = Papers("Hospital", "FR", "Dr. Who, dpo@hospital.example", "+33 1 00 00 00 00")
WITHIN = 5


def gone_live(unit: Unit) -> None:
    """As a release with complete gates would."""
    partners.state(unit, "command", PAPERS)
    evaluation.drilled(unit, "command", unit.now.date())
    evaluation.leave(unit, "command", [], gates_complete=True)


async def told(api: Api) -> tuple[list[bool], bool, list[str]]:
    """Which pages carry the notice, whether the description does, and the numbers of the rules."""
    pages = [(await api.visitor.answer("GET", path)).text for path in ("/terms", "/signin")]
    described = (await api.visitor.get("/api/v2/instance"))["description"]
    assert described == (await api.visitor.get("/api/v1/instance"))["description"]
    rules = [one["id"] for one in await api.visitor.get("/api/v1/instance/rules")]
    return [NOTICE in page for page in pages], "evaluation" in described, rules


async def test_what_another_process_left_is_heard_and_stays(api: Api) -> None:
    assert await told(api) == ([True, True], True, ["1", "2", "3"])
    settings = api.instance.settings
    other = open_database(settings)
    try:
        other.run_write(gone_live)
    finally:
        other.close()
    deadline = time.monotonic() + WITHIN
    while api.instance.house.evaluation.on and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert await told(api) == ([False, False], False, ["1", "3"])
    terms = (await api.visitor.answer("GET", "/terms")).text
    assert "evaluation" not in terms
    assert "Post nothing by which a patient could be recognised" in terms
    async with running(api.instance.database, work=False) as started_again:
        assert started_again.house.evaluation.on is False


async def test_other_changes_leave_the_notice(api: Api) -> None:
    def changed(unit: Unit) -> None:
        for kind in (ChangeKind.TRUST, ChangeKind.POLICY, ChangeKind.EVERYTHING):
            unit.changed(kind, "a.example")

    await api.instance.database.write(changed)
    await asyncio.sleep(0.5)
    assert await told(api) == ([True, True], True, ["1", "2", "3"])
