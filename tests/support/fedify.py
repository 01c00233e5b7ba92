"""A Fedify server as a process: somebody else's implementation, to federate with. See `fedify/peer.mjs`."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.node import environment, installed, node
from tests.support.ports import free_port

SOURCE = Path(__file__).with_name("fedify")
CAVAGE = "draft-cavage-http-signatures-12"
RFC9421 = "rfc9421"


class FedifyPeer:
    """A running peer `name.localhost` with one person of the same name. knock: the scheme tried first."""

    def __init__(self, name: str, knock: str, folder: Path) -> None:
        home = installed(SOURCE)
        binary, _ = node()
        self.name = name
        self.port = free_port()
        self.origin = f"{name}.localhost:{self.port}"
        self.base = f"http://{self.origin}"
        self.actor = f"{self.base}/people/{name}"
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [binary, "peer.mjs"],
                cwd=home,
                env=environment(PORT=str(self.port), NAME=name, KNOCK=knock),
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
