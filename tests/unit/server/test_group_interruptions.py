"""What interrupts a group between institutions, and what makes it whole again: doubt about the roster, a partner whose probe fails; and
what cannot change at all once something was said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from federation.types import Origin
from server.activitypub.egress import group_documents, stream
from server.activitypub.ingress import pull
from server.core.errors import Conflict, NotFound
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.pages import Page
from server.domain.policies import Link, OwnRules
from server.domain.posts import Post
from server.domain.trust import PROBE_PATIENCE, ProbeLine, Trust
from server.domain.verification import AttestationState
from server.domain.viewers import Member, Peer
from server.services import conversations, groups, holds, instances, policies, streams
from server.services import partners as partner_service
from server.services.groups import founding, hearing, leave
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store import attestations, memberships, partners
from server.store.session import Unit
from server.store.tables.posts import post
from tests.support.exchange import Exchange, Instance, open_exchange


@dataclass
class Story:
    """Anna of the hospital and Cleo of the society are in a group that lives on the society's."""

    net: Exchange
    group: Account
    there: Account
    anna: Account
    cleo: Account

    @property
    def chu(self) -> Instance:
        return self.net["chu"]

    @property
    def society(self) -> Instance:
        return self.net["society"]

    def said(self, text: str) -> Post:
        post = self.society.say(self.cleo, f"@cardio {text}")
        self.net.settle()
        return post


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with open_exchange(tmp_path_factory.mktemp("interruptions"), "chu", "society") as net:
        group = net["society"].group()
        anna, cleo = net["chu"].doctor("anna"), net["society"].doctor("cleo")
        there, _ = net.join(net["chu"], anna, net["society"], group)
        net.join(net["society"], cleo, net["society"], group)
        yield Story(net, group, there, anna, cleo)


@pytest.fixture
def story(opened: Story) -> Story:
    opened.net.settle()
    opened.net.carried.clear()
    return opened


def test_a_group_whose_roster_is_in_doubt_is_hidden_until_it_is_settled(story: Story) -> None:
    at = story.chu.house
    said = story.chu.find(story.said("Before the doubt").uri)
    assert said is not None
    at.run(hearing.compare, story.there, 99 << 32, "f" * 64)
    assert not at.run(hearing.slice_failed, story.there)
    assert at.read(visible.visible_post, Member(story.anna.id), said.id) == said
    at.clock.advance(timedelta(minutes=16))
    assert at.run(hearing.slice_failed, story.there)
    with pytest.raises(NotFound):
        at.read(visible.visible_post, Member(story.anna.id), said.id)
    at.run(hearing.reconciled, story.there)
    assert at.read(visible.visible_post, Member(story.anna.id), said.id) == said


def test_a_partner_whose_probe_fails_gets_nothing_more_until_it_passes(story: Story) -> None:
    root = story.said("While all was well")
    assert story.chu.find(root.uri) is not None
    since = story.society.house.clock.now() - PROBE_PATIENCE
    probe_of(story, since)
    kept = story.said("heron-word")
    assert story.chu.find(kept.uri) is None
    assert not any(b"heron-word" in one.body for _, one in story.net.carried)
    began = story.society.house.clock.now()
    story.society.house.run(partner_service.probed, story.chu.origin, [ProbeLine("card", True, "")], began)
    story.net.settle()
    assert reads(story) == [kept.uri]
    last = story.said("Afterwards")
    assert story.chu.find(last.uri) is not None


@pytest.mark.parametrize("pausing", ["society", "chu"])
def test_what_was_said_during_a_pause_arrives_after_it(story: Story, pausing: str) -> None:
    """It had no number, so nothing that follows shows a gap."""
    net = story.net
    other = {"society": "chu", "chu": "society"}[pausing]
    net[pausing].house.run(instances.set_trust, "command", net[other].origin, Trust.SUSPENDED)
    net.settle()
    kept = story.said("Meanwhile")
    assert story.chu.find(kept.uri) is None
    net[pausing].house.run(instances.resume, "command", net[other].origin)
    net.settle()
    reads(story)
    assert story.chu.find(kept.uri) is not None


