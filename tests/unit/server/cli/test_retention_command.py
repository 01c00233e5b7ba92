"""`consilium retention`: what is past its time, before it goes and when it does."""

from __future__ import annotations

import json

from tests.support.commands import Run


def test_a_preview_changes_nothing_and_a_run_says_what_went(run: Run) -> None:
    assert run("group", "create", "cardio", "--title", "Cardio", "--retention", "30").status == 0
    assert run("group", "change", "cardio", "--retention", "36501").status == 1
    found = json.loads(run("retention", "preview", "--json").out)
    assert [(one["kind"], one["group"], one["days"], one["count"]) for one in found] == [
        ("posts", "cardio", 30, 0),
        ("uploads", "", 1, 0),
        ("documents", "", 30, 0),
        ("reads", "", 365, 0),
        ("audit", "", None, 0),
        ("decisions", "", None, 0),
    ]
    assert "kept for ever" in run("retention", "preview").out
    for _ in range(2):
        said = run("retention", "run", "--json")
        assert (said.status, set(json.loads(said.out).values())) == (0, {0})
