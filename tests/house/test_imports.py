"""Who may import whom: import-linter's contracts hold, and one planted breach is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shared import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")

BREACHES = {
    "a surface that opens the store": ("server/web/ops/routes.py", "import server.store.posts\n"),
    "a service that knows the wire": ("server/services/polls.py", "import federation.net.client\n"),
    "the library that knows the server": ("federation/iri.py", "import server.core.ids\n"),
    "SQL outside the store": ("server/services/polls.py", "import sqlalchemy\n"),
    "a second way out": ("server/services/polls.py", "import federation.delivery\n"),
    "a second place that renders": (
        "server/web/activitypub/inbox.py",
        "import server.activitypub.render.posts\n",
    ),
    "surfaces that know each other": ("server/web/ops/routes.py", "import server.web.mastodon.polls\n"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_contracts_hold() -> None:
    judged = lint(ROOT)
    assert judged.returncode == 0, judged.stdout[-3000:]
    assert " 0 broken" in judged.stdout


@pytest.mark.slow
def test_planted_breaches_are_caught(tmp_path: Path) -> None:
    for package in ("federation", "server"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path).returncode == 0, "the control"
    missed = []
    for what, (file, line) in BREACHES.items():
        path = tmp_path / file
        before = path.read_text(encoding="utf-8")
        path.write_text(before + "\n" + line, encoding="utf-8")
        if lint(tmp_path).returncode == 0:
            missed.append(what)
        path.write_text(before, encoding="utf-8")
    assert missed == []
