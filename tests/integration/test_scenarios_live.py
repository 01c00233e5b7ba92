"""Scenarios of members-only groups between real processes, on both databases: what leaves, what a lying instance says, who goes.

What a lying instance sends is made of what it really sent: its own bytes, changed, and signed anew with its own keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from federation.signatures.schemes import sign_request
from federation.types import HttpFrame, Iri, JsonObject, Origin
from server.activitypub import signing
from server.domain.accounts import Account
from server.domain.groups import MembershipState
from server.domain.trust import PROBE_PATIENCE
from server.services import accounts, keys, purges
from server.services.keys import LocalKey
from server.store import accounts as account_rows
from server.store import memberships, partners, relationships
from server.store.session import Unit
from server.store.tables.work import activity as activity_table
from tests.support.hostile import ACTIVITY, Scheme, now, outcome, rows, send, signed, stored
from tests.support.instances import POSTGRESQL, SQLITE, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.members import settings_of
from tests.support.outsiders import Outsider, outsiders_of
from tests.support.roads import Roads, Weather

pytestmark = pytest.mark.slow

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
SOON = 60
"""Seconds until everybody has heard of what everybody can be told."""


class World:
    """Anna and Otto at the hospital, Bert at the clinic, Cleo at the society, where the groups live. Otto is in none."""

    def __init__(self, roads: Roads, engine: str) -> None:
        self.roads = roads
        self.circle = Circle(roads, "chu", "clinic", "society", engine=engine, CONSILIUM_POSTS="public")
        self.anna, self.otto = self.circle.doctor("chu", "anna"), self.circle.doctor("chu", "otto")
        self.bert, self.cleo = self.circle.doctor("clinic", "bert"), self.circle.doctor("society", "cleo")

    @property
    def members(self) -> tuple[Doctor, ...]:
        return self.cleo, self.anna, self.bert

    def __getitem__(self, name: str) -> LiveInstance:
        return self.circle[name]

    def group(self, name: str, **columns: Any) -> LiveGroup:
        made = self.circle.group("society", name, **columns)
        for member in self.members:
            self.circle.join(made, member)
        return made

    def everywhere(self, uri: str) -> None:
        for member in self.members:
            eventually(lambda member=member: member.sees(uri), within=SOON)

    def said(self, doctor: Doctor, group: LiveGroup, text: str) -> str:
        uri = str(doctor.say(f"{group.handle} {text}")["uri"])
        self.everywhere(uri)
        return uri

    def document(self, instance: LiveInstance, kind: str, uri: str) -> JsonObject:
        """What an instance sent of a post, once it is there, as if it were said again: under other ids, without its proof."""
        [body] = self.circle.run(instance, bodies, kind, uri)
        text = body.decode().replace(uri, f"{uri}-again")
        found: JsonObject = msgspec.json.decode(text)
        found["id"] = f"{found['id']}-again"
        return found

    def signed(self, instance: LiveInstance, account: Account, document: JsonObject) -> JsonObject:
        plain = {name: value for name, value in document.items() if name != "proof"}
        return self.circle.run(instance, signing.signed, account.id, plain)

    def sent(
        self, instance: LiveInstance, account: Account, target: LiveInstance, document: JsonObject
    ) -> str:
        """In the name of that account of an instance, signed as the profile demands; what became of it."""
        key = self.circle.run(instance, keys.signer, account.id)
        answered = send(target, signed(target, key, document, scheme=Scheme.RFC9421))
        return outcome(target, document) if answered.status_code == 202 else str(answered.status_code)

    def state(self, doctor: Doctor, group: LiveGroup) -> MembershipState | None:
        """As the doctor's own instance has it."""

        def find(unit: Unit) -> MembershipState | None:
            known = account_rows.find_by_uri(unit, group.account.uri)
            found = None if known is None else memberships.find(unit, known.id, doctor.account.id)
            return None if found is None else found.state

        return self.circle.run(doctor.at, find)


def bodies(unit: Unit, kind: str, uri: str) -> list[bytes]:
    """Of the activities of a kind that speak of a post here."""
    found = unit.all(select(activity_table.c.body).where(activity_table.c.kind == kind))
    return [bytes(row.body) for row in found if uri.encode() in bytes(row.body)][:1]


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    roads = Roads(tmp_path_factory.mktemp("scenarios"))
    try:
        yield World(roads, request.param)
    finally:
        roads.close()


