"""`consilium instance pause`, `resume` and `end`: nothing happens before it was said what it brings."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import Run

pytestmark = pytest.mark.slow


def test_pause_and_end_say_first_what_they_bring(run: Run) -> None:
    run("instance", "allow", "clinic.example", "chu.example")
    for step in ("pause", "end"):
        said = run("instance", step, "clinic.example")
        assert said.status == 0
        assert "Nothing was changed" in said.out
        assert "cannot be undone" in said.out
        shown = json.loads(run("instance", step, "clinic.example", "--json").out)
        assert (shown["step"], shown["done"], shown["counts"]["theirs"]) == (step, False, 0)
        assert [one["trust"] for one in shown["instances"]] == ["allowed"]
    shown = json.loads(run("instance", "pause", "clinic.example", "--yes", "--json").out)
    assert (shown["done"], shown["instances"][0]["state"]) == (True, "paused")
    assert run("instance", "resume", "clinic.example").out == "clinic.example: connected\n"
    assert run("instance", "end", "clinic.example", "--yes").out.splitlines()[-1] == "clinic.example: ended"


def test_the_whole_house_by_command(run: Run) -> None:
    run("instance", "allow", "clinic.example", "chu.example")
    run("instance", "suspend", "chu.example")
    assert "Nothing was changed" in run("instance", "pause", "--all").out
    run("instance", "pause", "--all", "--yes", "--reason", "incident")
    rows = {row["domain"]: row["trust"] for row in json.loads(run("instance", "list", "--json").out)}
    assert rows == {"clinic.example": "suspended", "chu.example": "suspended"}
    assert json.loads(run("instance", "resume", "--all", "--json").out) == [
        {"domain": "clinic.example", "trust": "allowed", "state": "connected"}
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["pause"],
        ["pause", "nobody.example", "--yes"],
        ["pause", "clinic.example", "--all", "--yes"],
        ["end", "nobody.example", "--yes"],
        ["resume"],
        ["resume", "--all"],
        ["resume", "clinic.example", "--all"],
    ],
    ids=" ".join,
)
def test_what_is_not_clear_changes_nothing(run: Run, arguments: list[str]) -> None:
    run("instance", "allow", "clinic.example")
    said = run("instance", *arguments)
    assert said.status != 0
    assert json.loads(run("instance", "list", "--json").out)[0]["trust"] == "allowed"
