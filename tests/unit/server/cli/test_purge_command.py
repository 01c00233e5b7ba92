"""`consilium purge`: what was asked back, lawful holds, and sentences for what is not so."""

from __future__ import annotations

import json

from tests.support.commands import Run

OBJECT = "http://there.localhost:1/objects/5"


def test_nothing_has_left_a_new_house(run: Run) -> None:
    for words in (("list",), ("overdue",), ("holds",)):
        assert json.loads(run("purge", *words, "--json").out) == []
        assert run("purge", *words).out == ""
    for words in (("show", OBJECT), ("show", OBJECT, "--json"), ("ask", OBJECT)):
        said = run("purge", *words)
        assert (said.status, said.out) == (1, "")
        assert "has left this instance" in said.err
    assert run("purge", "ask", "no address").status == 1
    assert run("purge", "list", "--state", "forgotten").status == 2


def test_a_lawful_hold_is_made_listed_and_ended(run: Run) -> None:
    assert run("purge", "hold", OBJECT).status == 2  # wants its reason
    assert run("purge", "hold", OBJECT, "--reason", " ").status == 1
    assert run("purge", "hold", OBJECT, "--reason", "order 12/2026").status == 0
    assert run("purge", "hold", OBJECT, "--reason", "order 13/2026").status == 1
    [held] = json.loads(run("purge", "holds", "--json").out)
    assert (held["object"], held["reason"], held["by"]) == (OBJECT, "order 12/2026", "command")
    assert "order 12/2026" in run("purge", "holds").out
    assert run("purge", "unhold", OBJECT).status == 0
    assert run("purge", "unhold", OBJECT).status == 1
