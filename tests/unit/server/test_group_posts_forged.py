"""What a group, or a member's instance, must not believe: wrong proofs, wrong places, wrong people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from federation.keys import PrivateKey
from federation.types import Iri, JsonObject
from server.activitypub import signing
from server.domain.accounts import Account
from server.domain.groups import Host, MembershipState
from server.domain.trust import Trust
from server.domain.work import Delivery
from server.services import instances
from server.store import accounts as account_rows
from server.store import groups, memberships, posts
from server.store.session import Unit
from server.store.tables.verification import attestation
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as opened:
        yield opened


class Scene:
    """Anna at the hospital and Bert at the clinic are members of a group on the society's."""

    def __init__(self, net: Exchange, **columns: Any) -> None:
        self.net, self.chu, self.clinic, self.society = net, net["chu"], net["clinic"], net["society"]
        self.group = self.society.group(**columns)
        self.anna, self.bert = self.chu.doctor("anna"), self.clinic.doctor("bert")
        net.join(self.chu, self.anna, self.society, self.group)
        net.join(self.clinic, self.bert, self.society, self.group)

    def said(self) -> tuple[Delivery, Delivery]:
        """A Create that went to the group, and the Announce of it that went to the clinic."""
        self.chu.say(self.anna, "@cardio@society.example An ECG")
        self.net.settle()
        carried = [one for _, one in self.net.carried]
        create = next(one for one in carried if one.destination == self.society.origin)
        announce = next(
            one for one in carried if one.destination == self.clinic.origin and b'"Announce"' in one.body
        )
        return create, announce

    def signed(self, by: Instance, account: Account, document: JsonObject) -> bytes:
        plain = {name: value for name, value in document.items() if name != "proof"}
        return msgspec.json.encode(by.house.run(signing.signed, account.id, plain))


def another(delivery: Delivery, number: int) -> JsonObject:
    """The same said once more: other ids, the same proof."""
    text = delivery.body.decode()
    document: JsonObject = msgspec.json.decode(text)
    document["id"] = f"{document['id']}-{number}"
    thing = document["object"]
    if isinstance(thing, dict):
        thing["id"] = f"{thing['id']}-{number}"
    return document


def as_delivery(delivery: Delivery, body: bytes) -> Delivery:
    return replace(delivery, body=body)


Change = Callable[[JsonObject], None]


def widened(document: JsonObject) -> None:
    document["cc"] = ["https://www.w3.org/ns/activitystreams#Public"]


def to_another(document: JsonObject) -> None:
    document["to"] = [*document["to"], "https://elsewhere.example/users/x"]


def object_widened(document: JsonObject) -> None:
    document["object"]["cc"] = ["https://www.w3.org/ns/activitystreams#Public"]


def unknown_parent(document: JsonObject) -> None:
    document["object"]["inReplyTo"] = "https://chu.example/objects/1"


def names_an_outsider(document: JsonObject) -> None:
    outsider = {"type": "Mention", "href": "https://else.example/users/x", "name": "@x@else.example"}
    document["object"]["tag"] = [*document["object"].get("tag", []), outsider]


def an_address(document: JsonObject) -> None:
    document["object"]["content"] = "<p>Write to jean.dupont@hopital.fr about him</p>"


def restricted(document: JsonObject) -> None:
    document["contentClass"] = "restricted"


def no_class(document: JsonObject) -> None:
    del document["contentClass"]


def unknown_critical(document: JsonObject) -> None:
    document["critical"] = ["expiry"]


def no_profile(document: JsonObject) -> None:
    del document["profile"]


@pytest.mark.parametrize(
    ("change", "outcome", "reason"),
    [
        (widened, "denied", "audience"),
        (to_another, "denied", "audience"),
        (object_widened, "denied", "audience"),
        (unknown_parent, "denied", "parent-unknown"),
        (names_an_outsider, "denied", "mention-outside"),
        (an_address, "denied", "identifiers"),
        (restricted, "denied", "policy"),
        (no_class, "denied", "policy"),
        (unknown_critical, "critical-unknown", ""),
        (no_profile, "profile-missing", ""),
    ],
)
def test_the_group_takes_nothing_that_is_not_as_the_profile_says(
    net: Exchange, change: Change, outcome: str, reason: str
) -> None:
    scene = Scene(net)
    create, _ = scene.said()
    document = another(create, 1)
    change(document)
    body = scene.signed(scene.chu, scene.anna, document)
    assert net.hand_over(scene.chu, scene.society, as_delivery(create, body)) == outcome
    assert scene.society.find(document["object"]["id"]) is None
    verdicts = [one for kind, one in scene.society.house.events() if kind == "group.verdict"]
    assert [one["reason"] for one in verdicts] == ([reason] if reason else [])


