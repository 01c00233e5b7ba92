"""The deployment files before the tools that will read them: systemd, Caddy, nginx. Skipped where one is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme

DEPLOY = Path(__file__).parents[2] / "deploy"
pytestmark = pytest.mark.slow


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("name", sorted(path.name for path in (DEPLOY / "systemd").iterdir()))
def test_systemd_units(name: str, tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    for path in (DEPLOY / "systemd").iterdir():  # a timer is judged with its service
        text = path.read_text(encoding="utf-8")
        # what is not installed on this machine stands for itself; all else is the file's own
        (tmp_path / path.name).write_text(
            re.sub(r"^ExecStart=/\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        )
    judged = run(analyze, "verify", "--man=no", str(tmp_path / name), HOME=str(tmp_path))
    complaints = [line for line in judged.stderr.splitlines() if str(tmp_path) in line or name in line]
    assert complaints == []
    assert judged.returncode == 0, judged.stderr


def test_the_server_s_unit_is_well_confined(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    unit = tmp_path / "consilium.service"
    unit.write_text((DEPLOY / "systemd" / "consilium.service").read_text(encoding="utf-8"))
    judged = run(analyze, "security", "--offline=true", "--threshold=20", str(unit))
    if "Unknown" in judged.stderr or "unrecognized" in judged.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert judged.returncode == 0, judged.stdout[-500:]


@pytest.mark.parametrize("name", ["Caddyfile", "two-doors.Caddyfile"])
def test_caddy(name: str, tmp_path: Path) -> None:
    surroundings = {"HOME": str(tmp_path), "CONSILIUM_DOMAIN": "cases.hospital.example"}
    caddy, file = tool("caddy"), str(DEPLOY / "caddy" / name)
    judged = run(caddy, "validate", "--adapter", "caddyfile", "--config", file, **surroundings)
    assert judged.returncode == 0, judged.stderr
    adapted = run(caddy, "adapt", "--adapter", "caddyfile", "--config", file, **surroundings)
    servers = json.loads(adapted.stdout)["apps"]["http"]["servers"].values()
    assert sorted(server["listen"][0] for server in servers) == (
        [":443"] if name == "Caddyfile" else [":443", ":8443"]
    )
    assert run(caddy, "fmt", file, **surroundings).stdout == Path(file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["one-door.conf", "two-doors.conf"])
def test_nginx(name: str, tmp_path: Path) -> None:
    nginx = tool("nginx")
    certificate = trustme.CA().issue_cert("cases.hospital.example")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    text = (DEPLOY / "nginx" / name).read_text(encoding="utf-8")
    for old, new in (
        ("/etc/ssl/consilium/fullchain.pem", f"{tmp_path}/both.pem"),
        ("/etc/ssl/consilium/privkey.pem", f"{tmp_path}/both.pem"),
        ("/etc/nginx/consilium-proxy.conf", str(DEPLOY / "nginx" / "proxy.conf")),
        ("192.0.2.10:443", "127.0.0.1:18443"),
        ("10.0.0.10:443", "127.0.0.1:18444"),
        ("listen [::]:80;", ""),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 80;", "listen 127.0.0.1:18080;"),
        ("listen 443 ", "listen 127.0.0.1:18443 "),
    ):
        text = text.replace(old, new)
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n"
    )
    judged = run(nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    assert judged.returncode == 0, judged.stderr
