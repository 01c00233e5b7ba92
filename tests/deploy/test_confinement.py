"""The systemd unit takes nothing from the server that it needs: the whole demo under its rules, pictures included."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "consilium.service"
pytestmark = pytest.mark.slow


def names_of(group: str) -> set[str]:
    """The system calls of one of systemd's groups, groups inside it opened."""
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    words = [line.strip() for line in listed if line.startswith(" ") and not line.strip().startswith("#")]
    return {word for word in words if not word.startswith("@")}.union(
        *(names_of(word) for word in words if word.startswith("@"))
    )


def permitted() -> set[str]:
    """What the lines of the unit add up to, as systemd reads them: the first permits, `~` takes away."""
    found: set[str] = set()
    for value in re.findall(r"^SystemCallFilter=(.+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE):
        for word in value.removeprefix("~").split():
            names = names_of(word) if word.startswith("@") else {word}
            found = found - names if value.startswith("~") else found | names
    return found | names_of("@default")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp is not installed here")
    names = tmp_path / "names"
    names.write_text("\n".join(sorted(permitted())))
    return names


def confined(rules: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, Path(__file__).with_name("confined.py"), rules, sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_rules_hold(rules: Path) -> None:
    forbidden = "import os; os.chroot('/')"
    refused = confined(rules, "-c", forbidden)
    assert "PermissionError" in refused.stderr


def test_the_demo_runs_under_the_rules(rules: Path) -> None:
    done = confined(rules, "-m", "server", "demo", "--once")
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
