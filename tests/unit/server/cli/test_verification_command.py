"""`consilium verification`, and accounts that are made with a profession."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.commands import Run

pytestmark = pytest.mark.slow

PEOPLE = ("alice", "bob")


@pytest.fixture(autouse=True)
def people(run: Run) -> None:
    for name in PEOPLE:
        run("account", "create", name, "--email", f"{name}@x.example", "--role", "admin")


def listed(run: Run, *more: str) -> list[tuple[Any, ...]]:
    rows = json.loads(run("verification", "list", "--json", *more).out)
    return [(row["name"], row["state"], row["level"], row["profession"]) for row in rows]


def test_an_account_is_made_with_a_profession(run: Run) -> None:
    made = run(
        *("account", "create", "vera", "--email", "vera@x.example", "--profession", "physician"),
        *("--specialty", "cardiology", "--level", "P2", "--jurisdiction", "FR"),
    )
    assert made.status == 0
    assert "@vera is verified" in made.out
    assert listed(run) == [("vera", "granted", "P2", "physician")]
    again = run("account", "create", "nora", "--email", "nora@x.example", "--level", "P2")
    assert again.status == 2
    assert run("account", "create", "nora", "--email", "n@x.example", "--profession", "wizard").status == 1
    names = [row["name"] for row in json.loads(run("account", "list", "--json").out)]
    assert "nora" not in names  # nothing was made half-way


def test_asked_granted_and_revoked(run: Run) -> None:
    assert run("verification", "grant", "alice").status == 1  # has not asked
    asked = run("verification", "request", "alice", "nurse", "--jurisdiction", "FR")
    assert asked.status == 2  # the profession is an option
    asked = run("verification", "request", "alice", "--profession", "nurse", "--jurisdiction", "FR")
    assert asked.status == 0
    assert listed(run) == [("alice", "requested", "", "nurse")]
    assert run("verification", "grant", "alice", "--level", "P9").status == 1
    assert "@alice is verified" in run("verification", "grant", "alice", "--level", "P1").out
    assert run("verification", "revoke", "bob").status == 1
    assert run("verification", "revoke", "alice", "--reason", "left").status == 0
    assert listed(run) == []
    assert listed(run, "--all") == [("alice", "revoked", "P1", "nurse")]


def test_a_high_level_wants_two_people(run: Run) -> None:
    first = run("verification", "grant", "alice", "--level", "P3", "--profession", "physician")
    assert "waits for a second person" in first.out
    assert listed(run) == [("alice", "seconding", "P3", "physician")]
    assert run("verification", "grant", "alice", "--level", "P3").status == 1  # the same person
    assert (
        run("verification", "grant", "alice", "--level", "P3", "--by", "alice").status == 1
    )  # about herself
    assert run("verification", "grant", "alice", "--level", "P3", "--by", "nobody").status == 1
    assert run("verification", "grant", "alice", "--level", "P3", "--by", "bob").status == 0
    assert listed(run) == [("alice", "granted", "P3", "physician")]


def test_a_request_is_refused(run: Run) -> None:
    run("verification", "request", "bob", "--profession", "physician")
    assert run("verification", "refuse", "bob", "--reason", "no such number").status == 0
    assert run("verification", "refuse", "bob").status == 1
    assert listed(run, "--all") == [("bob", "refused", "", "physician")]
