"""`consilium golive`: what it says, what it keeps, and that nothing leaves evaluation mode while something is missing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from server.cli.opened import opened
from server.core.clock import SystemClock
from server.services import evaluation
from tests.support.commands import Run, Said

CARD = ("--controller", "Hospital", "--jurisdiction", "FR", "--officer", "Dr. Who", "--contact", "+33 1 00")


def conditions(said: Said) -> dict[str, dict[str, Any]]:
    return {one["topic"]: one for one in json.loads(said.out)["conditions"]}


def test_it_says_what_is_met_and_what_to_do_about_the_rest(run: Run) -> None:
    run("migrate")
    today = SystemClock().now().date().isoformat()
    run("instance", "card", *CARD)
    said = run("golive", "--json", "--drill", today)
    assert said.status == 1
    assert json.loads(said.out)["mode"] == "evaluation"
    found = conditions(said)
    assert {topic for topic, one in found.items() if one["met"]} == {
        "drill",
        "officer",
        "contact",
        "staff",
        "posts",
    }
    assert all(one["action"] for one in found.values() if not one["met"])
    assert "self" in found["doctor"]["sentence"]  # nothing listens there, and doctor really asked
    lines = run("golive").out
    assert f"The last restore drill was on {today}." in lines
    assert lines.endswith("In evaluation mode: not everything is met.\n")
    audit = json.loads(run("audit", "list", "--json", "--action", "restore.drill").out)
    assert [one["actor"] for one in audit] == ["command"]


def test_yes_leaves_nothing_while_something_is_missing(run: Run) -> None:
    run("migrate")
    assert run("golive", "--yes").status == 1
    with opened() as database:
        assert database.run_read(evaluation.left) is None
    assert json.loads(run("audit", "list", "--json", "--action", "evaluation.left").out) == []


def test_a_drill_of_tomorrow_and_a_stranger_are_refused(run: Run) -> None:
    run("migrate")
    later = (SystemClock().now() + timedelta(days=2)).date().isoformat()
    assert run("golive", "--drill", later).status == 1
    assert run("golive", "--drill", "yesterday").status == 2
    assert run("golive", "--drill", "2020-01-01").status == 1
    today = SystemClock().now().date().isoformat()
    assert run("golive", "--drill", today, "--by", "nobody").status == 1
    assert conditions(run("golive", "--json"))["drill"]["met"] is False


def test_without_an_instance_it_makes_none(run: Run) -> None:
    said = run("golive")
    assert (said.status, said.out) == (1, "")
    assert "There is no instance in" in said.err
    assert "There is no instance in" in run("golive", "--yes").err
