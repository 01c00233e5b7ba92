"""The apps that members use: counted as people call them, blocked with all their registrations, and unblocked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.errors import Invalid, NotFound, NotPermitted
from server.domain.changes import ChangeKind
from server.domain.users import App, Role
from server.services import accounts, apps, audit, sessions, tokens, upkeep
from server.services.tokens import Minted
from server.store.session import Unit
from tests.support.house import House

SITE = "https://app.example/"


def registered(unit: Unit, name: str = "Ice", website: str | None = SITE) -> tuple[App, str]:
    return apps.register(unit, name, website, ["app://back"], "read")


def let_in(unit: Unit, app: App, name: str) -> Minted:
    user = accounts.owner(unit, accounts.get_local(unit, name))
    assert user is not None
    return tokens.mint(unit, app, ("read",), user_id=user.id, account_id=user.account_id)


def people(unit: Unit, *names: str) -> None:
    for name in names:
        accounts.create_user(
            unit, "command", name, f"{name}@house.example", password_hash=None, role=Role.MEMBER
        )


def test_an_app_is_all_registrations_of_one_name_and_website(any_house: House) -> None:
    any_house.run(people, "ana", "ben")
    (phone, _), (tablet, _), (other, _), (bare, _) = (
        any_house.run(registered, *which)
        for which in ((), (), ("Ice", "https://else.example/"), ("Ice", None))
    )
    any_house.run(registered, "Nobody's")
    for app, name in ((phone, "ana"), (tablet, "ana"), (phone, "ben"), (other, "ben"), (bare, "ben")):
        any_house.run(let_in, app, name)
    ended = any_house.run(let_in, tablet, "ben")
    any_house.run(tokens.revoke, "command", token_id=ended.id)
    any_house.run(lambda unit: tokens.mint(unit, phone, ("read",), user_id=None, account_id=None))
    found = any_house.read(apps.in_use)
    assert [(one.id, one.website, one.registrations, one.members, one.tokens) for one in found] == [
        (bare.id, None, 1, 1, 1),
        (phone.id, SITE, 2, 2, 3),
        (other.id, "https://else.example/", 1, 1, 1),
    ]
    assert all(one.last_used_at is not None and one.blocked_at is None for one in found)
    assert any_house.read(apps.get_in_use, tablet.id) == found[1]
    assert any_house.read(apps.in_use, "ICE", found[0].id, 1) == [found[1]]
    assert any_house.read(apps.in_use, "%") == []
    any_house.clock.advance(tokens.UNUSED)
    assert any_house.read(apps.in_use) == [], "what nobody used for a month is not live"
    with pytest.raises(NotFound):
        any_house.run(apps.block, "command", phone.id)


def test_a_blocked_app_and_none_beside_it_is_refused_until_the_block_ends(any_house: House) -> None:
    any_house.run(people, "ana", "ben")
    (phone, secret), (tablet, _), (other, _) = (
        any_house.run(registered, *which) for which in ((), (), ("Toot",))
    )
    given = [any_house.run(let_in, app, name) for app, name in ((phone, "ana"), (tablet, "ben"))]
    untouched = any_house.run(let_in, other, "ana")
    heard: list[tuple[ChangeKind, str]] = []
    any_house.database.listeners.append(
        lambda changes, _: heard.extend((one.kind, one.key) for one in changes)
    )
    was = any_house.run(apps.block, "user:7", tablet.id)
    assert (was.id, was.members, was.tokens, was.blocked_at) == (phone.id, 2, 2, None)
    assert {(ChangeKind.APP, str(phone.id)), (ChangeKind.APP, str(tablet.id))} <= set(heard)
    for one in given:
        assert any_house.read(tokens.believe, one.text) is None
        assert any_house.read(tokens.blocked_app, one.text) == "Ice"
    assert any_house.read(tokens.believe, untouched.text) is not None
    assert any_house.read(tokens.blocked_app, untouched.text) is None
    assert any_house.read(tokens.blocked_app, "nonsense") is None
    assert any_house.read(apps.proven, phone.client_id, secret) is None
    with pytest.raises(NotPermitted, match="have blocked the app Ice"):
        any_house.run(registered)
    any_house.run(registered, "Ice", None)
    with pytest.raises(Invalid, match="is blocked already"):
        any_house.run(apps.block, "user:7", phone.id)
    ana = any_house.read(lambda unit: accounts.owner(unit, accounts.get_local(unit, "ana")))
    assert ana is not None
    assert [one.blocked for one in any_house.read(sessions.apps_of, ana.id)] == [False, True]
    [listed, _] = any_house.read(apps.in_use)
    assert listed.tokens == 2 and listed.blocked_at is not None
    assert any_house.run(apps.give_back, phone.client_id, secret, given[0].text) is None, "it may give up"
    any_house.run(apps.unblock, "user:7", phone.id)
    assert any_house.read(tokens.believe, given[0].text) is None
    assert any_house.read(tokens.believe, given[1].text) is not None
    with pytest.raises(Invalid, match="is not blocked"):
        any_house.run(apps.unblock, "user:7", phone.id)
    any_house.run(registered)
    done = [
        (one["action"], one["actor"], one["detail"])
        for one in any_house.read(audit.of_target, apps.target(was))
    ]
    assert done == [
        ("app.unblock", "user:7", {"members": 1, "tokens": 1}),
        ("app.block", "user:7", {"members": 2, "tokens": 2}),
    ]


def test_a_block_outlives_the_last_token(house: House) -> None:
    house.run(people, "ana")
    app, _ = house.run(registered)
    house.run(let_in, app, "ana")
    house.run(apps.block, "command", app.id)
    house.clock.advance(timedelta(days=400))
    house.run(upkeep.forget)
    house.run(sessions.sweep)
    [listed] = house.read(apps.in_use)
    assert (listed.id, listed.members, listed.tokens) == (app.id, 0, 0)
    with pytest.raises(NotPermitted):
        house.run(registered)


def test_the_command_line_can_be_blocked_as_well(house: House) -> None:
    house.run(people, "ana")
    made = house.run(lambda unit: let_in(unit, tokens.command_app(unit), "ana"))
    house.run(lambda unit: apps.block(unit, "command", tokens.command_app(unit).id))
    assert house.read(tokens.believe, made.text) is None
    with pytest.raises(NotPermitted, match="have blocked the app Command line"):
        house.run(tokens.command_app)
