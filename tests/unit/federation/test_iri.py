"""The canonicaliser: each spelling that reached a real server, and what is refused."""

from __future__ import annotations

import pytest

from federation.errors import Malformed
from federation.iri import (
    MAX_IRI,
    canonical_iri,
    canonical_origin,
    find_iri,
    origin_of,
    parse_handle,
    same_origin,
    strip_fragment,
)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.Com", "example.com"),
        ("example.com.", "example.com"),
        ("example.com:443", "example.com"),
        ("example.com:0443", "example.com"),
        ("example.com:", "example.com"),
        ("example.com:8443", "example.com:8443"),
        ("example.com:80", "example.com:80"),
        ("hospital.localhost:8001", "hospital.localhost:8001"),
        ("localhost", "localhost"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com", "example.com"),
        ("example。com", "example.com"),
        ("faß.example", "xn--fa-hia.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("::1", "[::1]"),
        ("[0:0:0:0:0:0:0:1]:443", "[::1]"),
        ("[2001:DB8::A]:8443", "[2001:db8::a]:8443"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("[::ffff:7f00:1]:8001", "127.0.0.1:8001"),
    ],
)
def test_one_origin_for_each_spelling(text: str, origin: str) -> None:
    assert canonical_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a..b",
        ".example.com",
        "example.com..",
        "user@example.com",
        "user:pass@example.com",
        "exa mple.com",
        "example.com\n",
        "example.com\x00",
        "exam\u200bple\u202e.com",
        "example.com/path",
        "example.com?x",
        "example.com#x",
        "example.com\\@evil.example",
        "exampl%65.com",
        "example.com:0",
        "example.com:65536",
        "example.com:http",
        "example.com:-1",
        "example.com:٤٤٣",
        "-example.com",
        "example-.com",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "xn--example-",
        "xn--\u00fc.com",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.999999",
        "08.1.1.1",
        "4294967296",
        "[::1",
        "[::1]x",
        "[fe80::1%eth0]",
        "[]",
        "[1.2.3.4]",
        "\u0661\u0662\u0667.\u0660.\u0660.\u0661\u0662\u0663\u0664\u0665",
    ],
)
def test_refused_origins(text: str) -> None:
    with pytest.raises(Malformed):
        canonical_origin(text)


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("HTTPS://Example.COM:443/A?B=c#D", "https://example.com/A?B=c#D"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com", "https://example.com"),
        ("https://example.com?x=/..", "https://example.com?x=/.."),
        ("https://example.com/a/../b//c/%7Euser", "https://example.com/a/../b//c/%7Euser"),
        ("https://example.com/ü", "https://example.com/ü"),
        ("https://bücher.example./x", "https://xn--bcher-kva.example/x"),
    ],
)
def test_ids_keep_all_but_scheme_and_authority(text: str, iri: str) -> None:
    assert canonical_iri(text) == iri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/a",
        "//example.com/a",
        "/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "did:key:z6Mk",
        "tag:example.com,2020:1",
        "acct:a@example.com",
        "https:///a",
        "https://",
        "https:/example.com/a",
        "https:example.com/a",
        "https://user@example.com/a",
        "https://example.com@evil.example/",
        "https://example.com\\@evil.example/",
        "https://example.com/a b",
        "https://example.com/a\tb",
        "https://example.com/a\u2028b",
        "https://example.com/\u202egnp",
        " https://example.com/a",
        "https://example.com/a\n",
        "https://example.com/" + "a" * MAX_IRI,
    ],
)
def test_refused_ids(text: str) -> None:
    with pytest.raises(Malformed):
        canonical_iri(text)
    assert find_iri(text) is None


def test_wrong_types_are_refused_not_crashed_upon() -> None:
    for value in (None, 1, b"https://example.com/", ["https://example.com/"], {}):
        assert find_iri(value) is None
        with pytest.raises(Malformed):
            canonical_iri(value)  # type: ignore[arg-type]
        with pytest.raises(Malformed):
            canonical_origin(value)  # type: ignore[arg-type]


def test_same_origin_means_scheme_and_authority() -> None:
    assert same_origin("https://a.example/x", "HTTPS://A.example.:443/y#z")
    assert not same_origin("https://a.example/x", "https://b.a.example/x")
    assert not same_origin("https://a.example/x", "https://a.example:8443/x")
    assert not same_origin("https://a.example/x", "http://a.example/x")
    assert not same_origin("https://a.example/x", "nonsense")


def test_origin_and_document() -> None:
    assert origin_of("https://A.example:8443/x") == "a.example:8443"
    assert strip_fragment("https://A.example/x#main-key") == "https://a.example/x"


@pytest.mark.parametrize(
    "text",
    [
        "@ana@Hospital.example",
        "ana@hospital.example.",
        "acct:ana@hospital.example",
        " ACCT:ana@hospital.example:443 ",
    ],
)
def test_handles(text: str) -> None:
    assert parse_handle(text) == ("ana", "hospital.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ana",
        "@ana",
        "ana@",
        "@@hospital.example",
        "a@b@hospital.example",
        "a b@hospital.example",
        "a/b@c.example",
        "a@b/c",
        "x" * 500,
    ],
)
def test_refused_handles(text: str) -> None:
    with pytest.raises(Malformed):
        parse_handle(text)
