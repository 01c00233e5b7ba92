"""What the deployment files name exists: settings, commands, paths; and what they must not forget is there."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from server.cli import COMMANDS
from server.core.settings import Settings
from server.web.activitypub.routes import ROUTES
from tests.deploy import plain_yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.rglob("compose*.yaml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SETTINGS = {f"CONSILIUM_{name.upper()}" for name in Settings.model_fields} | {"CONSILIUM_CONFIG"}
OUTSIDE = {"CONSILIUM_UPSTREAM"}
"""Read by the Caddyfile, not by the server."""

HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "MemoryDenyWriteExecute": "yes",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
    "StateDirectory": "consilium",
}


def unit(path: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  systemd's names have capitals
    parser.read(path, encoding="utf-8")
    return parser


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_compose_files_name_settings_images_and_volumes_that_exist(path: Path) -> None:
    compose = plain_yaml.read(path)
    volumes, networks = set(compose["volumes"]), set(compose["networks"])
    for name, service in compose["services"].items():
        for setting in service.get("environment", {}):
            assert not setting.startswith("CONSILIUM_") or setting in SETTINGS | OUTSIDE, (name, setting)
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert source in volumes or (path.parent / source).exists(), (name, source)
        assert set(service["networks"]) <= networks
        tag = service["image"].rpartition(":")[2]
        assert service["image"] == "consilium" or (tag and tag != "latest"), service["image"]
        if "build" in service:
            context = (path.parent / service["build"]["context"]).resolve()
            assert context == ROOT
            assert (context / service["build"]["dockerfile"]).exists()
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"] == "true"
        command = service.get("command", ["serve"])[0]
        assert service["image"] != "consilium" or command in COMMANDS


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_the_proxy_s_network_is_the_one_that_is_trusted(path: Path) -> None:
    compose = plain_yaml.read(path)
    subnet = compose["networks"]["front"]["ipam"]["config"][0]["subnet"]
    for service in compose["services"].values():
        if service["image"] == "consilium":
            assert service["environment"]["CONSILIUM_TRUSTED_PROXIES"] == subnet


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "a:\n\tb: 1\n",
        "a: [1, 2]\n",
        "a: !!python/object x\n",
        'a: "x" # y\n',
        "a:\n    b: 1\n   c: 1\n",
    ],
)
def test_the_reader_refuses_what_is_not_plain(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(plain_yaml.NotPlainError):
        plain_yaml.read(tmp_path / "x.yaml")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_hardened_and_run_what_exists(path: Path) -> None:
    service = unit(path)["Service"]
    assert {name: service.get(name) for name in HARDENING} == HARDENING
    assert service["User"] == "consilium"
    words = service["ExecStart"].split()
    if words[0].endswith("/consilium"):
        assert words[1] in COMMANDS
    else:
        assert (ROOT / words[1].removeprefix("/opt/consilium/")).exists()


def test_every_setting_in_any_deployment_file_exists() -> None:
    named = {
        (path.name, word)
        for path in DEPLOY.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        for word in re.findall(r"\bCONSILIUM_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert {entry for entry in named if entry[1] not in SETTINGS | OUTSIDE} == set()


def public_paths() -> list[str]:
    """An address of every federation route."""
    examples = {"{id}": "5f2c0ffee", "{digest}": "a" * 64, "{n}": "7"}
    return [re.sub(r"\{\w+\}", lambda match: examples[match[0]], route.path) for route in ROUTES]


def nginx_locations() -> list[str]:
    outer = (DEPLOY / "nginx" / "two-doors.conf").read_text(encoding="utf-8").split("\n# the inner door\n")[0]
    return re.findall(r'location ~ "([^"]+)"', outer)


def caddy_lets_through(path: str) -> bool:
    outer = (DEPLOY / "caddy" / "two-doors.Caddyfile").read_text(encoding="utf-8").split(":8443 {")[0]
    plain = [word for line in re.findall(r"^\t\tpath (.+)$", outer, re.MULTILINE) for word in line.split()]
    patterns = re.findall(r"path_regexp (\S+)", outer)
    return any(path == one or (one.endswith("*") and path.startswith(one[:-1])) for one in plain) or any(
        re.search(pattern, path) for pattern in patterns
    )


def test_the_outer_door_lets_federation_through_and_nothing_else() -> None:
    patterns = nginx_locations()
    for path in public_paths():
        assert any(re.search(pattern, path) for pattern in patterns), f"nginx keeps {path} out"
        assert caddy_lets_through(path), f"Caddy keeps {path} out"
    closed = [
        "/",
        "/signin",
        "/api/v1/instance",
        "/oauth/token",
        "/admin/invitations",
        "/media/files/x",
        "/metrics",
        "/readyz",
        "/@name",
        "/actorx",
        "/.well-known/oauth-authorization-server",
        "/invitation/x",
    ]
    for path in closed:
        assert not any(re.search(pattern, path) for pattern in patterns), f"nginx lets {path} through"
        assert not caddy_lets_through(path), f"Caddy lets {path} through"


def test_the_image_takes_exact_versions_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    last = text[text.rindex("\nFROM ") :]
    assert "--require-hashes -r requirements.lock" in text
    assert "--no-deps --no-build-isolation ." in text
    assert "\nUSER consilium\n" in last
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert f"!{name.removeprefix('./')}" in ignored, f"{name} is kept out of the build"
