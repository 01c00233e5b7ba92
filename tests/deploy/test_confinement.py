"""The systemd unit's rules take away what they say. That the whole demo runs under them is seen in `tests.browser.test_demo_page`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.confinement import confining

pytestmark = pytest.mark.slow


def test_the_rules_hold(tmp_path: Path) -> None:
    rules = confining(tmp_path)
    if not rules:
        pytest.skip("systemd-analyze or libseccomp is not installed here")
    forbidden = [*rules, sys.executable, "-c", "import os; os.chroot('/')"]
    refused = subprocess.run(forbidden, capture_output=True, text=True, timeout=60, check=False)
    assert "PermissionError" in refused.stderr
