"""At the edges of a members-only group: who has left it, whose name no text can spell, who asks about it without being in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from federation.errors import Malformed
from federation.types import Iri, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.profile import PROFILE
from server.activitypub.egress import plan as planning
from server.activitypub.egress import release
from server.activitypub.handlers import relations
from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.ingress import pull
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.boundary import ContentClass
from server.domain.posts import Standing, Visibility
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.services import instances, reports, waiting
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts import receive_confined
from server.services.posts.confined import Place
from server.services.posts.publish import publish
from server.services.posts.receive import Edited, receive_edit
from server.services.posts.writing import Draft
from server.store import memberships, work
from server.store import posts as post_rows
from server.store.session import Unit
from tests.support.groups import a_group, a_member
from tests.support.house import House
from tests.support.partners import as_partner


def test_who_is_out_of_the_group_says_nothing_more_in_it(house: House) -> None:
    """Other words for what one said would still be read there; taking it back stays possible."""
    anna, group = house.local("anna"), a_group(house)
    a_member(house, group, anna)
    post = house.post(anna, "@cardio An ECG")
    house.run(_ends, group, anna)
    with pytest.raises(Invalid, match="not a member"):
        house.run(editing.edit, anna, post.id, Draft(text="@cardio Nonsense"))
    house.run(deleting.delete, anna, post.id)
    assert house.read(post_rows.find, post.id) is None


def _ends(unit: Unit, group: Account, member: Account) -> None:
    found = memberships.find(unit, group.id, member.id)
    assert found is not None
    memberships.change(unit, found.id, {"state": "removed"})


def test_what_was_written_for_the_group_goes_to_it_or_nowhere(house: House) -> None:
    """Where the name of a group is none that a text can spell, its page does not publish to followers instead."""
    anna, group = house.local("anna"), a_group(house, "cardiologie-é", domain="elsewhere.example")
    a_member(house, group, anna)
    words = Draft(text=f"@{group.acct} An ECG", visibility=Visibility.FOLLOWERS, confined_to=group.id)
    with pytest.raises(Invalid, match="could not be addressed"):
        house.run(publish, anna, words)


@pytest.mark.parametrize("access", ["closed", "secret"])
def test_how_many_are_in_it_is_told_to_no_other_instance(house: House, access: str) -> None:
    house.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED, "")
    group, anna = a_group(house, access=access), house.local("anna")
    a_member(house, group, anna)
    for name in ("followers", "following", "outbox"):
        assert b"totalItems" in house.read(
            release.collection, Origin("there.example"), str(anna.public_id), name, None
        )
        for page in (None, 0):
            with pytest.raises(NotFound):
                house.read(release.collection, Origin("there.example"), str(group.public_id), name, page)


def _flag(unit: Unit, by: Account, *objects: str) -> Applied:
    document: dict[str, Any] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{by.uri}/flags/{unit.new_id()}",
        "type": "Flag",
        "actor": by.uri,
        "object": list(objects),
        "content": "look at this",
    }
    activity = codec.decode(document)
    assert isinstance(activity, Activity)
    arrived = Arrived(activity, by, Origin(by.domain), unit.now, {}, {}, b"", document, False, None, None)
    return relations.flag(unit, arrived)


def test_a_report_from_elsewhere_names_what_its_instance_may_see(house: House) -> None:
    """Nobody brings a post of a group before moderators who are not in it, or learns that it is there, by its address."""
    anna, group = house.local("anna"), a_group(house)
    a_member(house, group, anna)
    confined, public = house.post(anna, "@cardio An ECG"), house.post(anna, "Bonjour")
    mallory = house.remote("mallory")
    assert house.run(_flag, mallory, confined.uri) is Applied.NOT_OURS
    assert house.run(_flag, mallory, anna.uri, confined.uri, public.uri) is Applied.APPLIED
    [report] = house.read(reports.unresolved)
    assert report.post_ids == (public.id,)
    assert Iri(report.uri).startswith(mallory.uri)


def test_a_partners_report_names_the_posts_of_a_group_that_its_members_read(house: House) -> None:
    """Reports are forwarded in the plain signature: the pin says what its people read, not the profile."""
    anna, group = house.local("anna"), a_group(house)
    house.run(as_partner, Origin("there.example"))
    reader = house.remote("reader", domain="there.example")
    for one in (anna, reader):
        a_member(house, group, one)
    confined = house.post(anna, "@cardio An ECG")
    assert house.run(_flag, reader, confined.uri) is Applied.APPLIED
    [report] = house.read(reports.unresolved)
    assert report.post_ids == (confined.id,)


@pytest.mark.parametrize("foreign", [False, True])
def test_the_stream_of_a_group_names_nothing_of_another_instance(house: House, foreign: bool) -> None:
    """What is stored under an id keeps away what its own instance says under it, a deletion perhaps."""
    group = a_group(house, domain="society.example")
    named = "https://chu.example/activities/1" if foreign else "https://society.example/activities/1"
    item = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": named,
        "type": "Delete",
        "actor": group.uri,
        "object": "https://society.example/objects/1",
    }
    page = {
        "profile": PROFILE,
        "partOf": f"{group.uri}/stream",
        "epoch": 1,
        "reached": 1,
        "last": 1,
        "positions": [1],
        "orderedItems": [item],
    }
    body = msgspec.json.encode(page)
    if foreign:
        with pytest.raises(Malformed):
            pull.read(body, group)
    else:
        assert [one.id for _, _, one in pull.read(body, group).items] == [named]


def test_what_everybody_reads_does_not_name_a_members_only_group_afterwards(house: House) -> None:
    anna, group = house.local("anna"), a_group(house, "oncology", access="secret")
    a_member(house, group, anna)
    post = house.post(anna, "Bonjour", visibility=Visibility.PUBLIC)
    with pytest.raises(Invalid, match="stays as it is"):
        house.run(editing.edit, anna, post.id, Draft(text="@oncology an ECG"))
    assert house.read(post_rows.find, post.id) == post


def test_what_comes_from_elsewhere_does_not_show_a_members_only_group_to_others(house: House) -> None:
    """Its id may be known there; who reads a public post here is not told what stands behind it."""
    secret, bert = a_group(house, "oncology", access="secret"), house.local("bert")
    anna = house.remote("anna")
    post = house.arrive(anna, mentions=(secret.uri, bert.uri))
    assert {one.account_id for one in house.read(post_rows.mentions, [post.id])} == {bert.id}
    newer = house.incoming(
        anna, uri=post.uri, mentions=(secret.uri, bert.uri), updated_at=house.clock.now() + timedelta(hours=1)
    )
    assert house.run(receive_edit, anna, newer) is Edited.EDITED
    assert {one.account_id for one in house.read(post_rows.mentions, [post.id])} == {bert.id}


def test_a_report_about_a_post_of_a_group_is_forwarded_to_partners_alone(house: House) -> None:
    """Its words may be about a patient; the post's own instance may be a partner no more."""
    there = Origin("there.example")
    house.run(instances.set_trust, "test", there, Trust.ALLOWED, "")
    anna, mallory, group = house.local("anna"), house.remote("mallory"), a_group(house)
    for one in (anna, mallory):
        a_member(house, group, one)
    public = house.arrive(mallory)
    place = Place(group, ContentClass.CASE, Standing.PUBLISHED)
    confined, _ = house.run(receive_confined.receive, mallory, house.incoming(mallory), place)
    assert confined is not None
    for post, leaves in ((public, True), (confined, False)):
        house.run(
            reports.make, anna, mallory, post_ids=[post.id], comment="the patient of room 4", forward=True
        )
        event = next(one for one in house.read(waiting.due_events, 100) if one.kind is EventKind.REPORTED)
        house.run(planning.plan, event)
        house.run(waiting.settle_event, event, "planned")
        sent = [
            one.body for one in house.run(work.due_deliveries, 100, frozenset()) if one.destination == there
        ]
        assert any(post.uri.encode() in body for body in sent) is leaves
