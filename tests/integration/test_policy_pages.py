"""The page of the rules: filled-in forms, shown before they are kept; a second person for what opens something."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.domain.users import Role
from server.services import policies
from tests.support.member_pages import add_person, browser, make_application, sign_in
from tests.support.staff_pages import Clerk, office

pytestmark = pytest.mark.anyio
HERE = "/admin/policies"
ADDED = {
    "change": "link",
    "rule": "house.silent",
    "template": "template.peer-receives-nothing",
    "peer": "PEER.example",
}
GONE = {"change": "unlink", "rule": "house.silent"}


async def test_a_rule_is_tried_kept_and_taken_away_by_two(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        tried = await admin.send(HERE, 200, act="try", **ADDED)
        assert "It opens nothing, and is in force at once." in tried.text
        assert not database.run_read(policies.own_rules).links
        await admin.send(HERE, act="keep", note="they asked for it", **ADDED)
        for role in (Role.ADMIN, Role.AUDITOR):
            assert "peer.example receives nothing. [house.silent]" in await clerks[role].page(HERE)
        tried = await admin.send(HERE, 200, act="try", **GONE)
        assert "It waits for a second person." in tried.text
        await admin.send(HERE, act="keep", **GONE)
        assert database.run_read(policies.own_rules).links
        page = await admin.page(HERE)
        assert "waits for a second person" in page and "Take them into force" not in page
        version = str(database.run_read(policies.history)[0].id)
        await admin.send(HERE, 403, act="approve", version=version)
        add_person(database, "second", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "second")
            second = Clerk(client)
            assert "Take them into force" in await second.page(HERE)
            await second.send(HERE, act="approve", version=version)
            await second.send(HERE, 409, act="refuse", version=version)
        assert not database.run_read(policies.own_rules).links


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "burn"}, 422),
        ({"act": "try"}, 422),
        ({"act": "keep", **ADDED, "peer": ""}, 422),
        ({"act": "keep", **ADDED, "peer": "not a host"}, 422),
        ({"act": "keep", **ADDED, "rule": "Not an id"}, 422),
        ({"act": "keep", **ADDED, "rule": "base.mine"}, 422),
        ({"act": "keep", **ADDED, "group": "nobody"}, 404),
        ({"act": "keep", **GONE}, 404),
        ({"act": "approve", "version": "9999999999999999999999"}, 404),
        ({"act": "refuse", "version": "x"}, 404),
    ],
)
async def test_what_is_wrong_changes_nothing(tmp_path: Path, fields: dict[str, str], status: int) -> None:
    async with office(tmp_path) as (database, clerks):
        answer = await clerks[Role.ADMIN].send(HERE, status, **fields)
        assert 'class="problem"' in answer.text
        await clerks[Role.AUDITOR].send(HERE, 403, act="keep", **ADDED)
        unproven = await clerks[Role.ADMIN].client.post(HERE, data={"act": "keep", **ADDED})
        assert unproven.status_code == 403
        assert database.run_read(policies.history) == []
