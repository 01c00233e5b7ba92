"""A person moves from one instance to another: the command, the Move that peers get, and what apps show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.instances import Launcher, LiveAccount, eventually, launcher  # noqa: F401  a fixture
from tests.support.members import add_members

pytestmark = pytest.mark.slow


def _relation(account: LiveAccount, target: str) -> dict[str, Any]:
    found = account.client.get("/api/v1/accounts/relationships", params={"id[]": target})
    relation: dict[str, Any] = found.raise_for_status().json()[0]
    return relation


def _found(account: LiveAccount, handle: str) -> str:
    asked = {"q": handle, "resolve": "true", "type": "accounts"}
    found = account.client.get("/api/v2/search", params=asked).raise_for_status().json()["accounts"]
    return str(found[0]["id"])


def _follow(account: LiveAccount, target: str) -> None:
    account.client.post(f"/api/v1/accounts/{target}/follow").raise_for_status()
    eventually(lambda: _relation(account, target)["following"])


def test_followers_here_and_there_follow_to_the_new_instance(launcher: Launcher) -> None:  # noqa: F811
    hospital, society = launcher.launch("hospital"), launcher.launch("society")
    hospital.connect(society)
    ada, carol = add_members(hospital, "ada", "carol")
    new_ada, bob = add_members(society, "ada", "bob")
    old, new = f"@ada@{hospital.origin}", f"@ada@{society.origin}"
    old_there = _found(bob, old)
    _follow(bob, old_there)
    _follow(carol, ada.id)

    # the new account does not say that it is the same person: nothing moves
    hospital.command("account", "move", "ada", "--to", new, "--yes", status=1)
    hospital.command("account", "move", "ada", "--to", "@ada@nowhere.example", "--yes", status=1)
    hospital.command("account", "move", "ada", "--to", "@ada", "--yes", status=1)
    assert "moved" not in ada.client.get("/api/v1/accounts/verify_credentials").json()

    society.command("account", "alias", "ada", old)
    assert json.loads(society.command("account", "alias", "ada", "--json")) == [ada.uri]
    said = hospital.command("account", "move", "ada", "--to", new, "--yes")
    assert "1 followed from here" in said

    eventually(lambda: _relation(bob, new_ada.id)["following"])
    assert not _relation(bob, old_there)["following"]
    new_here = _found(carol, new)
    eventually(lambda: _relation(carol, new_here)["following"])
    assert not _relation(carol, ada.id)["following"]

    shown = carol.client.get(f"/api/v1/accounts/{ada.id}").raise_for_status().json()
    assert shown["moved"]["acct"] == new.removeprefix("@")
    assert ada.client.get("/api/v1/accounts/verify_credentials").json()["moved"]["id"] == new_here
    there = bob.client.get(f"/api/v1/accounts/{old_there}").raise_for_status().json()
    assert there["moved"]["acct"] == "ada"
    assert carol.client.post(f"/api/v1/accounts/{ada.id}/follow").status_code == 403

    hospital.command("account", "move", "ada", "--to", new, "--yes", status=1)  # has moved already
    hospital.command("account", "move", "ada", "--undo")
    assert "moved" not in carol.client.get(f"/api/v1/accounts/{ada.id}").json()
    _follow(carol, ada.id)
    society.command("account", "alias", "ada", ada.uri, "--remove")
    assert json.loads(society.command("account", "alias", "ada", "--json")) == []