def test_the_group_takes_nothing_that_is_not_signed_by_the_members_key(net: Exchange) -> None:
    scene = Scene(net)
    create, _ = scene.said()
    unsigned = another(create, 1)
    assert (
        net.hand_over(scene.chu, scene.society, as_delivery(create, msgspec.json.encode(unsigned)))
        == "denied"
    )
    colleague = scene.chu.doctor("carl")
    foreign = scene.signed(scene.chu, colleague, another(create, 2))
    assert net.hand_over(scene.chu, scene.society, as_delivery(create, foreign)) == "denied"
    for number in (1, 2):
        assert scene.society.find(another(create, number)["object"]["id"]) is None
    assert [one["reason"] for kind, one in scene.society.house.events() if kind == "group.verdict"] == [
        "credential-invalid"
    ] * 2


def test_what_is_not_signed_as_the_profile_demands_has_no_effect_and_no_answer(net: Exchange) -> None:
    scene = Scene(net)
    create, announce = scene.said()
    body = scene.signed(scene.chu, scene.anna, another(create, 1))
    refused = net.hand_over(scene.chu, scene.society, as_delivery(create, body), profiled=False)
    assert refused == "not-profiled"
    again = scene.signed(scene.society, scene.group, another(announce, 1))
    refused = net.hand_over(scene.society, scene.clinic, as_delivery(announce, again), profiled=False)
    assert refused == "not-profiled"
    assert [kind for kind, _ in scene.society.house.events()] == []


@pytest.mark.parametrize("state", ["suspended", "removed", "banned", "left", "requested"])
def test_only_active_members_are_heard(net: Exchange, state: str) -> None:
    scene = Scene(net)
    create, _ = scene.said()

    def lapse(unit: Unit) -> None:
        for one in memberships.of_group(unit, scene.group.id, [MembershipState.ACTIVE]):
            memberships.change(unit, one.id, {"state": state})

    scene.society.house.run(lapse)
    body = scene.signed(scene.chu, scene.anna, another(create, 1))
    assert net.hand_over(scene.chu, scene.society, as_delivery(create, body)) == "denied"
    assert scene.society.find(another(create, 1)["object"]["id"]) is None


def test_a_secret_group_answers_no_outsider(net: Exchange) -> None:
    scene = Scene(net, access="secret")
    create, _ = scene.said()
    outsider = scene.clinic.doctor("oscar")
    known = scene.society.knows(scene.clinic, outsider)
    document = another(create, 1)
    document["actor"] = document["object"]["attributedTo"] = known.uri
    document["id"] = f"{scene.clinic.house.database.context.settings.base}/activities/1"
    document["object"]["id"] = f"{scene.clinic.house.database.context.settings.base}/objects/1"
    body = scene.signed(scene.clinic, outsider, document)
    assert net.hand_over(scene.clinic, scene.society, as_delivery(create, body)) == "denied"
    assert [kind for kind, _ in scene.society.house.events()] == []


def test_a_connected_instance_that_is_no_partner_is_refused(net: Exchange) -> None:
    scene = Scene(net)
    create, _ = scene.said()
    scene.society.house.run(instances.set_trust, "test", scene.chu.origin, Trust.LIMITED)
    body = scene.signed(scene.chu, scene.anna, another(create, 1))
    assert net.hand_over(scene.chu, scene.society, as_delivery(create, body)) == "denied"
    before = len(net.carried)
    scene.clinic.say(scene.bert, "@cardio@society.example Not for the hospital")
    net.settle()
    later = [one for _, one in net.carried[before:] if one.destination == scene.chu.origin]
    assert [one for one in later if one.profile and not one.lane] == []


# -- at a member's instance ------------------------------------------------------------------------------


def inner_changed(document: JsonObject) -> None:
    document["object"]["object"]["content"] = "<p>Something else</p>"


def inner_unsigned(document: JsonObject) -> None:
    del document["object"]["proof"]


def no_credential(document: JsonObject) -> None:
    del document["credential"]


def credential_changed(document: JsonObject) -> None:
    document["credential"]["credentialSubject"]["level"] = 4


def of_another_author(document: JsonObject) -> None:
    document["object"]["actor"] = document["object"]["object"]["attributedTo"] = (
        "https://chu.example/actors/x"
    )


def inner_id_of_another(document: JsonObject) -> None:
    document["object"]["id"] = "https://clinic.example/activities/1"


@pytest.mark.parametrize(
    "change",
    [
        inner_changed,
        inner_unsigned,
        no_credential,
        credential_changed,
        of_another_author,
        inner_id_of_another,
    ],
)
def test_a_member_instance_believes_proofs_and_nothing_else(net: Exchange, change: Change) -> None:
    scene = Scene(net)
    _, announce = scene.said()
    with NeverSeen(scene) as (where, document):
        change(document)
        body = scene.signed(scene.society, scene.group, document)
        outcome = net.hand_over(scene.society, where, as_delivery(announce, body))
        assert outcome not in {"applied", "duplicate"}, outcome
        assert where.find(document["object"]["object"]["id"]) is None


