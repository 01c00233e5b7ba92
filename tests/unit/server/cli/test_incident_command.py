"""`consilium group incident`: what is listed, and sentences for what is not hidden."""

from __future__ import annotations

import json

from tests.support.commands import Run

OBJECT = "http://there.localhost:1/objects/5"


def test_nothing_is_hidden_in_a_new_house(run: Run) -> None:
    assert json.loads(run("group", "incident", "list", "--json").out) == []
    assert run("group", "incident", "list").out == ""
    assert run("group", "incident", "show", "7").status == 1
    for verb in ("restore", "purge"):
        said = run("group", "incident", verb, OBJECT)
        assert (said.status, said.out) == (1, "")
        assert "is no post in a group that lives here" in said.err
