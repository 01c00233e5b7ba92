"""The pages that let an app in, walked in a real browser by a driver that knows nothing of their markup; then the protocol behind them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

from tests.clients.conftest import Served
from tests.support.browsing import CHROMIUM, browser_tests
from tests.support.instances import PASSWORD
from tests.support.node import environment, node
from tests.support.shared import shared_path

pytestmark = browser_tests


def test_an_app_is_let_in(served: Served, tmp_path: Path) -> None:
    """Codes, PKCE, foreign addresses, scopes, revocation, another origin's questions: as the driver lists them."""
    script = shutil.copy(shared_path("clients") / "oauth_browser.mjs", tmp_path)
    library = Path(playwright.__file__).parent / "driver" / "package"
    if not library.is_dir():
        pytest.skip("playwright came without its driver")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "playwright-core").symlink_to(library)
    binary, _ = node()
    done = subprocess.run(
        [binary, script, "check", "alice@example.org", PASSWORD],
        env=environment(**served.environment, CHROMIUM=str(CHROMIUM)),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed, 0 failed" in done.stdout, done.stdout