# -- the border between two institutions ----------------------------------------------------------------


def standing_of(at: Instance, group: Account, member: Account) -> tuple[str, str]:
    found = at.house.read(memberships.find, group.id, at.house.read(account_rows.find_by_uri, member.uri).id)
    return found.state.value, found.reason.value


def looked_at(at: Instance) -> None:
    """As it is done every minute."""
    at.house.run(groups.look_at_borders)


ACTIVE, INTERRUPTED = ("active", ""), ("suspended", "not-a-partner")


def both(story: Story) -> list[tuple[str, str]]:
    """Anna's membership at the group's instance, and at her own."""
    return [
        standing_of(story.society, story.group, story.anna),
        standing_of(story.chu, story.there, story.anna),
    ]


def test_no_partner_at_present_interrupts_what_crosses_and_nothing_else(story: Story) -> None:
    """At the group's: the other institution's members; whatever made it so, and until it is over."""
    at = story.society
    for demoted, restored in (
        ({"probe_failing_since": at.house.clock.now() - PROBE_PATIENCE}, {"probe_failing_since": None}),
        ({"mismatch_at": at.house.clock.now()}, {"mismatch_at": None}),
        ({"confirmed_at": None}, {"confirmed_at": at.house.clock.now()}),
    ):
        at.house.run(partners.change, story.chu.origin, demoted)
        looked_at(at)
        story.net.settle()
        assert both(story) == [INTERRUPTED, ACTIVE], "nothing is said to who is no partner"
        assert standing_of(at, story.group, story.cleo) == ACTIVE
        shown = {one.host: one.interrupted for one in at.house.read(groups.who_can_read, story.group)}
        assert shown == {at.origin: False, story.chu.origin: True}
        kept = story.said("While the other is no partner")
        assert story.chu.find(kept.uri) is None
        at.house.run(partners.change, story.chu.origin, restored)
        looked_at(at)
        story.net.settle()
        assert both(story) == [ACTIVE, ACTIVE]
        story.net.pull(story.chu, story.there, at)
        assert story.chu.find(kept.uri) is not None, "what was missed is read, without anybody asking"


def test_a_pause_interrupts_at_home_with_words_and_a_resume_restores(story: Story) -> None:
    at = story.chu
    post = at.find(story.said("Before the pause").uri)
    assert post is not None
    at.house.run(instances.set_trust, "test", story.society.origin, Trust.SUSPENDED)
    at.house.run(groups.trust_changed, story.society.origin)
    assert both(story) == [ACTIVE, INTERRUPTED]
    with pytest.raises(NotFound):
        at.house.read(visible.visible_post, Member(story.anna.id), post.id)
    story.net.settle()
    assert "is interrupted: your institution is no partner" in told(story)
    kept = story.said("While it was paused there")
    assert at.find(kept.uri) is None
    at.house.run(instances.resume, "test", story.society.origin)
    at.house.run(groups.trust_changed, story.society.origin)
    assert both(story) == [ACTIVE, ACTIVE]
    story.net.settle()
    assert at.house.read(visible.visible_post, Member(story.anna.id), post.id) == post
    story.net.pull(at, story.there, story.society)
    assert at.find(kept.uri) is not None


def becomes(at: Instance, attestation_id: int, state: AttestationState) -> None:
    """As when its issuer's lists say so."""

    def change(unit: Unit) -> None:
        found = attestations.find(unit, attestation_id)
        assert found is not None
        assert attestations.change(unit, found, state)
        groups.attestation_changed(unit, attestation_id)

    at.house.run(change)


def told(story: Story) -> str:
    """What was written to Anna of the group."""
    found = story.chu.house.read(conversations.page, story.anna.id, Page(20))
    return " ".join(post.content for _, post in found if post is not None)