@pytest.fixture(scope="module")
def outsiders(world: World) -> Iterator[dict[str, Outsider]]:
    with outsiders_of(world.circle, "society") as found:
        yield found


# -- 2: what leaves --------------------------------------------------------------------------------------


def test_an_author_with_followers_everywhere_reaches_members_alone(
    world: World, outsiders: dict[str, Outsider]
) -> None:
    group, elsewhere = world.group("followed"), outsiders["mastodon"]
    world.circle.run(world["society"], followed_by, elsewhere, world.cleo.account)
    world.cleo.say("For whoever reads me: capybara")
    eventually(lambda: any(b"capybara" in frame.body for frame in elsewhere.peer.seen))
    named = f"@reader@{elsewhere.peer.origin}"
    refused = world.cleo.live.client.post(
        "/api/v1/statuses",
        json={"status": f"{group.handle} {named} Look at this okapi", "visibility": "public"},
    )
    assert refused.status_code == 422, refused.text
    uri = world.said(world.cleo, group, "An okapi in the ward")
    asked = "select distinct d.destination from delivery d join activity a on a.id = d.activity_id join post p on p.id = a.post_id where p.uri = ?"
    went = {where for (where,) in rows(world["society"], asked, uri)}
    assert went == {world["chu"].origin, world["clinic"].origin}
    world.cleo.say("And a second capybara")
    eventually(lambda: any(b"second capybara" in frame.body for frame in elsewhere.peer.seen))
    for outsider in outsiders.values():
        assert not [frame for frame in outsider.peer.seen if b"okapi" in frame.body]


def followed_by(unit: Unit, outsider: Outsider, author: Account) -> None:
    origin, uri = Origin(outsider.peer.origin), outsider.actor.id
    account_id = unit.new_id()
    values: dict[str, Any] = {
        "id": account_id,
        "username": "reader",
        "domain": origin,
        "uri": uri,
        "url": uri,
    }
    values |= {"kind": "Person", "inbox": f"{uri}/inbox", "shared_inbox": f"{outsider.peer.base}/inbox"}
    account_rows.add(unit, {**values, "created_at": unit.now})
    follow = {"id": unit.new_id(), "account_id": account_id, "target_id": author.id, "state": "accepted"}
    relationships.add_follow(unit, {**follow, "uri": f"{uri}/follow"})


# -- 4: a wider audience ---------------------------------------------------------------------------------


def to_the_public(document: JsonObject) -> None:
    document["cc"] = [PUBLIC]


def to_another(document: JsonObject) -> None:
    document["to"] = [*document["to"], "https://elsewhere.example/users/x"]


def object_to_the_public(document: JsonObject) -> None:
    document["object"]["cc"] = [PUBLIC]


def test_an_answer_for_more_than_the_members_is_narrowed_or_refused(world: World) -> None:
    group = world.group("narrow")
    uri = world.said(world.anna, group, "May this stay among us?")
    seen = world.bert.sees(uri)
    answer = world.bert.say("It does", visibility="public", in_reply_to_id=seen["id"])
    assert answer["visibility"] == "private"
    at_chu = world.anna.sees(uri)["id"]
    wider = {"status": f"{world.otto.handle} see", "in_reply_to_id": at_chu}
    assert world.anna.live.client.post("/api/v1/statuses", json=wider).status_code == 422
    for number, change in enumerate((to_the_public, to_another, object_to_the_public)):
        document = world.document(world["chu"], "Create", uri)
        document["id"], document["object"]["id"] = f"{document['id']}-{number}", f"{uri}-{number}"
        change(document)
        lie = world.signed(world["chu"], world.anna.account, document)
        assert world.sent(world["chu"], world.anna.account, world["society"], lie) == "denied", change
        assert not stored(world["society"], f"{uri}-{number}")
    honest = world.signed(world["chu"], world.anna.account, world.document(world["chu"], "Create", uri))
    assert world.sent(world["chu"], world.anna.account, world["society"], honest) == "applied"
    eventually(lambda: stored(world["clinic"], f"{uri}-again"))
    assert not any(stored(world["clinic"], f"{uri}-{number}") for number in range(3))


