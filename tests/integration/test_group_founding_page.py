"""Groups are founded and dissolved on a page of the staff: by whom, with what, and with what must be typed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.clock import FixedClock
from server.domain.boundary import GroupAccess
from server.domain.groups import Admission, Group, MembershipRole, MembershipState
from server.domain.users import Role
from server.domain.verification import Method
from server.services import accounts, audit, groups, verification
from server.services.groups import Settings
from server.services.verification import Claim, Decision
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import memberships
from server.store.session import Unit
from tests.support.member_pages import Visit, add_person, browser, make_application, opened, sign_in

pytestmark = pytest.mark.anyio
HERE = "/admin/groups"
CLOCK = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASKED = {
    "title": "Cardiology",
    "name": "cardio",
    "access": "closed",
    "admission": "automatic",
    "about": "The heart",
    "rules": "Be kind.",
    "days": "30",
    "founder": "@anna",
    "listed": "on",
}


def verified(unit: Unit) -> None:
    accounts.ensure_instance_actor(unit)
    anna, decision = accounts.get_local(unit, "anna"), Decision(2, Method.REGISTER)
    verification.record(unit, "command", anna, Claim("physician", ("cardiology",), "FR"), decision)


@asynccontextmanager
async def desk(folder: Path, clock: FixedClock) -> AsyncIterator[Visit]:
    """dora administers, and is in no group; anna is verified, ben is not."""
    with opened(folder, clock) as database:
        for name, role in (("dora", Role.ADMIN), ("anna", Role.MEMBER), ("ben", Role.MEMBER)):
            add_person(database, name, role=role)
        database.run_write(verified)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "dora")
            yield Visit(client, database)


def named(at: Visit, name: str) -> tuple[int, Group] | None:
    account = at.run(account_rows.find_by_name, name)
    found = None if account is None else at.run(group_rows.find, account.id)
    return None if account is None or found is None else (account.id, found)


async def test_a_group_is_founded_for_a_verified_member(tmp_path: Path) -> None:
    async with desk(tmp_path, FixedClock(CLOCK)) as at:
        page = await at.page(HERE)
        assert "Found a group" in page and 'value="dora"' in page
        wrong = [
            ({"founder": "ben"}, 422, "must be a verified member"),
            ({"founder": ""}, 422, "Name somebody here who moderates it"),
            ({"founder": "nobody"}, 404, ""),
            ({"title": " "}, 422, "A group needs a title"),
            ({"name": "no name"}, 422, ""),
            ({"name": "anna"}, 409, ""),
            ({"access": "hidden"}, 422, ""),
            ({"admission": ""}, 422, ""),
            ({"days": "soon"}, 422, "A time to keep is a number of days"),
            ({"days": "9" * 30}, 422, "A time to keep is a number of days"),
        ]
        for change, status, says in wrong:
            answer = await at.send(HERE, status, **ASKED | change)
            assert says in answer.text and "Be kind." in answer.text, change
        assert named(at, "cardio") is None
        await at.send(HERE, **ASKED)
        found = named(at, "cardio")
        assert found is not None
        group_id, group = found
        assert (group.access, group.admission, group.retention_days, group.rules, group.listed) == (
            GroupAccess.CLOSED,
            Admission.AUTOMATIC,
            30,
            "Be kind.",
            True,
        )
        anna = at.run(memberships.find, group_id, at.account("anna").id)
        assert anna is not None
        assert (anna.state, anna.role) == (MembershipState.ACTIVE, MembershipRole.ADMIN)
        assert at.run(memberships.find, group_id, at.account("dora").id) is None, "who founds is not in it"
        assert "Cardiology" in await at.page(HERE)
        await at.send(HERE, 409, **ASKED)


async def test_it_is_dissolved_with_its_name_and_a_fresh_second_factor(tmp_path: Path) -> None:
    clock = FixedClock(CLOCK)
    async with desk(tmp_path, clock) as at:
        await at.send(HERE, **ASKED)
        group_id, _ = named(at, "cardio") or (0, None)
        here = f"{HERE}/{group_id}"
        page = await at.page(here)
        assert "Dissolve Cardiology" in page and "1 membership ends" in page and "Cannot be undone" in page
        refused = await at.send(here, 422, typed="cardiology")
        assert "Please type the name cardio to confirm" in refused.text
        clock.advance(timedelta(minutes=16))
        assert (await at.send(here, typed="cardio")).headers["location"].startswith("/signin/confirm")
        clock.advance(-timedelta(minutes=16))
        _, group = named(at, "cardio") or (0, None)
        assert group is not None and group.dissolved_at is None
        await at.send(here, typed="@cardio")
        _, group = named(at, "cardio") or (0, None)
        assert group is not None and group.dissolved_at is not None
        anna = at.run(memberships.find, group_id, at.account("anna").id)
        assert anna is not None and anna.state is MembershipState.REMOVED
        [entry] = at.run(lambda unit: audit.entries(unit, 10, action="group.dissolved"))
        assert entry["actor"].startswith("user:")
        await at.page(here, 404)
        await at.send(here, 404, typed="cardio")


async def test_a_secret_group_is_not_there_for_who_is_not_in_it(tmp_path: Path) -> None:
    async with desk(tmp_path, FixedClock(CLOCK)) as at:
        anna = at.account("anna")
        secret = at.run(
            groups.create, "command", "quiet", Settings(title="Hush", access=GroupAccess.SECRET), anna
        )
        missing = await at.page(f"{HERE}/1", 404)
        assert await at.page(f"{HERE}/{secret.id}", 404) == missing
        await at.send(f"{HERE}/{secret.id}", 404, typed="quiet")
        _, group = named(at, "quiet") or (0, None)
        assert group is not None and group.dissolved_at is None
