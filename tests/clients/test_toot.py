"""toot, unmodified, uses an instance over TLS; signed in by a token (its real login is a test of the pages)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import Served
from tests.support.shared import shared_path

pytestmark = pytest.mark.slow


def test_a_session_of_toot(served: Served) -> None:
    script = shared_path("clients") / "toot_session.py"
    here = {"CLIENT_PY": str(Path(sys.executable).parent), "TOOT_LOGIN": "token"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        env={**os.environ, **served.environment, **here},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout, done.stdout