# -- 5: what its author did not sign ---------------------------------------------------------------------


def other_words(document: JsonObject) -> None:
    document["object"]["object"]["content"] = "<p>Something else</p>"


def no_proof(document: JsonObject) -> None:
    del document["object"]["proof"]


def no_credential(document: JsonObject) -> None:
    del document["credential"]


def test_a_group_that_lies_about_its_members_is_not_believed(
    world: World, outsiders: dict[str, Outsider]
) -> None:
    """Nor is anybody asked whom it names."""
    group, named = world.group("liar"), outsiders["limited"]

    def another_author(document: JsonObject) -> None:
        document["object"]["actor"] = document["object"]["object"]["attributedTo"] = named.actor.id
        document["object"]["id"] = f"{named.peer.base}/activities/1"

    uri = world.said(world.anna, group, "I said this")
    [body] = world.circle.run(world["society"], bodies, "Announce", uri)
    for number, change in enumerate((other_words, no_proof, no_credential, another_author)):
        document: JsonObject = msgspec.json.decode(body)
        document["id"] = f"{document['id']}-{number}"
        thing = document["object"]["object"]
        thing["id"] = f"{uri}-{number}"
        change(document)
        lie = world.signed(world["society"], group.account, document)
        became = world.sent(world["society"], group.account, world["clinic"], lie)
        assert became in {"proof-of-author", "credential-missing", "credential-subject"}, (change, became)
        assert not stored(world["clinic"], thing["id"])
    assert not named.peer.seen
    changed = {**msgspec.json.decode(body), "published": "2026-01-01T00:00:00Z"}
    again = world.signed(world["society"], group.account, changed)
    assert world.sent(world["society"], group.account, world["clinic"], again) == "409"
    assert "I said this" in world.bert.sees(uri)["content"]


# -- 7: removed while something waits --------------------------------------------------------------------


def test_what_waits_for_a_member_who_is_removed_never_leaves(world: World) -> None:
    group = world.group("removed")
    world.said(world.cleo, group, "While Bert is in")
    world.roads.cut_off("clinic", Weather.CLOSED)
    uri = str(world.cleo.say(f"{group.handle} It waits for the clinic")["uri"])
    eventually(lambda: world.anna.sees(uri))
    waiting = "select d.state from delivery d join activity a on a.id = d.activity_id join post p on p.id = a.post_id where p.uri = ? and d.destination = ?"
    assert rows(world["society"], waiting, uri, world["clinic"].origin) == [("waiting",)]
    world["society"].command("group", "remove", group.account.username, world.bert.handle)
    world.roads.open()
    refused = str(
        world.bert.say(f"{group.handle} Not knowing that I am out")["uri"]
    )  # who speaks is spoken to
    eventually(lambda: world.state(world.bert, group) is MembershipState.REMOVED, within=150)
    eventually(lambda: rows(world["society"], waiting, uri, world["clinic"].origin) != [("waiting",)])
    assert not stored(world["clinic"], uri)
    assert not stored(world["society"], refused)


# -- 8: the last member of an instance leaves ------------------------------------------------------------


def test_when_the_last_member_leaves_all_is_asked_back_with_receipts(world: World) -> None:
    group = world.group("leaving")
    kept, gone = (
        world.said(world.cleo, group, "A pangolin stays"),
        world.said(world.anna, group, "And a tapir"),
    )
    found = world.bert.get("/api/v2/search", q=group.handle, type="accounts")["accounts"]
    world.bert.post(f"/api/v1/accounts/{found[0]['id']}/unfollow")
    eventually(
        lambda: world.circle.run(world["society"], left_a_week_ago, group.account, world.bert.account.uri)
    )
    assert stored(world["clinic"], kept), "until a week is over"
    world.circle.run(world["society"], purges.ask_due)
    for uri in (kept, gone):
        eventually(lambda uri=uri: done(world["society"], uri) == {world["clinic"].origin}, within=SOON)
        assert not stored_words(world["clinic"], "pangolin", "tapir")
    anna = world.anna.sees(gone)
    world.anna.live.client.delete(f"/api/v1/statuses/{anna['id']}").raise_for_status()
    eventually(lambda: world.cleo.sees(gone) is None)
    assert world.cleo.sees(kept)


