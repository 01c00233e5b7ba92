"""What the systemd unit leaves a process, for tests that run a command under it."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "consilium.service"
RUNNER = ROOT / "tests" / "deploy" / "confined.py"


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


def confining(folder: Path) -> list[str]:
    """The words before a command that runs it under the rules; none where the machine cannot."""
    if shutil.which("systemd-analyze") is None:
        return []
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return []
    names = folder / "names"
    names.write_text("\n".join(sorted(permitted())))
    return [sys.executable, str(RUNNER), str(names)]
