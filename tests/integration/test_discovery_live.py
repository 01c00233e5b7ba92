"""What an instance says of itself to anybody: WebFinger by RFC 7033, NodeInfo by its schemas, host-meta, the actor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from server.domain.trust import Trust
from tests.support.hostile import FakeActor, fetch, neighbourhood
from tests.support.instances import Launcher, LiveAccount, LiveInstance
from tests.support.members import add_members, trust

pytestmark = pytest.mark.slow


@dataclass
class World:
    instance: LiveInstance
    anna: LiveAccount
    bare: httpx.Client
    peer: FakeActor

    def finger(self, query: str) -> httpx.Response:
        return self.bare.get(f"/.well-known/webfinger?{query}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    launcher = Launcher(tmp_path_factory.mktemp("discovery"))
    try:
        with neighbourhood() as hood:
            peer = hood.peer("peer")
            instance = launcher.prepare("found", CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8")
            [anna] = add_members(instance, "anna")
            trust(instance, Trust.ALLOWED, peer.origin)
            instance.start()
            yield World(instance, anna, instance.client(), peer.actor("pat"))
    finally:
        launcher.close()


# -- WebFinger (RFC 7033, sections 4 and 5) --------------------------------------------------------------


def test_a_handle_gives_the_person(world: World) -> None:
    got = world.finger(f"resource=acct:anna@{world.instance.origin}")
    assert got.status_code == 200
    assert got.headers["content-type"].startswith("application/jrd+json")
    found: dict[str, Any] = got.json()
    assert found["subject"] == f"acct:anna@{world.instance.origin}"
    links = {link["rel"]: link for link in found["links"]}
    assert links["self"] == {"rel": "self", "type": "application/activity+json", "href": world.anna.uri}
    assert "http://webfinger.net/rel/profile-page" in links


def test_any_scheme_of_identifier_is_answered(world: World) -> None:
    """Section 4.5: the resource may be any URI; ours are the handle, the id and the page."""
    for resource in (world.anna.uri, f"{world.instance.base}/@anna", f"acct:anna%40{world.instance.origin}"):
        assert world.finger(f"resource={resource}").status_code == 200, resource


def test_the_order_of_parameters_does_not_matter(world: World) -> None:
    resource = f"resource=acct:anna@{world.instance.origin}"
    assert world.finger(f"rel=self&{resource}").json() == world.finger(f"{resource}&rel=self").json()


def test_relations_are_filtered(world: World) -> None:
    resource = f"resource=acct:anna@{world.instance.origin}"
    assert [link["rel"] for link in world.finger(f"{resource}&rel=self").json()["links"]] == ["self"]
    assert world.finger(f"{resource}&rel=nothing").json().get("links", []) == []
    both = world.finger(f"{resource}&rel=self&rel=http%3A%2F%2Fwebfinger.net%2Frel%2Fprofile-page").json()
    assert len(both["links"]) == 2


@pytest.mark.parametrize("query", ["", "rel=self", "resource=", "resource"])
def test_no_resource_is_a_bad_request(world: World, query: str) -> None:
    assert world.finger(query).status_code == 400


@pytest.mark.parametrize("resource", ["acct:nobody@HERE", "acct:anna@elsewhere.example", "HTTP/@nobody"])
def test_an_unknown_resource_is_not_found(world: World, resource: str) -> None:
    named = resource.replace("HERE", world.instance.origin).replace("HTTP", world.instance.base)
    assert world.finger(f"resource={named}").status_code == 404


def test_answers_may_be_read_by_any_page(world: World) -> None:
    assert (
        world.finger(f"resource=acct:anna@{world.instance.origin}").headers["access-control-allow-origin"]
        == "*"
    )


def test_case_does_not_matter(world: World) -> None:
    got = world.finger(f"resource=acct:ANNA@{world.instance.origin.upper()}")
    assert got.status_code == 200
    assert got.json()["subject"] == f"acct:anna@{world.instance.origin}"


def test_the_instance_itself_is_found_at_its_actor(world: World) -> None:
    """Unsigned: a peer must be able to check our signature before it trusts us with anything."""
    got = world.bare.get("/actor", headers={"accept": "application/activity+json"})
    assert got.status_code == 200
    actor = got.json()
    assert actor["id"] == f"{world.instance.base}/actor"
    assert actor["type"] == "Application"
    assert actor["publicKey"]["owner"] == actor["id"]
    assert actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert actor["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")


# -- documents -------------------------------------------------------------------------------------------


def test_nodeinfo_leads_to_its_documents(world: World) -> None:
    index = world.bare.get("/.well-known/nodeinfo").json()
    found = {}
    for link in index["links"]:
        if "ns/schema" not in link["rel"]:
            continue
        document = world.bare.get(link["href"].replace(world.instance.base, ""))
        assert document.status_code == 200
        assert document.json()["software"]["name"] == "consilium"
        assert "activitypub" in document.json()["protocols"]
        assert document.json()["openRegistrations"] is False
        found[document.json()["version"]] = link["rel"]
    assert set(found) == {"2.0", "2.1"}


def test_host_meta_leads_to_webfinger(world: World) -> None:
    xrd = world.bare.get("/.well-known/host-meta")
    assert xrd.headers["content-type"].startswith("application/xrd+xml")
    assert f"{world.instance.base}/.well-known/webfinger?resource={{uri}}" in xrd.text


def test_a_person_is_told_to_peers_only(world: World) -> None:
    path = world.anna.uri.removeprefix(world.instance.base)
    assert world.bare.get(path, headers={"accept": "application/activity+json"}).status_code == 401
    got = fetch(world.instance, path, world.peer)
    assert got.status_code == 200
    assert got.headers["content-type"].startswith("application/activity+json")
    actor = got.json()
    assert actor["id"] == world.anna.uri
    assert actor["preferredUsername"] == "anna"
    assert actor["endpoints"]["sharedInbox"] == f"{world.instance.base}/inbox"
    assert "email" not in got.text


def test_a_browser_is_led_to_the_page(world: World) -> None:
    path = world.anna.uri.removeprefix(world.instance.base)
    got = world.bare.get(path, headers={"accept": "text/html,application/xhtml+xml"}, follow_redirects=False)
    assert got.status_code in {302, 303}
    assert got.headers["location"].endswith("/@anna")


def test_a_signature_on_what_is_public_is_not_looked_at(world: World) -> None:
    for path in ("/actor", "/.well-known/nodeinfo", "/.well-known/host-meta"):
        assert world.bare.get(path, headers={"signature": "rubbish"}).status_code == 200
