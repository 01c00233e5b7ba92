"""`consilium demo --once`, the story of `make demo`, on a machine without a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.instances import eventually
from tests.support.shared import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AT_MOST = 400
"""Seconds: many times what it takes on a machine that has nothing else to do."""


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The story, told into a file `printed`; ended in any case."""
    command = [sys.executable, "-m", "server", "demo", "--once", "--dir", str(folder / "houses")]
    with (folder / "printed").open("wb") as out:
        story = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield story
    finally:
        story.terminate()
        story.wait(60)


def serving(folder: Path, name: str) -> list[int]:
    """The processes of a house of the story."""
    wanted = f"CONSILIUM_DATA_DIR={folder / 'houses' / name}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in place.read_bytes().split(b"\0"):
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


def test_every_step_is_seen_and_it_ends(tmp_path: Path) -> None:
    with started(tmp_path) as story:
        status = story.wait(AT_MOST)
    told = (tmp_path / "printed").read_text()
    assert status == 0, told[-3000:]
    assert "broke off" not in told
    for house in ("hospital.localhost", "society.localhost", "clinic.localhost", "stranger"):
        assert house in told
    assert not serving(tmp_path, "hospital"), "nothing is left running"


def test_a_house_that_is_not_there_is_no_success(tmp_path: Path) -> None:
    with started(tmp_path) as story:
        [process] = eventually(lambda: serving(tmp_path, "society"), within=60)
        os.kill(process, signal.SIGKILL)
        assert story.wait(AT_MOST) == 1, (tmp_path / "printed").read_text()[-3000:]
    assert not serving(tmp_path, "hospital"), "nothing is left running"