class NeverSeen:
    """The same post, never seen at the clinic: it is taken out there first."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def __enter__(self) -> tuple[Instance, JsonObject]:
        _, announce = self.scene.said()
        document: JsonObject = msgspec.json.decode(announce.body)
        document["id"] = f"{document['id']}-again"
        self.scene.clinic.house.run(forget, document["object"]["object"]["id"])
        return self.scene.clinic, document

    def __exit__(self, *_: object) -> None:
        return None


def forget(unit: Unit, uri: Iri) -> None:
    """As if it had never come."""
    post = posts.find_by_uri(unit, uri)
    assert post is not None
    posts.remove(unit, post.id)


def test_the_same_unchanged_is_believed(net: Exchange) -> None:
    """So that the test above refuses for its reasons and for no other."""
    scene = Scene(net)
    _, announce = scene.said()
    with NeverSeen(scene) as (where, document):
        body = scene.signed(scene.society, scene.group, document)
        assert net.hand_over(scene.society, where, as_delivery(announce, body)) == "applied"


def test_a_known_attestation_is_over_when_it_is(net: Exchange) -> None:
    """It is proved once, and looked at each time: with what the group took up after its end it counts for nothing."""
    scene = Scene(net)
    _, announce = scene.said()
    with NeverSeen(scene) as (where, document):
        where.house.run(shorten, document["credential"]["id"], datetime.fromisoformat(document["published"]))
        body = scene.signed(scene.society, scene.group, document)
        assert net.hand_over(scene.society, where, as_delivery(announce, body)) == "credential-expired"
        assert where.find(document["object"]["object"]["id"]) is None


def shorten(unit: Unit, uri: str, until: datetime) -> None:
    unit.run(update(attestation).where(attestation.c.uri == uri).values(valid_until=until))


@pytest.mark.parametrize(
    ("issuer", "outcome"),
    [
        (
            "chu",
            "issuer-not-listed",
        ),  # pinned here: what the group's instance says of its key is held against that
        ("society", "issuer-not-listed"),  # its own people are no exception
    ],
)
def test_a_groups_instance_cannot_give_another_key_to_who_is_pinned(
    net: Exchange, issuer: str, outcome: str
) -> None:
    """An attestation by a key that the group's document lists, and that is not the one pinned here."""
    scene = Scene(net)
    _, announce = scene.said()
    forged = PrivateKey.generate_ed25519().public.to_multibase()
    with NeverSeen(scene) as (where, document):
        origin = net[issuer].origin
        document["credential"]["id"] = "urn:uuid:0b3bff04-9f3c-4d4e-8b0e-6a0e1bd1a001"
        document["credential"]["issuer"] = f"https://{origin}/actor"
        document["object"]["actor"] = document["object"]["object"]["attributedTo"] = (
            f"https://{origin}/actors/somebody"
        )
        document["object"]["id"] = f"https://{origin}/activities/1"
        document["object"]["object"]["id"] = f"https://{origin}/objects/1"
        where.house.run(lists, scene.group.uri, Host(origin, forged, where.house.clock.now()))
        body = scene.signed(scene.society, scene.group, document)
        assert net.hand_over(scene.society, where, as_delivery(announce, body)) == outcome
        assert where.find(document["object"]["object"]["id"]) is None


def lists(unit: Unit, group_uri: Iri, host: Host) -> None:
    known = account_rows.find_by_uri(unit, group_uri)
    assert known is not None
    groups.change(unit, known.id, {"hosts": groups.hosts_value((host,))})


def test_another_group_cannot_distribute_it(net: Exchange) -> None:
    scene = Scene(net)
    _, announce = scene.said()
    other = scene.society.group("neuro")
    net.join(scene.clinic, scene.clinic.doctor("nina"), scene.society, other)
    with NeverSeen(scene) as (where, document):
        document["actor"] = other.uri
        body = scene.signed(scene.society, other, document)
        assert net.hand_over(scene.society, where, as_delivery(announce, body)) != "applied"
        assert where.find(document["object"]["object"]["id"]) is None


def test_the_groups_own_key_is_asked_for(net: Exchange) -> None:
    scene = Scene(net)
    _, announce = scene.said()
    stranger = scene.society.doctor("sam")
    with NeverSeen(scene) as (where, document):
        body = scene.signed(scene.society, stranger, document)
        assert net.hand_over(scene.society, where, as_delivery(announce, body)) == "proof-of-group"
