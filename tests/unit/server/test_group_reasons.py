"""Each reason for which a group turns a request or a post away is the one that the profile names, and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from federation.types import Iri, JsonObject
from federation.vocab import codec
from server.domain.groups import MembershipState, Reason
from server.domain.verification import AttestationState
from server.domain.viewers import Anonymous, Member
from server.services import groups
from server.services.groups import Request, joining, members
from server.services.posts import edit as editing
from server.services.posts.writing import Draft
from server.store import accounts, attestations, memberships
from server.store.session import Unit
from tests.support.exchange import Exchange, attest, open_exchange
from tests.unit.server.test_group_posts_forged import Scene, another, as_delivery, net

__all__ = ["net"]
Change = Callable[[Scene, JsonObject], None]


# -- posts -----------------------------------------------------------------------------------------------


def out(scene: Scene, _: JsonObject) -> None:
    far = scene.society.knows(scene.chu, scene.anna)
    scene.society.house.run(members.remove, "test", scene.group, far)


def revoked(scene: Scene, _: JsonObject) -> None:
    def revoke(unit: Unit) -> None:
        for one in memberships.of_group(unit, scene.group.id, [MembershipState.ACTIVE]):
            assert one.attestation_id is not None
            found = attestations.find(unit, one.attestation_id)
            assert found is not None
            attestations.change(unit, found, AttestationState.REVOKED)

    scene.society.house.run(revoke)


def picture_without_its_digest(_: Scene, document: JsonObject) -> None:
    url = f"https://chu.example/media/{'a' * 64}"
    document["object"]["attachment"] = [{"type": "Image", "mediaType": "image/png", "url": url}]


def change_of_another_version(_: Scene, document: JsonObject) -> None:
    document["type"], document["replaces"] = "Update", "f" * 64
    document["object"]["id"] = document["object"]["id"].removesuffix("-1")
    document["object"]["updated"] = "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (out, Reason.NOT_A_MEMBER),
        (revoked, Reason.CREDENTIAL_EXPIRED),
        (picture_without_its_digest, Reason.MEDIA),
        (change_of_another_version, Reason.SUPERSEDED),
    ],
)
def test_a_post_is_turned_away(net: Exchange, change: Change, reason: Reason) -> None:
    scene = Scene(net)
    create, _ = scene.said()
    scene.society.house.events()
    document = another(create, 1)
    change(scene, document)
    document["object"]["content"] = "<p>numbatword</p>"
    body = scene.signed(scene.chu, scene.anna, document)
    assert net.hand_over(scene.chu, scene.society, as_delivery(create, body)) != "applied"
    verdicts = [each["reason"] for kind, each in scene.society.house.events() if kind == "group.verdict"]
    assert verdicts == [reason.value]
    found = scene.society.find(document["object"]["id"])
    assert found is None or "numbatword" not in found.content


def test_nobody_changes_or_deletes_what_another_said(net: Exchange) -> None:
    scene = Scene(net)
    create, _ = scene.said()
    document = msgspec.json.decode(create.body)
    uri = document["object"]["id"]
    changed = {
        **document,
        "type": "Update",
        "id": "https://clinic.example/activities/u1",
        "actor": scene.bert.uri,
        "object": {**document["object"], "content": "<p>changed</p>", "updated": "2026-03-02T10:00:00Z"},
    }
    deleted = {**changed, "type": "Delete", "id": "https://clinic.example/activities/d1", "object": uri}
    for one in (changed, deleted):
        body = scene.signed(scene.clinic, scene.bert, one)
        assert net.hand_over(scene.clinic, scene.society, as_delivery(create, body)) != "applied"
        found = scene.society.find(uri)
        assert found is not None
        assert "changed" not in found.content


# -- requests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "change", "reason"),
    [
        ({"access": "secret"}, {}, Reason.NOT_INVITED),
        ({}, {"credential": None}, Reason.CREDENTIAL_MISSING),
        ({"minimum_level": 4}, {}, Reason.LEVEL),
        ({"professions": ["nurse"]}, {}, Reason.PROFESSION),
        ({"rules_version": 3}, {"rules_version": 2}, Reason.RULES_CHANGED),
        ({}, {"key": ""}, Reason.CREDENTIAL_INVALID),
        ({}, {"partner": False}, Reason.NOT_A_PARTNER),
    ],
)
def test_a_request_is_turned_away(
    tmp_path: Path, settings: dict[str, Any], change: dict[str, Any], reason: Reason
) -> None:
    with open_exchange(tmp_path, "chu", "society") as net:
        chu, society = net["chu"], net["society"]
        group = society.group(**settings)
        anna = chu.doctor("anna")
        net.join(chu, chu.doctor("carl"), society, group)  # their house knows the group
        there = chu.house.read(groups_known, group.uri)
        attested = chu.house.run(attest, anna, there, [society.origin], {})
        request = Request(
            uri=Iri("https://chu.example/activities/j1"),
            member=society.knows(chu, anna),
            group=group,
            asked_at=society.house.clock.now(),
            rules_version=settings.get("rules_version", 1),
            credential=codec.parse(attested.document),
            partner=True,
            key=chu.key_of(anna).to_multibase(),
            pinned=chu.key().to_multibase(),
        )
        society.house.run(joining.receive_join, replace(request, **change))
        answers = [each for kind, each in society.house.events() if kind == "group.answered"]
        assert [(one["answer"], one["reason"]) for one in answers] == [("reject", reason.value)]
        stands = society.house.read(memberships.find, group.id, request.member.id)
        assert stands is None or stands.state is MembershipState.REJECTED


def groups_known(unit: Unit, uri: Iri) -> Any:
    return accounts.find_by_uri(unit, uri)


# -- what a post said before, and who moderates -----------------------------------------------------


def test_what_a_post_said_before_is_for_its_author_and_the_moderators(net: Exchange) -> None:
    scene = Scene(net)
    society = scene.society
    mona, cleo = society.doctor("mona"), society.doctor("cleo")
    net.join(society, mona, society, scene.group, role="moderator")
    net.join(society, cleo, society, scene.group)
    post = society.say(cleo, "@cardio A name")
    net.settle()
    society.house.run(editing.edit, cleo, post.id, Draft(text="@cardio No name"))
    otto = society.doctor("otto")
    net.join(society, otto, society, scene.group)
    after = society.find(post.uri)
    assert after is not None
    for who, versions in ((cleo, 2), (mona, 2), (otto, 1)):
        assert len(society.house.read(editing.history, Member(who.id), after)) == versions, who.username
    for viewer in (Anonymous(), Member(society.doctor("olga").id)):
        with pytest.raises(Exception, match="not found"):
            society.house.read(editing.history, viewer, after)


def test_a_group_with_one_moderator_is_warned_about(net: Exchange) -> None:
    society, group = net["society"], net["society"].group()
    for number, name in enumerate(("mona", "moritz")):
        assert society.house.read(groups.few_moderators, group) is True, number
        net.join(society, society.doctor(name), society, group, role="moderator")
    assert society.house.read(groups.few_moderators, group) is False
