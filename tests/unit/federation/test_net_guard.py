"""Which addresses are dialled: every spelling of an internal host, names that lead inside, and the gate before DNS."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from federation.errors import AddressNotPublic, FederationError, Malformed, Refused, Unreachable
from federation.iri import canonical_iri
from federation.net.dial import Endpoint, Proxy, wire_url
from federation.net.guard import DangerousPrivate, Guard, is_public
from federation.testing.actors import ListGate
from federation.types import Iri

pytestmark = pytest.mark.anyio


class Names:
    """A resolver over a table. asked: the names looked up."""

    def __init__(self, table: dict[str, list[str]]) -> None:
        self.table = table
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.table:
            raise OSError("no such name")
        return self.table[host]


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1.1.1.1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:101::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "2001:10::1",
        "100::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::1.1.1.1", "2002:101:101::1", "::ffff:1.1.1.1"],
)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "canary.localhost",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "①②⑦.⓪.⓪.①",
        "\uff11\uff12\uff17.0.0.1",
        "127。0。0。1",
    ],
)
async def test_every_spelling_of_an_internal_host(host: str) -> None:
    names = Names({})
    guard = Guard(ListGate(), resolver=names)
    with pytest.raises((AddressNotPublic, Malformed)):
        url = canonical_iri(f"https://{host}/secret")
        await guard.addresses(Endpoint.of(url).host, 443)
    assert names.asked == []


@pytest.mark.parametrize(
    "host", ["user@127.0.0.1", "evil.example\\@127.0.0.1", "evil.example%00.127.0.0.1", ""]
)
def test_urls_that_confuse_are_no_urls(host: str) -> None:
    with pytest.raises(Malformed):
        canonical_iri(f"https://{host}/")


async def test_all_addresses_of_a_name_are_judged() -> None:
    names = Names({"mixed.example": ["93.184.216.34", "127.0.0.1"], "fine.example": ["93.184.216.34"]})
    guard = Guard(ListGate(), resolver=names)
    assert await guard.addresses("fine.example", 443) == ["93.184.216.34"]
    with pytest.raises(AddressNotPublic):
        await guard.addresses("mixed.example", 443)


async def test_names_that_do_not_resolve_or_resolve_to_too_much() -> None:
    names = Names({"many.example": [f"93.184.216.{n}" for n in range(40)], "none.example": []})
    guard = Guard(ListGate(), resolver=names)
    for host in ("gone.example", "many.example", "none.example"):
        with pytest.raises(Unreachable):
            await guard.addresses(host, 443)


def test_the_gate_is_asked_by_canonical_origin() -> None:
    gate = ListGate(frozenset({"peer.example"}))
    names = Names({})
    guard = Guard(gate, resolver=names)
    guard.check_origin(Iri("https://PEER.example./inbox"))
    for url in ("https://peer.example:8443/", "https://sub.peer.example/", "https://peer.example.evil/"):
        with pytest.raises(Refused):
            guard.check_origin(Iri(url))
    assert names.asked == []


def test_plain_http_is_for_local_and_excepted_hosts() -> None:
    guard = Guard(ListGate(), DangerousPrivate.parse(["10.0.0.0/8", "clinic.internal", "lab.internal:8080"]))
    for url in (
        "http://a.localhost:1/",
        "http://clinic.internal/",
        "http://lab.internal:8080/",
        "http://10.1.1.1/",
    ):
        guard.check_origin(Iri(url))
    for url in ("http://peer.example/", "http://lab.internal/", "http://192.168.0.1/"):
        with pytest.raises(Refused):
            guard.check_origin(Iri(url))


async def test_exceptions() -> None:
    private = DangerousPrivate.parse(
        [
            "10.0.0.0/8",
            " Hospital.localhost ",
            "127.0.0.1:8443",
            "[::1]:99",
            "fd00::/8",
            "clinic.internal",
            "",
        ]
    )
    names = Names(
        {"clinic.internal": ["192.168.7.7"], "inside.example": ["10.9.9.9"], "zero.example": ["0.0.0.0"]}
    )
    guard = Guard(ListGate(), private, names)
    assert await guard.addresses("hospital.localhost", 80) == ["127.0.0.1"]
    assert await guard.addresses("127.0.0.1", 8443) == ["127.0.0.1"]
    assert await guard.addresses("[::1]", 99) == ["::1"]
    assert await guard.addresses("clinic.internal", 443) == ["192.168.7.7"]
    assert await guard.addresses("inside.example", 443) == ["10.9.9.9"]
    for host, port in (("127.0.0.1", 8444), ("society.localhost", 80), ("::1", 98), ("zero.example", 80)):
        with pytest.raises(AddressNotPublic):
            await guard.addresses(host, port)


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "bad host", "host:99999", "a/b", "http://x"])
def test_exceptions_that_are_none(entry: str) -> None:
    with pytest.raises(FederationError):
        DangerousPrivate.parse([entry])


def test_endpoints() -> None:
    assert Endpoint.of(Iri("https://a.example/x")) == Endpoint(True, "a.example", 443)
    assert Endpoint.of(Iri("http://a.example:81?x")) == Endpoint(False, "a.example", 81)
    assert Endpoint.of(Iri("https://[2606:4700::1]/x")) == Endpoint(True, "2606:4700::1", 443)
    assert Endpoint.of(Iri("https://[2606:4700::1]:8443/x")) == Endpoint(True, "2606:4700::1", 8443)
    assert wire_url("https://a.example/é?q=ü#frag") == "https://a.example/%C3%A9?q=%C3%BC"
    assert Proxy.parse("http://u:p%40@proxy:3128").authorization == "Basic dTpwQA=="
    with pytest.raises(Malformed):
        Proxy.parse("socks5://proxy")
