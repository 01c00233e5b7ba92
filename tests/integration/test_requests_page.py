"""Requests to join, as the staff sees them: decided by a group's moderators, counted for others, secret groups for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipRole, MembershipState, Reason
from server.domain.users import Role
from server.services import groups
from server.services.groups import Settings
from server.store import memberships, users
from server.store.session import Unit
from tests.integration.test_group_pages import World, world

pytestmark = pytest.mark.anyio
HERE = "/admin/requests"


def _role(w: World, name: str, role: Role) -> None:
    account_id = w.account(name).id

    def change(unit: Unit) -> None:
        found = users.find_by_account(unit, account_id)
        assert found is not None
        users.change(unit, found.id, {"role": role.value})

    w.run(change)


def _ask(w: World, name: str, group: str = "cardio") -> None:
    found = w.account(group)
    version = w.run(groups.get, found).rules_version
    w.run(groups.confirm_join, w.account(name), found, version)


def _state(w: World, name: str) -> tuple[MembershipState, Reason]:
    found = w.run(memberships.find, w.cardio.id, w.account(name).id)
    assert found is not None
    return found.state, found.reason


async def test_a_moderator_on_the_staff_decides_and_gives_a_reason(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("alice") as alice:
        _role(w, "alice", Role.MODERATOR)
        assert "Nobody asks to be let in at the moment." in await alice.page(HERE)
        for name in ("bob", "nora"):
            _ask(w, name)
        page = await alice.page(HERE)
        assert "2 people wait" in page and "states that it checked: Physician." in page
        assert page.index("@bob") < page.index("@nora")
        there = f"/groups/{w.cardio.id}/requests"
        assert f'action="{there}/{w.account("bob").id}"' in page
        assert '<option value="profession">the group does not admit your profession.</option>' in page
        await alice.send(f"{there}/{w.account('bob').id}", act="accept")
        await alice.send(f"{there}/{w.account('nora').id}", 422, act="decline", reason="policy")
        assert _state(w, "nora")[0] is MembershipState.REQUESTED
        await alice.send(f"{there}/{w.account('nora').id}", act="decline", reason="profession")
        assert _state(w, "bob") == (MembershipState.ACTIVE, Reason.NONE)
        assert _state(w, "nora") == (MembershipState.REJECTED, Reason.PROFESSION)
        assert "Nobody asks to be let in at the moment." in await alice.page(HERE)


async def test_an_administrator_who_moderates_nothing_sees_numbers_alone(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("carl") as carl, w.person("nora") as nora:
        _role(w, "carl", Role.ADMIN)
        _ask(w, "bob")
        page = await carl.page("/admin/groups")
        assert "@cardio" in page and "asking: 1" in page and "@bob" not in page
        page = await carl.page(HERE)
        assert "1 person waits" in page and "Cardiology" in page
        assert "@bob" not in page and "Physician" not in page and "<select" not in page
        bobs = f"/groups/{w.cardio.id}/requests/{w.account('bob').id}"
        await carl.send(bobs, 404, act="accept")
        assert _state(w, "bob")[0] is MembershipState.REQUESTED
        _role(w, "nora", Role.ADMIN)
        w.run(groups.add, "command", w.cardio, w.account("nora"))
        assert "@bob" not in await nora.page(HERE), "a member who does not moderate"


async def test_a_secret_group_is_there_for_its_members_alone(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.person("carl") as carl, w.person("alice") as alice:
        _role(w, "carl", Role.ADMIN)
        _role(w, "alice", Role.ADMIN)
        secret = w.run(
            groups.create, "command", "quiet", Settings(title="Hush", access=GroupAccess.SECRET), None
        )
        w.run(groups.add, "command", secret, w.account("alice"))
        w.run(groups.set_role, "command", secret, w.account("alice"), MembershipRole.MODERATOR)
        w.run(groups.invite_by_command, "command", secret, w.account("bob"))

        bob_id = w.account("bob").id

        def requested(unit: Unit) -> None:
            found = memberships.find(unit, secret.id, bob_id)
            assert found is not None
            values = {"state": "requested", "join_uri": "http://house.localhost:8000/activities/77"}
            memberships.change(unit, found.id, {**values, "asked_at": unit.now})

        w.run(requested)
        counted = await carl.page("/admin/groups")
        assert "And 1 secret group" in counted and "Hush" not in counted and "@cardio" in counted
        assert "Hush" in await alice.page("/admin/groups")
        assert "Hush" in await alice.page(HERE)
        assert "Hush" not in await carl.page(HERE)
