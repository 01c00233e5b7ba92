"""Mastodon.py, unmodified, uses an instance over TLS: every method that the first client API promises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.clients.conftest import Served
from tests.support.shared import shared_path

pytestmark = pytest.mark.slow


def test_a_session_of_mastodon_py(served: Served) -> None:
    script = shared_path("clients") / "mastodonpy_session.py"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        env={**os.environ, **served.environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed, 0 failed, 0 optional missing" in done.stdout, done.stdout
