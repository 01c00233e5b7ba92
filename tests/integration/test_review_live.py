"""What rules hold at the boundary, on both sides of it: it waits for a person, and goes on or ends as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.instances import (
    Launcher,
    LiveAccount,
    LiveInstance,
    eventually,
    launcher,  # noqa: F401  a fixture
)
from tests.support.members import add_members

pytestmark = pytest.mark.slow


def _waiting(instance: LiveInstance) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(instance.command("review", "list", "--json"))
    return found


def _posted(account: LiveAccount, text: str) -> str:
    sent = account.client.post("/api/v1/statuses", json={"status": text, "visibility": "public"})
    return str(sent.raise_for_status().json()["id"])


def _home(account: LiveAccount) -> str:
    return account.client.get("/api/v1/timelines/home").raise_for_status().text


def test_what_waits_at_the_boundary(launcher: Launcher, tmp_path: Path) -> None:  # noqa: F811
    hospital = launcher.launch("hospital", posts="public")
    society = launcher.launch("society", posts="public")
    hospital.connect(society)
    [ada], [bob] = add_members(hospital, "ada"), add_members(society, "bob")
    found = bob.client.get(
        "/api/v2/search", params={"q": f"@ada@{hospital.origin}", "resolve": "true"}
    ).json()
    her = found["accounts"][0]["id"]
    bob.client.post(f"/api/v1/accounts/{her}/follow").raise_for_status()
    eventually(lambda: bob.client.get(f"/api/v1/accounts/relationships?id[]={her}").json()[0]["following"])

    # what arrives from an instance that is held
    society.command("instance", "limit", hospital.origin)
    _posted(ada, "mirabelle")
    _posted(ada, "quetsche")
    eventually(lambda: len(_waiting(society)) == 2)
    first, second = _waiting(society)
    assert (first["direction"], first["peer"], first["rules"]) == (
        "in",
        hospital.origin,
        ["base.hold-connected-held"],
    )
    shown = json.loads(society.command("review", "show", first["number"], "--json"))
    assert shown["text"] == "mirabelle"
    assert "held for a review: 2" in society.command("status")
    assert "mirabelle" not in _home(bob)
    society.command("review", "release", first["number"])
    society.command("review", "refuse", second["number"], "--reason", "not for us")
    eventually(lambda: "mirabelle" in _home(bob))
    assert _waiting(society) == []
    assert "quetsche" not in _home(bob)
    society.command("review", "release", first["number"], status=1)
    society.command("instance", "allow", hospital.origin)

    # what a rule of the house keeps from leaving
    rule = tmp_path / "hold.cedar"
    rule.write_text(
        f'@id("house.look-first") @set("hold") permit (principal == Instance::"{society.origin}", action in '
        '[Action::"deliver", Action::"fetch"], resource) when { context.content.form == "post" };'
    )
    assert "is in force" in hospital.command("policy", "save", str(rule))
    post = _posted(ada, "reineclaude")
    edited = ada.client.put(f"/api/v1/statuses/{post}", json={"status": "reineclaude dorée"})
    refused, deleted = _posted(ada, "griotte"), _posted(ada, "bigarreau")
    eventually(lambda: len(_waiting(hospital)) == 4)
    ada.client.delete(f"/api/v1/statuses/{deleted}").raise_for_status()
    waits = eventually(lambda: found if len(found := _waiting(hospital)) == 3 else None)
    uri = edited.raise_for_status().json()["uri"]
    asked = bob.client.get("/api/v2/search", params={"q": uri, "resolve": "true"}).json()
    assert asked["statuses"] == []  # it cannot be fetched either
    assert hospital.command("review", "release", waits[0]["number"]) == "released 2\n"
    hospital.command("review", "refuse", waits[2]["number"], "--reason", "a colleague is named")
    eventually(lambda: "reineclaude dorée" in _home(bob))
    assert _waiting(hospital) == []
    _posted(bob, "the boundary still works the other way")
    home = _home(bob)
    assert "griotte" not in home
    assert "bigarreau" not in home
    explained = json.loads(hospital.command("policy", "explain", refused, "--json"))
    assert {one["effect"] for one in explained} == {"hold"}
    actions = {one["action"] for one in json.loads(hospital.command("audit", "list", "--json"))}
    assert {"review.released", "review.refused", "policy.in-force"} <= actions
    verified = eventually(lambda: _sealed(hospital))
    assert all(log["damage"] is None and log["sealed"] for log in verified)


def _sealed(instance: LiveInstance) -> list[dict[str, Any]]:
    """What `audit verify` says once nothing waits for its seal."""
    logs: list[dict[str, Any]] = json.loads(instance.command("audit", "verify", "--json"))["logs"]
    return logs if not any(log["unsealed"] for log in logs) else []
