"""The staff's list of members: found by what is known of them, locked out, suspended, and let go with a hand-over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.core.clock import FixedClock
from server.core.metrics import Metrics
from server.domain.groups import MembershipRole, MembershipState
from server.domain.users import MemberState, Role
from server.domain.verification import Method
from server.jobs.maintenance import Maintenance
from server.jobs.unit import Units
from server.services import accounts, audit, groups, leaving, members, verification
from server.services.groups import Settings
from server.services.verification import Claim, Decision
from server.store import memberships, sessions, users
from server.store.session import Database
from tests.integration.test_group_pages import Person
from tests.support.member_pages import add_person, browser, make_application, opened, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = "/admin/members"


class World:
    """dora administers; anna alone moderates `cardio`, of which ben is a member; max moderates the instance."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.application = make_application(database)
        for name in ("anna", "ben"):
            add_person(database, name)
        add_person(database, "dora", role=Role.ADMIN)
        add_person(database, "max", role=Role.MODERATOR)
        self.run(accounts.ensure_instance_actor)
        self.cardio = self.run(groups.create, "command", "cardio", Settings(title="Cardiology"), None)
        for name in ("anna", "ben"):
            claim = Claim("physician", ("cardiology",), "FR")
            self.run(verification.record, "command", self.account(name), claim, Decision(2, Method.REGISTER))
            self.run(groups.add, "command", self.cardio, self.account(name))
        self.run(groups.set_role, "command", self.cardio, self.account("anna"), MembershipRole.MODERATOR)

    def run(self, fn: Any, *args: Any) -> Any:
        return self.database.run_write(fn, *args)

    def account(self, name: str) -> Any:
        return self.run(accounts.get_local, name)

    def page_of(self, name: str) -> str:
        return f"{HERE}/{self.account(name).id}"

    def state(self, name: str) -> MemberState:
        return self.run(members.get, self.account(name).id).state

    def membership(self, name: str) -> Any:
        return self.run(memberships.find, self.cardio.id, self.account(name).id)

    @asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[Person]:
        async with browser(self.application, self.database) as client:
            await sign_in(client, name)
            yield Person(client)

    async def upkeep(self) -> None:
        """One round of the maintenance job."""
        register = self.database.context.settings.purge_register_path
        job = Maintenance(Units(self.database), self.clock, Metrics(), register)
        assert await job.look()


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    clock = FixedClock(START)
    with opened(folder, clock, **settings) as database:
        yield World(database, clock)