def left_a_week_ago(unit: Unit, group: Account, member_uri: str) -> bool:
    member = account_rows.find_by_uri(unit, Iri(member_uri))
    found = None if member is None else memberships.find(unit, group.id, member.id)
    if found is None or found.state is not MembershipState.LEFT:
        return False
    moment = unit.now - purges.LAST_MEMBER_LEFT
    return memberships.change(unit, found.id, {"left_at": moment, "ended_at": moment})


def done(instance: LiveInstance, uri: str) -> set[str]:
    """Which instances have signed that they erased a post."""
    found = json.loads(instance.command("purge", "show", uri, "--json"))["purges"]
    return {one["host"] for one in found if one["state"] == "done"}


def stored_words(instance: LiveInstance, *words: str) -> bool:
    found = rows(instance, "select content, source from post")
    return any(word in f"{content} {source}" for content, source in found for word in words)


# -- 12: a partner that fails its probe ------------------------------------------------------------------


def test_a_partner_that_fails_its_probe_gets_nothing_more_until_it_passes(world: World) -> None:
    group, clinic = world.group("probed"), Origin(settings_of(world["clinic"]).origin)
    world.said(world.cleo, group, "While it passes")
    world.circle.run(world["society"], fails_since_a_day, clinic)
    uri = str(world.cleo.say(f"{group.handle} Meanwhile")["uri"])
    eventually(lambda: world.anna.sees(uri))
    assert not stored(world["clinic"], uri)
    assert "test has failed for a day: 1" in world["society"].command("status")
    world["society"].command("instance", "test", clinic)
    eventually(lambda: world.bert.sees(uri), within=SOON)


def fails_since_a_day(unit: Unit, origin: Origin) -> None:
    partners.change(unit, origin, {"probe_failing_since": unit.now - PROBE_PATIENCE})


# -- 14: who may read, and who finds it ------------------------------------------------------------------


def test_who_may_read_never_changes_and_each_tier_gets_its_own_document(
    world: World, outsiders: dict[str, Outsider]
) -> None:
    society = world["society"]
    group = world.group("fixed", access="closed")
    world.said(world.cleo, group, "Said in confidence")
    for access in ("open", "secret"):
        said = society.command("group", "change", "fixed", "--access", access, status=1)
        assert "Traceback" not in said
    path = group.account.uri.removeprefix(society.base)
    stub = outsiders["mastodon"].get(society, path).json()
    assert set(as_the_instance(world, world["chu"], society, path)) - set(stub) >= {"group", "stream"}
    assert outsiders["stranger"].get(society, path).status_code == 403
    hidden = replace(group, account=world.circle.group("society", "unseen", access="secret").account)
    missing = {name: one.get(society, "/actors/1") for name, one in outsiders.items()}
    for name, one in outsiders.items():
        answered = one.get(society, hidden.account.uri.removeprefix(society.base))
        assert (answered.status_code, answered.content) == (
            missing[name].status_code,
            missing[name].content,
        ), name
        name_of = f"/.well-known/webfinger?resource=acct:unseen@{society.origin}"
        found = one.client.get(f"http://127.0.0.1:{society.port}{name_of}", headers={"host": society.origin})
        assert found.status_code == 404
    assert world.otto.get("/api/v2/search", q=hidden.handle, resolve="true")["accounts"] == []


def as_the_instance(world: World, instance: LiveInstance, target: LiveInstance, path: str) -> JsonObject:
    """What a partner is shown."""
    key = world.circle.run(instance, instance_signer)
    frame = HttpFrame(
        "GET", Iri(f"{target.base}{path}"), (("host", target.origin), ("accept", ACTIVITY)), b""
    )
    headers = dict(sign_request(frame, key, Scheme.RFC9421, now()).headers)
    answered = httpx.get(f"http://127.0.0.1:{target.port}{path}", headers=headers, timeout=20)
    shown: JsonObject = answered.raise_for_status().json()
    return shown


def instance_signer(unit: Unit) -> LocalKey:
    return keys.signer(unit, accounts.ensure_instance_actor(unit).id)
