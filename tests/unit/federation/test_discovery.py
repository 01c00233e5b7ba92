"""WebFinger by the cases of RFC 7033, whom a handle names, NodeInfo of peers, host-meta."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from federation.discovery import host_meta, nodeinfo, webfinger
from federation.discovery.webfinger import Handle, Jrd, Link
from federation.errors import FederationError, Gone, Malformed, OriginMismatch
from federation.testing.actors import FakeActor, MemoryFetcher
from federation.types import HttpAnswer, Iri, Origin
from federation.vocab.codec import decode
from tests.support.shared import shared_path

pytestmark = pytest.mark.anyio

OWN = Origin("hospital.example")
ANNA = Iri("https://hospital.example/actors/1")


def test_a_query() -> None:
    query = webfinger.parse_query("resource=acct%3Aanna%40hospital.example")
    assert (query.resource, query.rels) == ("acct:anna@hospital.example", ())


def test_the_order_of_parameters_and_unknown_ones() -> None:
    query = webfinger.parse_query(b"rel=a&x=y&resource=acct:anna@hospital.example&rel=b%20c")
    assert (query.resource, query.rels) == ("acct:anna@hospital.example", ("a", "b c"))


@pytest.mark.parametrize(
    "uri",
    ["https://a.example/x", "mailto:a@b.example", "device:p1.example", "urn:isbn:1", "acct:a+b@c.example"],
)
def test_any_scheme_of_uri(uri: str) -> None:
    assert webfinger.parse_query(f"resource={uri}").resource == uri


@pytest.mark.parametrize(
    "query",
    [
        "",
        "rel=self",
        "resource=",
        "resource=anna",
        "resource=anna@hospital.example",
        "resource=%",
        "resource=acct:%ff",
        "resource=acct:a%00b@c",
        "resource=acct:a%20b@c",
        "resource=:x",
        "resource=acct:a@b&resource=acct:c@d",
        "Resource=acct:a@b",
        "resource=acct:" + "a" * 9000,
        "resource=acct:a@b" + "&rel=x" * 40,
    ],
)
def test_malformed_queries(query: str) -> None:
    with pytest.raises(Malformed):
        webfinger.parse_query(query)


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("acct:anna@hospital.example", "anna"),
        ("ACCT:anna@HOSPITAL.example.", "anna"),
        ("acct:@anna@hospital.example", "anna"),
        ("acct:anna@hospital.example:443", "anna"),
        ("acct:anna@hospital.example:8443", None),
        ("acct:anna@sub.hospital.example", None),
        ("acct:anna@hospital.example@evil.example", None),
        ("acct:anna", None),
        ("https://hospital.example/actors/1", None),
        ("mailto:anna@hospital.example", None),
    ],
)
def test_whose_account(resource: str, name: str | None) -> None:
    assert webfinger.local_name(resource, OWN) == name


def test_whose_address() -> None:
    assert webfinger.local_iri("https://HOSPITAL.example/@anna", OWN) == "https://hospital.example/@anna"
    for resource in (
        "https://evil.example/@anna",
        "https://hospital.example:1/",
        "acct:a@hospital.example",
        "x:y",
    ):
        assert webfinger.local_iri(resource, OWN) is None


def test_the_answer_and_its_filter() -> None:
    jrd = webfinger.describe(
        Handle("anna", OWN),
        ANNA,
        page="https://hospital.example/@anna",
        subscribe="https://hospital.example/authorize_interaction?uri={uri}",
    )
    made = webfinger.encode(jrd)
    assert made["subject"] == "acct:anna@hospital.example"
    assert {link["rel"] for link in made["links"]} == {
        "self",
        webfinger.REL_PROFILE,
        webfinger.REL_SUBSCRIBE,
    }
    assert webfinger.decode(made) == jrd
    only = webfinger.encode(jrd.only(["self", "nothing"]))
    assert [link["rel"] for link in only["links"]] == ["self"]
    assert (only["subject"], only["aliases"]) == (made["subject"], made["aliases"])
    assert jrd.only(["nothing"]).links == ()
    assert jrd.only([]) == jrd
    assert jrd.actor() == ANNA


def test_real_answers_are_read() -> None:
    read = 0
    for path in sorted((shared_path("corpus") / "_discovery").glob("*webfinger*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "subject" in document:
            read += webfinger.decode(document).actor() is not None
    assert read >= 4


@pytest.mark.parametrize("links", [None, 5, [5], [{}], [{"rel": 5}], [{"rel": "self", "href": 5}]])
def test_odd_links(links: Any) -> None:
    assert webfinger.decode({"subject": "acct:a@b.example", "links": links}).actor() is None


def page(host: str, name: str, subject: str, actor: str) -> tuple[str, HttpAnswer]:
    url = f"https://{host}/.well-known/webfinger?resource=acct:{name}@{host}"
    links = (Link("self", href=actor, type="application/activity+json"),)
    body = json.dumps(webfinger.encode(Jrd(f"acct:{subject}", (), links))).encode()
    return url, HttpAnswer(200, url, {"content-type": "application/jrd+json"}, body)


HOME = "https://social.society.example/actors/paul"
EVIL = "https://evil.example/actors/paul"


async def test_a_handle() -> None:
    web = MemoryFetcher(dict([page("society.example", "Paul", "paul@society.example", HOME)]))
    assert await webfinger.look_up("@Paul@Society.Example", web) == (
        Handle("paul", Origin("society.example")),
        HOME,
    )
    with pytest.raises(Gone):
        await webfinger.look_up("nobody@society.example", web)
    for text in ("", "paul", "@paul@", "paul@a/b", "a b@c.example"):
        with pytest.raises(Malformed):
            await webfinger.look_up(text, web)


async def test_a_host_that_speaks_of_another_name() -> None:
    """An alias of the true handle is followed to it, and believed only if that host names the same actor."""
    alias = page("social.society.example", "paul", "paul@society.example", HOME)
    true = page("society.example", "paul", "paul@society.example", HOME)
    web = MemoryFetcher(dict([alias, true]))
    assert await webfinger.look_up("paul@social.society.example", web) == (
        Handle("paul", Origin("society.example")),
        HOME,
    )
    steal = page("evil.example", "paul", "paul@society.example", EVIL)
    with pytest.raises(OriginMismatch):
        await webfinger.look_up("paul@evil.example", MemoryFetcher(dict([steal, true])))
    with pytest.raises(Gone):
        await webfinger.look_up("paul@evil.example", MemoryFetcher(dict([steal])))
    chain = page("society.example", "paul", "paul@third.example", EVIL)
    with pytest.raises(OriginMismatch):
        await webfinger.look_up("paul@evil.example", MemoryFetcher(dict([steal, chain])))


async def test_another_name_on_the_same_host() -> None:
    web = MemoryFetcher(dict([page("society.example", "paul", "ceo@society.example", HOME)]))
    with pytest.raises(OriginMismatch):
        await webfinger.look_up("paul@society.example", web)


async def test_the_handle_of_an_actor() -> None:
    anna = FakeActor.create("https://social.society.example", "anna")
    actor = decode(anna.document())
    own = page("social.society.example", "anna", "anna@social.society.example", anna.id)
    moved = page("social.society.example", "anna", "anna@society.example", anna.id)
    agrees = page("society.example", "anna", "anna@society.example", anna.id)
    differs = page("society.example", "anna", "anna@society.example", EVIL)
    other = page("social.society.example", "anna", "anna@social.society.example", EVIL)
    found = await webfinger.handle_of(actor, MemoryFetcher(dict([own])))
    assert str(found) == "anna@social.society.example"
    assert (
        str(await webfinger.handle_of(actor, MemoryFetcher(dict([moved, agrees])))) == "anna@society.example"
    )
    for pages in ([moved, differs], [other], [moved]):
        with pytest.raises(FederationError):
            await webfinger.handle_of(actor, MemoryFetcher(dict(pages)))


async def test_plain_names_are_asked_plainly() -> None:
    url = "http://hospital.localhost:8001/.well-known/webfinger?resource=acct:a@hospital.localhost:8001"
    body = json.dumps({"subject": "acct:a@hospital.localhost:8001", "links": []}).encode()
    web = MemoryFetcher({url: HttpAnswer(200, url, {}, body)})
    jrd = await webfinger.ask(
        Origin("hospital.localhost:8001"), "acct:a@hospital.localhost:8001", web, lambda _: "http"
    )
    assert jrd.subject == "acct:a@hospital.localhost:8001"


def nodeinfo_web(href: str, document: Any) -> MemoryFetcher:
    index = "https://society.example/.well-known/nodeinfo"
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    links = {"links": [{"rel": "x"}, 5, {"rel": rel, "href": href}]}
    target = "https://society.example/nodeinfo/2.0"
    return MemoryFetcher(
        {
            index: HttpAnswer(200, index, {}, json.dumps(links).encode()),
            target: HttpAnswer(200, target, {}, json.dumps(document).encode()),
        }
    )


async def test_nodeinfo_of_a_peer() -> None:
    document = {
        "software": {"name": "Mastodon", "version": "4.5"},
        "usage": {"users": {"total": -4}},
        "metadata": [],
    }
    for href in ("https://society.example/nodeinfo/2.0", "/nodeinfo/2.0"):
        found = await nodeinfo.fetch(Origin("society.example"), nodeinfo_web(href, document))
        assert (found.software, found.version, found.users, found.metadata) == ("mastodon", "4.5", None, {})
    with pytest.raises(OriginMismatch):
        await nodeinfo.fetch(Origin("society.example"), nodeinfo_web("https://127.0.0.1/x", document))
    for broken in ({}, {"software": "x"}, {"software": {"name": 5}}, {"software": {"name": "<b>"}}):
        with pytest.raises(Malformed):
            await nodeinfo.fetch(Origin("society.example"), nodeinfo_web("/nodeinfo/2.0", broken))


def test_nodeinfo_links() -> None:
    made = nodeinfo.links("https://hospital.example")
    assert [link["href"] for link in made["links"]] == [
        "https://hospital.example/nodeinfo/2.0",
        "https://hospital.example/nodeinfo/2.1",
    ]
    assert "schema/2.1#" in nodeinfo.media_type("2.1")


def test_host_meta() -> None:
    template = "https://hospital.example/.well-known/webfinger?resource={uri}"
    root = ET.fromstring(host_meta.build_xrd("https://hospital.example"))
    assert root.tag.endswith("XRD")
    assert root[0].attrib == {"rel": "lrdd", "template": template}
    assert host_meta.build_json("https://hospital.example")["links"] == [
        {"rel": "lrdd", "template": template}
    ]
