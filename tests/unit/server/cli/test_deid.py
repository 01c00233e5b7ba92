"""`consilium deid`: kinds and places, never values; works without any settings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import main

TEXT = "An ECG.\nNHS 943 476 5919, call 01 45 81 42 50\n"
VALUES = ("943", "5919", "81 42")


def test_prints_kinds_and_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert main(["deid", str(file)]) == 0
    out = capsys.readouterr().out
    assert "line 2, column 5: patient_identifier (12 characters)" in out
    assert "line 2, column 24: phone (14 characters)" in out
    assert not any(value in out for value in VALUES)


def test_reads_standard_input_and_prints_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "deid", "-", "--for", "direct", "--json"],
        input=TEXT.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    place = {"kind": "patient_identifier", "start": 12, "end": 24, "line": 2, "column": 5, "length": 12}
    assert json.loads(done.stdout) == {"purpose": "direct", "findings": [place]}


def test_nothing_found_promises_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "case.txt"
    file.write_bytes(b"\xef\xbb\xbfA man of 70 with fever")
    assert main(["deid", str(file)]) == 0
    out = capsys.readouterr().out
    assert "none found" in out and "may still tell" in out


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"NHS 9434765919\xff"])
def test_what_cannot_be_read_is_one_line_without_its_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "case"
    if content is not None:
        file.write_bytes(content)
    assert main(["deid", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1 and "9434" not in printed.err
    assert printed.out == ""
