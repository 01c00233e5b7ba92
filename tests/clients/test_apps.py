"""The libraries that apps are written with, unmodified, use an instance over TLS, sign-in and streams included.

masto.js carries Elk and Phanpy, megalodon Fedistar and others. Their sessions are in `apps/`.
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Served
from tests.support.instances import PASSWORD
from tests.support.node import environment, installed, node
from tests.support.pictures import png

pytestmark = pytest.mark.slow
LIBRARIES = ("masto", "megalodon")
APPS = Path(__file__).with_name("apps")


@pytest.mark.parametrize("library", LIBRARIES)
def test_everyday(served: Served, library: str) -> None:
    """Signing in by code, posts, pictures, polls, lists, filters, search, notifications, streams, signing out."""
    session(served, library, "everyday")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_group(rooms: Served, library: str) -> None:
    """Found, joined, read as list and as profile; posts narrowed, asides aside, the forgotten mention refused."""
    session(rooms, library, "group")


def session(house: Served, library: str, story: str) -> None:
    folder = installed(APPS)
    binary, _ = node()
    picture = base64.b64encode(png(2, 2)).decode()
    done = subprocess.run(
        [binary, f"{library}.mjs", story],
        cwd=folder,
        env=environment(**house.environment, PASSWORD=PASSWORD, PICTURE=picture),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{story}: all of it happened" in done.stdout, done.stdout
