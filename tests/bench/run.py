"""`make bench`: a fresh instance under the shared load harness; writes the newest run into docs/dev/performance.md.

The harness plays sixty other instances, `i000.test` and on, which must resolve to 127.0.0.1: where they do not, this
says which lines to add to the hosts file and stops. Without the harness a smaller one of our own measures inbound
notes and reads, by the CPU time of the server's process.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from server.core.settings import load_settings
from tests.bench import small
from tests.bench.crowd import Crowd, add_crowd
from tests.support.shared import ROOT, shared_folder

PEERS = 60
PEER_PORT = 9100
OWN = "ours.test"
PORT = 9000
PAGE = ROOT / "docs" / "dev" / "performance.md"
MEASURED = re.compile(r"(<!-- measured -->\n).*?(<!-- end of measured -->)", re.DOTALL)
COLUMNS = {
    "cpu_ms_per_op": "CPU-ms",
    "p50_ms": "median ms",
    "last_s": "last after s",
    "s": "s",
    "mib": "MiB",
    "mib_per_1000": "MiB for 1,000",
    "sent": "sent",
    "lost": "lost",
    "other_cpu_pct": "other work, % of a core",
}
CONSILIUM = Path(sys.executable).with_name("consilium")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--crash", action="store_true", help="also kill the server and count what it lost")
    parser.add_argument("--small", action="store_true", help="our own harness, even where the shared one is")
    parser.add_argument("--members", type=int, default=0, help="so many more members, who follow nobody")
    parser.add_argument("--posts", type=int, default=0, help="so many posts that are there before")
    options = parser.parse_args()
    harness = shared_folder("bench")
    if harness is None or options.small:
        print(
            "measuring with the small harness"
            if options.small
            else "no shared harness here: the small one instead"
        )
        return small.main()
    missing = [name for name in (OWN, *(f"i{n:03d}.test" for n in range(PEERS))) if not _is_local(name)]
    if missing:
        print("these names must lead to 127.0.0.1; add to the hosts file:")
        print("\n".join(f"127.0.0.1 {name}" for name in missing))
        return 1
    with tempfile.TemporaryDirectory(prefix="consilium-bench-") as folder:
        return _measure(
            Path(folder),
            harness,
            options.rounds,
            crash=options.crash,
            crowd=Crowd(options.members, options.posts),
        )


def _is_local(name: str) -> bool:
    try:
        return socket.gethostbyname(name) == "127.0.0.1"
    except OSError:
        return False


def _measure(folder: Path, harness: Path, rounds: int, *, crash: bool, crowd: Crowd) -> int:
    work = folder / "harness"
    shutil.copytree(harness, work)
    environment = os.environ | {
        "CONSILIUM_DOMAIN": f"{OWN}:{PORT}",
        "CONSILIUM_SCHEME": "http",
        "CONSILIUM_DATA_DIR": str(folder / "data"),
        "CONSILIUM_RATE_LIMITS": "off",
        "CONSILIUM_POSTS": "public",
        "CONSILIUM_LOG_LEVEL": "error",
        "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": ",".join([OWN, *(f"i{n:03d}.test" for n in range(PEERS))]),
    }

    def command(*words: str) -> str:
        done = subprocess.run(
            [str(CONSILIUM), *words], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    for name in ("reader", "poster"):
        command(
            "account", "create", name, "--email", f"{name}@example.org", "--password", "a long bench password"
        )
    settings = load_settings(
        domain=f"{OWN}:{PORT}",
        scheme="http",
        data_dir=folder / "data",
        posts="public",
        dangerous_private_addresses=environment["CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES"],
    )
    add_crowd(settings, crowd)
    command("instance", "allow", *(f"i{n:03d}.test:{PEER_PORT}" for n in range(PEERS)))
    server = {
        "name": "consilium",
        "base": f"http://{OWN}:{PORT}",
        "acct": f"@reader@{OWN}:{PORT}",
        "token": command("account", "token", "reader"),
        "poster_token": command("account", "token", "poster"),
        "start": [[str(CONSILIUM), "serve", "--port", str(PORT)]],
        "env": {name: value for name, value in environment.items() if name.startswith("CONSILIUM_")},
        "db": [str(folder / "data" / "consilium.sqlite*")],
    }
    described = folder / "server.json"
    described.write_text(json.dumps(server))
    base = [sys.executable, str(work / "fedbench.py"), str(described), "--port", str(PEER_PORT)]
    subprocess.run([*base, "--rounds", "1", "--prepare-only"], check=True, cwd=work)
    shutil.copytree(folder / "data", folder / "snapshot")
    reset = folder / "reset.sh"
    reset.write_text(f"#!/bin/sh\nrm -rf '{folder}/data' && cp -r '{folder}/snapshot' '{folder}/data'\n")
    reset.chmod(0o755)
    described.write_text(json.dumps(server | {"reset": [str(reset)]}))
    found = folder / "found.json"
    extra = ["--crash"] if crash else []
    done = subprocess.run([*base, "--rounds", str(rounds), "-o", str(found), *extra], check=False, cwd=work)
    if done.returncode == 0:
        _write(json.loads(found.read_text()), rounds, crowd)
    return done.returncode


def _write(found: dict[str, Any], rounds: int, crowd: Crowd) -> None:
    """The medians, into the part of the page that is nobody's words; what they mean is written around it by hand."""
    phases: dict[str, dict[str, list[float]]] = found["results"]["consilium"]["median"]
    shown = {key: title for key, title in COLUMNS.items() if any(key in values for values in phases.values())}
    lines = [
        f"{found['when']}, rounds: {rounds}, members: {crowd.members + 2}, posts before: {crowd.posts}.",
        "",
        "| phase | " + " | ".join(shown.values()) + " |",
        "|" + "---|" * (len(shown) + 1),
    ]
    for phase, values in phases.items():
        cells = [f"{values[key][0]:g}" if key in values else "" for key in shown]
        lines.append(f"| {phase} | " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    text = PAGE.read_text()
    PAGE.write_text(MEASURED.sub(lambda part: f"{part[1]}\n{table}\n\n{part[2]}", text))


if __name__ == "__main__":
    sys.exit(main())
