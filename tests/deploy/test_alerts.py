"""Alerts and dashboard watch what is exported, and the runbook says what to do at each alert."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from server.core.metrics import GAUGES, Metrics
from tests.deploy import plain_yaml

ROOT = Path(__file__).parents[2]
OF_PROMETHEUS = {"up": {"job"}}
NAME = re.compile(r"\b(up|consilium_\w+)(?:\{([^}]*)\})?")


def rules() -> list[dict[str, Any]]:
    [group] = plain_yaml.read(ROOT / "deploy" / "alerts.yml")["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> list[str]:
    panels = json.loads((ROOT / "deploy" / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def exported() -> dict[str, set[str]]:
    """The labels of each name that a scrape holds."""
    metrics = Metrics()
    metrics.answered("GET", "/", 200)
    metrics.received("stored")
    metrics.delivered("delivered")
    metrics.knocked()
    metrics.measured({name: {"x": 1} for name in GAUGES})
    return {
        sample.name: set(sample.labels)
        for family in metrics.registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@pytest.mark.parametrize("expression", [*(rule["expr"] for rule in rules()), *dashboard()])
def test_what_is_watched_is_exported(expression: str) -> None:
    known = exported() | OF_PROMETHEUS
    named = NAME.findall(expression)
    assert named
    for name, matchers in named:
        assert name in known, f"{name} is not exported"
        labels = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))
        assert labels <= known[name], f"{name} has no label {labels - known[name]}"
    for label in re.findall(r"by \((\w+)\)", expression):
        assert all(label in known[name] for name, _ in named)


def test_every_gauge_is_on_the_dashboard() -> None:
    shown = {name for expression in dashboard() for name, _ in NAME.findall(expression)}
    assert set(exported()) - shown == set()


def test_every_alert_is_a_heading_of_the_runbook() -> None:
    page = (ROOT / "docs" / "admin" / "runbook.md").read_text(encoding="utf-8")
    alerts = [rule["alert"] for rule in rules()]
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == alerts
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/admin/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"critical", "warning"}