async def test_the_list_is_narrowed_by_what_is_known(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        page = await dora.page(HERE)
        assert [f"@{name}<" in page for name in ("anna", "ben", "dora", "max")] == [True] * 4
        assert "@cardio" not in page and "@instance" not in page
        for query, there in (
            ("q=NN", {"anna"}),
            ("q=ben@house", {"ben"}),
            ("role=moderator", {"max"}),
            ("role=admin&q=a", {"dora"}),
            ("state=active", {"anna", "ben", "dora", "max"}),
            ("state=suspended", set()),
            ("q=%25", set()),
            ("q=%00&role=wizard&state=", {"anna", "ben", "dora", "max"}),
            ("after=ben", {"dora", "max"}),
        ):
            page = await dora.page(f"{HERE}?{query}")
            found = {name for name in ("anna", "ben", "dora", "max") if f"@{name}<" in page}
            assert found == there, query
        w.run(accounts.suspend, "command", w.account("ben"))
        assert "@ben<" in await dora.page(f"{HERE}?state=suspended")
        assert "@ben<" not in await dora.page(f"{HERE}?state=active")
        w.run(accounts.delete, "command", w.account("max"))
        assert "@max<" in await dora.page(f"{HERE}?state=deleted")
        assert "@max<" not in await dora.page(f"{HERE}?state=suspended")
        assert "@max<" not in await dora.page(f"{HERE}?state=left")


async def test_a_long_list_goes_on(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        for number in range(members.SHOWN):
            add_person(w.database, f"zoe{number:03}", password=None)
        page = await dora.page(HERE)
        assert page.count('href="/admin/members/') == members.SHOWN
        assert "Further members" in page
        rest = await dora.page(f"{HERE}?after=zoe{members.SHOWN - 5:03}")
        assert rest.count('href="/admin/members/') == 4 and "Further members" not in rest


async def test_a_lock_out_ends_what_is_counted(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora, w.person("anna") as anna:
        page = await dora.page(w.page_of("anna"))
        assert "1 browser is signed out" in page and "0 apps lose their access" in page
        await dora.send(w.page_of("anna"), act="lockout")
        assert (await anna.client.get("/settings")).status_code == 303
        assert w.state("anna") is MemberState.ACTIVE
        assert "0 browsers are signed out" in await dora.page(w.page_of("anna"))
        entries = w.run(audit.of_target, f"account:{w.account('anna').id}")
        assert entries[0]["action"] == "account.lockout" and entries[0]["actor"].startswith("user:")


async def test_a_suspension_is_undone(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        await dora.send(w.page_of("ben"), act="suspend", reason="asked for")
        assert w.state("ben") is MemberState.SUSPENDED
        assert "End the suspension of @ben" in await dora.page(w.page_of("ben"))
        await dora.send(w.page_of("ben"), act="unsuspend")
        assert w.state("ben") is MemberState.ACTIVE


async def test_whoever_moderates_alone_leaves_only_with_an_heir(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        here, heir = w.page_of("anna"), f"heir-{w.cardio.id}"
        page = await dora.page(here)
        assert (
            "Who moderates Cardiology" in page and ">@ben</option>" in page and ">@max</option>" not in page
        )
        said = await dora.send(here, 422, act="leave", typed="ben")
        assert "Please type the name anna to confirm" in said.text
        said = await dora.send(here, 409, act="leave", typed="anna")
        assert "Somebody must moderate Cardiology: say who" in said.text
        for wrong in (w.account("max").id, w.account("anna").id, "x", "99999999999999999999"):
            await dora.send(here, 422, act="leave", typed="anna", **{heir: str(wrong)})
        assert w.state("anna") is MemberState.ACTIVE
        assert w.membership("ben").role is MembershipRole.MEMBER
        await dora.send(here, act="leave", typed="@anna", **{heir: str(w.account("ben").id)})
        assert w.state("anna") is MemberState.LEFT
        assert w.membership("ben").role is MembershipRole.MODERATOR
        assert w.membership("anna").state is MembershipState.LEFT
        page = await dora.page(here)
        assert "has left" in page and "Let @anna go" not in page


async def test_a_planned_day_comes(tmp_path: Path) -> None:
    async with (
        world(tmp_path, timezone="Europe/Paris") as w,
        w.person("dora") as dora,
        w.person("anna") as anna,
    ):
        here = w.page_of("anna")
        assert "is closed on" not in await anna.page("/settings")
        fields = {"act": "leave", "typed": "anna", f"heir-{w.cardio.id}": str(w.account("ben").id)}
        for wrong in ("2026-03-01", "tomorrow", "2030-01-01", "9999-12-31"):
            await dora.send(here, 422, last_day=wrong, **fields)
        assert w.membership("ben").role is MembershipRole.MEMBER, "nothing is done by halves"
        await dora.send(here, last_day="2026-03-04", **fields)
        assert w.state("anna") is MemberState.LEAVING
        assert "Your account here is closed on Mar 5, 2026" in await anna.page("/settings")
        assert w.membership("ben").role is MembershipRole.MODERATOR
        assert "is about to leave" in await dora.page(f"{HERE}?state=leaving")
        w.clock.advance(datetime(2026, 3, 4, 22, 59, tzinfo=UTC) - w.clock.now())
        await w.upkeep()
        assert w.state("anna") is MemberState.LEAVING and w.membership("anna").active
        w.clock.advance(datetime(2026, 3, 4, 23, 0, tzinfo=UTC) - w.clock.now())
        await w.upkeep()
        assert w.state("anna") is MemberState.LEFT
        assert w.membership("anna").state is MembershipState.LEFT
        user = w.run(users.find_by_account, w.account("anna").id)
        assert user.password_hash is None and user.leaves_at is None
        assert w.run(sessions.of_user, user.id) == []
        assert w.run(leaving.due) == []
        assert w.run(audit.of_target, f"account:{user.account_id}")[0]["actor"] == "system"


async def test_a_plan_is_called_off(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        await dora.send(w.page_of("ben"), 409, act="stay")
        w.run(leaving.plan, "command", w.account("ben"), date(2026, 3, 5))
        await dora.send(w.page_of("ben"), act="stay")
        w.clock.advance(timedelta(days=30))
        await w.upkeep()
        assert w.state("ben") is MemberState.ACTIVE


async def test_nobody_does_it_to_themselves_and_nobody_without_the_role(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora, w.person("max") as max_:
        assert "This is you" in await dora.page(w.page_of("dora"))
        for act in ("lockout", "suspend", "leave"):
            await dora.send(w.page_of("dora"), 403, act=act, typed="dora")
            await max_.send(w.page_of("anna"), 403, act=act, typed="anna")
        assert w.state("dora") is MemberState.ACTIVE and w.state("anna") is MemberState.ACTIVE
        for nobody in (w.cardio.id, 999, "x"):
            await dora.page(f"{HERE}/{nobody}", 404)
            await dora.send(f"{HERE}/{nobody}", 404, act="lockout")
        await dora.send(w.page_of("anna"), 422, act="elope")


async def test_a_second_factor_that_is_old_is_asked_for_again(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("dora") as dora:
        w.clock.advance(timedelta(hours=2))
        answer = await dora.client.get(w.page_of("anna"))
        assert answer.status_code == 303 and answer.headers["location"].startswith("/signin/confirm")
        await dora.send(w.page_of("anna"), 303, act="suspend")
        assert w.state("anna") is MemberState.ACTIVE