def test_what_has_ceased_to_hold_meanwhile_keeps_it_interrupted(story: Story) -> None:
    at = story.society
    found = at.house.read(memberships.find, story.group.id, at.knows(story.chu, story.anna).id)
    assert found is not None
    assert found.attestation_id is not None
    probe_of(story, at.house.clock.now() - PROBE_PATIENCE)
    looked_at(at)
    becomes(at, found.attestation_id, AttestationState.SUSPENDED)
    assert both(story)[0] == INTERRUPTED
    probe_of(story, None)
    looked_at(at)
    assert both(story)[0] == ("suspended", "issuer-silent")
    probe_of(story, at.house.clock.now() - PROBE_PATIENCE)
    becomes(at, found.attestation_id, AttestationState.VALID)
    assert both(story)[0] == INTERRUPTED, "it holds again, and the other is no partner"
    probe_of(story, None)
    looked_at(at)
    assert both(story)[0] == ACTIVE
    story.net.settle()


# -- what is asked for all the same, and what never changes -----------------------------------------------
@pytest.mark.parametrize("why", ["probe", "limited", "rule"])
def test_what_an_instance_refused_for_a_while_reaches_it_when_it_would_take_it(
    story: Story, why: str
) -> None:
    """Pushed, and denied here: the stream shows no gap for it."""
    at, origin = story.chu.house, story.society.origin
    story.said("Before")
    reads(story)
    refuse(story, why)
    kept = story.said("Meanwhile")
    answer = story.society.say(story.cleo, "@cardio And more", in_reply_to_id=kept.id)
    assert story.chu.find(kept.uri) is None
    position = at.read(streams.position, story.there)
    assert position is not None and position.missed is not None
    story.net.settle()
    take_again(story, why)
    story.net.settle()
    assert reads(story) == sorted([kept.uri, answer.uri])
    after = at.read(streams.position, story.there)
    assert after is not None and (after.missed, after.behind) == (None, False)
    assert story.chu.find(story.said("Afterwards").uri) is not None
    at.run(streams.behind, story.there.id)
    assert reads(story) == []
    at.run(instances.set_trust, "test", origin, Trust.ALLOWED)


def test_what_is_asked_for_while_a_page_is_on_its_way_is_read_after_it(story: Story) -> None:
    """The page was made before: it does not have what came since, be it stored or lost on its way."""
    at, society = story.chu.house, story.society.house
    reads(story)
    at.run(streams.behind, story.there.id)
    (wanted,) = at.read(streams.due)
    public_id = story.there.uri.rsplit("/", 1)[1]
    page = society.run(stream.page, Peer(story.chu.origin, profiled=True), public_id, wanted.after)
    story.society.say(story.cleo, "@cardio Meanwhile")
    at.clock.advance(timedelta(seconds=1))
    at.run(streams.behind, story.there.id)
    at.run(streams.pull_failed, wanted)
    assert at.read(streams.due), "a page that did not come puts off no more than what it was asked for"
    assert not at.run(pull.store, wanted, pull.read(page, story.there)), "of that page there is no more"
    assert at.read(streams.due)
    at.run(streams.pulled, at.read(streams.rest, story.there), 1, wanted.after, wanted.after)
    assert not at.read(streams.due)


def test_what_a_person_refused_is_not_asked_for_again(story: Story) -> None:
    at = story.chu.house
    story.said("Before")
    reads(story)
    held = Link("house.held", "template.peer-sends-held", story.society.origin)
    at.run(policies.propose, "user:1", OwnRules(links=(held,)))
    kept = story.said("Meanwhile")
    for one in at.read(holds.waiting):
        at.run(holds.refuse, "user:1", one.id, "not ours")
    story.net._apply(story.chu)
    assert story.chu.outcomes[-1] == ("Announce", "denied")
    take_again(story, "rule")
    reads(story)
    assert story.chu.find(kept.uri) is None


