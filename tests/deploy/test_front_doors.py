"""An instance as it is deployed: `consilium serve` behind the real nginx or Caddy, with TLS."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from federation.signatures.schemes import Scheme, sign_request
from federation.testing.actors import FakeActor, SystemClock
from federation.testing.loopback import LoopbackPeer
from federation.types import HttpFrame, Iri, Origin
from server.core.settings import Settings
from server.domain.trust import Trust
from server.services import instances
from server.services.founding import open_database
from server.web.kit.limits import ALLOWANCES
from server.web.kit.routing import Rate
from tests.support.ports import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
CALLS = ALLOWANCES[Rate.APPS].calls + 2
pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@dataclass(frozen=True)
class House:
    """base: where the world reaches it. inner: where members do. direct: the server itself. tls: trusts its CA."""

    base: str
    inner: str
    direct: str
    tls: ssl.SSLContext


@contextmanager
def process(command: list[str], log: Path, **environment: str) -> Iterator[None]:
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def wait_for(url: str, tls: ssl.SSLContext, log: Path) -> None:
    for _ in range(600):
        try:
            if httpx.get(url, verify=tls).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"{url} did not answer: {log.read_text(errors='replace')[-2000:]}")


def nginx(
    tmp: Path, ports: dict[str, int], upstream: int, name: str = "one-door.conf"
) -> tuple[list[str], dict[str, str]]:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip("nginx is not installed here")
    text = (DEPLOY / "nginx" / name).read_text(encoding="utf-8")
    for old, new in (
        ("cases.hospital.example", "localhost"),
        ("/etc/ssl/consilium/fullchain.pem", f"{tmp}/cert.pem"),
        ("/etc/ssl/consilium/privkey.pem", f"{tmp}/key.pem"),
        ("/etc/nginx/consilium-proxy.conf", str(DEPLOY / "nginx" / "proxy.conf")),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"),
        ("/var/log/nginx/access.log", f"{tmp}/access.log"),
        ("192.0.2.10:443", f"127.0.0.1:{ports['outer']}"),
        ("10.0.0.10:443", f"127.0.0.1:{ports['inner']}"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{ports['plain']};"),
        ("listen 443 ", f"listen 127.0.0.1:{ports['outer']} "),
    ):
        text = text.replace(old, new)
    (tmp / "site.conf").write_text(text)
    user = "user root;\n" if os.geteuid() == 0 else ""
    spools = "".join(
        f"{kind}_temp_path {tmp}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp / "nginx.conf").write_text(
        f"{user}daemon off;\npid {tmp}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ access_log off;\n{spools}include {tmp}/site.conf; }}\n"
    )
    return [found, "-p", str(tmp), "-c", str(tmp / "nginx.conf"), "-e", "stderr"], {}


def nginx_two_doors(tmp: Path, ports: dict[str, int], upstream: int) -> tuple[list[str], dict[str, str]]:
    return nginx(tmp, ports, upstream, "two-doors.conf")


def caddy(
    tmp: Path, ports: dict[str, int], upstream: int, name: str = "Caddyfile"
) -> tuple[list[str], dict[str, str]]:
    found = shutil.which("caddy")
    if found is None:
        pytest.skip("caddy is not installed here")
    text = (DEPLOY / "caddy" / name).read_text(encoding="utf-8")
    certificate = f"\n\ttls {tmp}/cert.pem {tmp}/key.pem\n"
    text = text.replace(
        "https://{$CONSILIUM_DOMAIN}:8443 {\n", f"https://localhost:{ports['inner']} {{{certificate}"
    )
    for site in ("https://{$CONSILIUM_DOMAIN} {\n", "{$CONSILIUM_DOMAIN} {\n"):
        text = text.replace(site, f"https://localhost:{ports['outer']} {{{certificate}")
    (tmp / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
    surroundings = {
        "CONSILIUM_UPSTREAM": f"127.0.0.1:{upstream}",
        "HOME": str(tmp),
        "XDG_DATA_HOME": str(tmp),
    }
    return [found, "run", "--adapter", "caddyfile", "--config", str(tmp / "Caddyfile")], surroundings


def caddy_two_doors(tmp: Path, ports: dict[str, int], upstream: int) -> tuple[list[str], dict[str, str]]:
    return caddy(tmp, ports, upstream, "two-doors.Caddyfile")


Door = Callable[[Path, dict[str, int], int], tuple[list[str], dict[str, str]]]


@contextmanager
def served(tmp: Path, door: Door, *, allowed: str = "", trusted: str = "127.0.0.1") -> Iterator[House]:
    """allowed: the origin of a connected peer. trusted: CONSILIUM_TRUSTED_PROXIES."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(tmp / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp / "cert.pem")
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    ports = {name: free_port() for name in ("outer", "inner", "plain")}
    upstream = free_port()
    command, surroundings = door(tmp, ports, upstream)
    environment = {
        "CONSILIUM_DOMAIN": f"localhost:{ports['outer']}",
        "CONSILIUM_DATA_DIR": str(tmp / "data"),
        "CONSILIUM_TRUSTED_PROXIES": trusted,
        "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": allowed,
    }
    settings = Settings(domain=environment["CONSILIUM_DOMAIN"], data_dir=tmp / "data")
    database = open_database(settings)
    try:
        if allowed:
            database.run_write(instances.set_trust, "command", Origin(allowed), Trust.ALLOWED)
    finally:
        database.close()
    consilium = [sys.executable, "-m", "server"]
    made = subprocess.run(
        [*consilium, "account", "create", "ada", "--email", "ada@hospital.example", "--password-stdin"],
        input="a long enough password\n",
        text=True,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    serve = [*consilium, "serve", "--port", str(upstream)]
    two = "two" in door.__name__
    house = House(
        f"https://localhost:{ports['outer']}",
        f"https://localhost:{ports['inner' if two else 'outer']}",
        f"http://127.0.0.1:{upstream}",
        tls,
    )
    with process(serve, tmp / "serve.log", **environment):
        wait_for(f"{house.direct}/healthz", tls, tmp / "serve.log")
        with process(command, tmp / "door.log", **surroundings):
            wait_for(f"{house.base}/.well-known/nodeinfo", tls, tmp / "door.log")
            yield house


DOORS = pytest.mark.parametrize("door", [nginx, caddy], ids=["nginx", "caddy"])
TWO_DOORS = pytest.mark.parametrize("door", [nginx_two_doors, caddy_two_doors], ids=["nginx", "caddy"])


async def deliver(
    house: House, actor: FakeActor, number: int, *, scheme: Scheme, altered: bool = False
) -> int:
    """A signed note to the shared inbox, through the front door. altered: by one byte on its way."""
    body = json.dumps(actor.note(number)).encode()
    frame = HttpFrame(
        "POST", Iri(f"{house.base}/inbox"), (("content-type", "application/activity+json"),), body
    )
    signed = sign_request(frame, actor.rsa_signer, scheme, SystemClock().now())
    if altered:
        body = body.replace(b"Bonjour", b"bonjour")
    async with httpx.AsyncClient(verify=house.tls, http2=False) as client:
        answer = await client.post(signed.url, headers=list(signed.headers), content=body)
    return answer.status_code


@DOORS
async def test_people_apps_and_peers_are_served(door: Door, tmp_path: Path) -> None:
    with served(tmp_path, door) as house:
        async with httpx.AsyncClient(verify=house.tls, base_url=house.base) as client:
            health = await client.get("/healthz")
            found = await client.get(
                "/.well-known/webfinger",
                params={"resource": f"acct:ada@{house.base.removeprefix('https://')}"},
            )
            page = await client.get("/signin")
            about = await client.get("/api/v2/instance")
            inside = [(await client.get(path)).status_code for path in ("/readyz", "/metrics")]
        assert health.json() == {"status": "ok"}
        links = {link["rel"]: link["href"] for link in found.json()["links"] if "href" in link}
        assert links["self"].startswith(f"{house.base}/actors/")
        assert page.status_code == 200
        assert "max-age" in page.headers["strict-transport-security"]
        assert about.json()["domain"] == house.base.removeprefix("https://")
        assert inside == [404, 404]


@DOORS
async def test_signatures_survive_and_refusals_come_through_as_they_are(door: Door, tmp_path: Path) -> None:
    async with LoopbackPeer() as peer:
        friend, stranger = peer.actor("bea"), FakeActor.create("https://stranger.example", "eve")
        with served(tmp_path, door, allowed=peer.origin) as house:
            assert await deliver(house, friend, 1, scheme=Scheme.CAVAGE) == 202
            assert await deliver(house, friend, 2, scheme=Scheme.RFC9421) == 202
            assert await deliver(house, friend, 1, scheme=Scheme.CAVAGE) == 202  # the same again
            assert await deliver(house, friend, 3, scheme=Scheme.CAVAGE, altered=True) == 401
            assert await deliver(house, stranger, 1, scheme=Scheme.CAVAGE) == 403
            async with httpx.AsyncClient(verify=house.tls, base_url=house.base) as client:
                unsigned = await client.post("/inbox", json=friend.note(4))
                too_big = await client.post("/inbox", content=b" " * (1024 * 1024 + 1))
            assert unsigned.status_code == 401
            assert too_big.status_code == 413


@TWO_DOORS
async def test_the_world_sees_federation_only(door: Door, tmp_path: Path) -> None:
    closed = ["/", "/signin", "/api/v1/instance", "/help/apps", "/static/consilium.css", "/healthz"]
    async with LoopbackPeer() as peer:
        friend = peer.actor("bea")
        with served(tmp_path, door, allowed=peer.origin) as house:
            assert await deliver(house, friend, 1, scheme=Scheme.CAVAGE) == 202
            async with httpx.AsyncClient(verify=house.tls) as client:
                outside = [(await client.get(f"{house.base}{path}")).status_code for path in closed]
                inside = [(await client.get(f"{house.inner}{path}")).status_code for path in closed]
            assert outside == [404] * len(closed)
            assert 404 not in inside


def register(client: httpx.Client, base: str, forwarded: str) -> int:
    """An app registration, of which one address may make only so many in a while."""
    form = {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    return client.post(f"{base}/api/v1/apps", data=form, headers={"X-Forwarded-For": forwarded}).status_code


@DOORS
def test_a_caller_s_address_is_believed_from_the_proxy_only(door: Door, tmp_path: Path) -> None:
    with served(tmp_path, door) as house, httpx.Client(verify=house.tls) as client:
        # through the door whatever a stranger claims is replaced by the address it really has
        through = [register(client, house.base, f"198.51.100.{number}") for number in range(CALLS)]
        # the proxy's own word counts: each of these is another caller
        proxied = [register(client, house.direct, f"198.51.100.{number}") for number in range(CALLS)]
        # what stands left of the nearest untrusted hop is anybody's invention
        invented = [
            register(client, house.direct, f"203.0.113.{number}, 198.51.100.77") for number in range(CALLS)
        ]
    assert through.count(429) >= 2
    assert proxied.count(429) == 0
    assert invented.count(429) >= 2


def test_without_trusted_proxies_the_header_is_nothing(tmp_path: Path) -> None:
    with served(tmp_path, nginx, trusted="") as house, httpx.Client(verify=house.tls) as client:
        answers = [register(client, house.direct, f"198.51.100.{number}") for number in range(CALLS)]
    assert answers.count(429) >= 2
