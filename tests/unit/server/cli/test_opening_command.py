"""`consilium group opening`: for somebody who proves a second factor; it prints nothing of what is said."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pyotp
import pytest

from server.cli.opened import opened
from server.services import accounts, second_factors
from server.store.session import Unit
from tests.support.commands import Run

WHY = "The patient is in the emergency room"


def _factor(unit: Unit) -> str:
    user = accounts.owner(unit, accounts.get_local(unit, "dora"))
    assert user is not None
    secret = second_factors.start_totp(unit, user.id, "dora").secret
    second_factors.confirm_totp(
        unit, user.id, pyotp.TOTP(secret).at(unit.now - timedelta(seconds=30)), "phone"
    )
    return secret


def test_it_is_opened_with_a_code_listed_and_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, role in (("dora", "admin"), ("otto", "auditor")):
        made = run("account", "create", name, "--email", f"{name}@house.example", "--role", role)
        assert made.status == 0
    assert run("group", "create", "cardio", "--title", "Cardio").status == 0
    with opened() as database:
        secret = database.run_write(_factor)
    opening = ("group", "opening", "open", "cardio", "--by", "dora", "--reason", WHY)
    for wrong in ("", "000000", pyotp.TOTP(secret).now()[:5]):
        monkeypatch.setattr("sys.stdin", StringIO(f"{wrong}\n"))
        said = run(*opening)
        assert (said.status, said.err) == (1, "consilium: That code is not right, or was used before\n")
    assert json.loads(run("group", "opening", "list", "--json").out) == []
    code = pyotp.TOTP(secret).now()
    monkeypatch.setattr("sys.stdin", StringIO(f"{code}\n"))
    assert "/admin/openings/" in run(*opening, "--hours", "2").out
    monkeypatch.setattr("sys.stdin", StringIO(f"{code}\n"))
    assert run(*opening).status == 1  # a code counts once
    [one] = json.loads(run("group", "opening", "list", "--json").out)
    assert (one["group"], one["opener"], one["reason"], one["open"]) == ("@cardio", "@dora", WHY, True)
    assert run("group", "opening", "end", one["number"]).out == f"ended {one['number']}\n"
    assert "ended" in run("group", "opening", "list").out
    assert run("group", "opening", "end", one["number"]).status == 1
    assert (
        run("group", "opening", "open", "cardio", "--by", "dora", "--reason", WHY, "--hours", "5").status == 2
    )