def test_a_stream_is_read_once_a_day_though_nothing_tells_of_a_gap(story: Story) -> None:
    """A rule stood against it for a while: no event tells when it is gone."""
    story.said("Before")
    reads(story)
    probe_of(story, story.society.house.clock.now() - PROBE_PATIENCE)
    kept = story.said("Meanwhile")
    probe_of(story, None)
    assert reads(story) == []
    story.chu.house.clock.advance(timedelta(days=1, minutes=1))
    assert reads(story) == [kept.uri]
    story.chu.house.run(leave, story.anna, story.there)
    story.chu.house.clock.advance(timedelta(days=1, minutes=1))
    assert story.chu.house.read(streams.due) == []


def reads(story: Story) -> list[str]:
    """What the hospital finds in the stream, where it is due."""
    before = set(story.chu.house.read(uris))
    story.net.pull(story.chu, story.there, story.society)
    return sorted(set(story.chu.house.read(uris)) - before)


def uris(unit: Unit) -> list[str]:
    """Of posts, not of the boosts by which the group shows them."""
    return [row.uri for row in unit.all(select(post.c.uri).where(post.c.boost_of_id.is_(None)))]


def refuse(story: Story, why: str) -> None:
    """The hospital takes nothing more of the group."""
    at, origin = story.chu.house, story.society.origin
    if why == "probe":
        at.run(partners.change, origin, {"probe_failing_since": at.clock.now() - PROBE_PATIENCE})
    elif why == "limited":
        at.run(instances.set_trust, "test", origin, Trust.LIMITED)
    else:
        stays = Link("house.stays", "template.group-stays", group=story.group.uri)
        at.run(policies.propose, "user:1", OwnRules(links=(stays,)))


def take_again(story: Story, why: str) -> None:
    at, origin = story.chu.house, story.society.origin
    if why == "probe":
        at.run(partner_service.probed, origin, [ProbeLine("card", True, "")], at.clock.now())
    elif why == "limited":
        at.run(instances.set_trust, "test", origin, Trust.ALLOWED)
    else:
        made = at.run(policies.propose, "user:1", OwnRules())
        at.run(policies.approve, "user:2", made.id)


def probe_of(story: Story, failing_since: Any) -> None:
    values = {"probe_failing_since": failing_since}
    story.society.house.run(partners.change, story.chu.origin, values)


def test_who_may_read_a_group_never_changes_once_something_was_said(story: Story) -> None:
    at = story.society.house
    story.said("Said in confidence")
    for access in (GroupAccess.OPEN, GroupAccess.SECRET):
        with pytest.raises(Conflict):
            at.run(founding.change, "test", story.group, founding.Settings(access=access))
    assert json.loads(at.run(document, story, story.group, profiled=True))["group"]


def test_each_tier_gets_its_own_document(story: Story) -> None:
    """A partner the whole, who is merely connected a stub; of a secret group neither, where nobody of theirs is in it."""
    at = story.society.house
    group = at.run(
        founding.create,
        "test",
        "valves",
        founding.Settings(access=GroupAccess.CLOSED, title="Valves", about="For surgeons"),
    )
    assert "For surgeons" in at.run(document, story, group, profiled=True).decode()
    at.run(instances.set_trust, "test", "connected.example", Trust.ALLOWED)
    stub = at.run(document, story, group, to="connected.example")
    assert "For surgeons" not in stub.decode()
    assert set(json.loads(stub)) & {"group", "attributedTo", "affiliations", "stream"} == set()
    at.run(founding.change, "test", group, founding.Settings(access=GroupAccess.SECRET))
    for to in (story.chu.origin, "connected.example"):
        with pytest.raises(NotFound):
            at.run(document, story, group, to=to)


def document(unit: Unit, story: Story, group: Account, *, to: str = "", profiled: bool = False) -> bytes:
    peer = Peer(Origin(to) if to else story.chu.origin, profiled=profiled)
    return group_documents.document(unit, peer, group)
