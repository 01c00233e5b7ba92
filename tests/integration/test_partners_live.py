"""Two instances become partners through their commands, and probe each other; peers with open edges do not pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.instances import Launcher, LiveInstance, launcher
from tests.support.partners import make_partners

__all__ = ["launcher"]
pytestmark = pytest.mark.slow

CHECKS = [
    "key",
    "object",
    "clock",
    "media",
    *(
        f"{what}-{how}"
        for what in ("object", "media")
        for how in ("unsigned", "wrong-key", "unknown-key", "draft-signature")
    ),
    "delivered",
    "answered",
    "deleted",
    "receipted",
]


def shown(instance: LiveInstance, other: LiveInstance) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(instance.command("instance", "show", other.origin, "--json"))[0]
    return found


def test_two_instances_become_partners(launcher: Launcher) -> None:
    hospital, society = launcher.launch("hospital"), launcher.launch("society")
    make_partners(hospital, society)
    for here, there in ((hospital, society), (society, hospital)):
        found = shown(here, there)
        assert (found["tier"], found["state"]) == ("T2", "partner")
        assert [(one["check"], one["passed"]) for one in found["partner"]["probe"]] == [
            (check, True) for check in CHECKS
        ]
        listed = json.loads(here.command("instance", "list", "--json"))
        assert [one["tier"] for one in listed] == ["T2"]
        assert found["partner"]["controller"] == f"{there.name.capitalize()} Hospital"
    assert "partner (T2)" in hospital.command("instance", "show", society.origin)

    # partners tell each other where their logs end, and keep it
    hospital.command("instance", "test", society.origin)
    kept = json.loads(society.command("audit", "heads", hospital.origin, "--json"))
    assert {one["head"].split(":")[0] for one in kept} == {"audit", "decisions"}
    assert "NOT FOUND" not in hospital.command("audit", "verify", *(f"--head={one['head']}" for one in kept))

    hospital.command("instance", "unpair", society.origin)
    assert shown(hospital, society)["tier"] == "T1"
    assert shown(society, hospital)["tier"] == "T2"  # each side decides for itself, until its next probe
    printed = society.command("instance", "test", hospital.origin, status=1)
    assert "FAILED  object: peer-says-not-found" in printed
