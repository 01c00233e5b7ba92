"""`consilium …` run in this process, on an instance of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.cli import main


@dataclass
class Said:
    status: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("instance", "list")` on an instance of its own."""
    for name in list(os.environ):
        if name.startswith("CONSILIUM_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CONSILIUM_DOMAIN", "house.localhost:8000")
    monkeypatch.setenv("CONSILIUM_SCHEME", "http")
    monkeypatch.setenv("CONSILIUM_DATA_DIR", str(tmp_path / "data"))

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        status = main(arguments)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        assert printed.err.count("\n") <= 1, printed.err
        return Said(status, printed.out, printed.err)

    return command
