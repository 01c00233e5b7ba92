"""`consilium app`: what members use, in numbers; a block and its end."""

from __future__ import annotations

import json

from tests.support.commands import Run


def test_an_app_is_listed_blocked_and_unblocked(run: Run) -> None:
    assert run("account", "create", "ana", "--email", "ana@house.example").status == 0
    assert run("app", "list", "--json").out.strip() == "[]"
    assert run("account", "token", "ana").status == 0
    [one] = json.loads(run("app", "list", "--json").out)
    assert {**one, "number": "", "last_used": ""} == {
        "number": "",
        "name": "Command line",
        "website": None,
        "registrations": 1,
        "members": 1,
        "tokens": 1,
        "last_used": "",
        "blocked_since": None,
    }
    assert run("app", "block", one["number"]).out == "blocked Command line: members 1, tokens 1\n"
    refused = run("account", "token", "ana")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err == "consilium: The administrators of this instance have blocked the app Command line\n"
    assert "blocked since" in run("app", "list", "--search", "command").out
    assert run("app", "block", one["number"]).status == 1
    assert json.loads(run("app", "unblock", one["number"], "--json").out)["done"] == "unblocked"
    assert run("account", "token", "ana").status == 0
    assert run("app", "block", "999").status == 1
