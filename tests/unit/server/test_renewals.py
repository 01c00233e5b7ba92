"""A member asks anew, and the request has a flaw: it is refused, and the membership that stands goes on at both ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.pages import Page
from server.domain.verification import AttestationState
from server.services import conversations, groups
from server.services.groups import Settings, joining
from server.services.posts import visible
from server.store import attestations, memberships
from server.store import groups as group_rows
from tests.support.exchange import Exchange, open_exchange


@dataclass
class Story:
    """Anna of the hospital is in the society's group, and has said something there."""

    net: Exchange
    group: Account
    anna: Account
    there: Account
    far: Account

    def states(self) -> list[MembershipState | None]:
        return [None if one is None else one.state for one in (self.at_home(), self.at_group())]

    def at_home(self) -> Membership | None:
        return self.net["chu"].house.read(memberships.find, self.there.id, self.anna.id)

    def at_group(self) -> Membership | None:
        return self.net["society"].house.read(memberships.find, self.group.id, self.far.id)

    def asks(self) -> None:
        chu = self.net["chu"]
        known = chu.house.read(group_rows.find, self.there.id)
        assert known is not None
        chu.house.run(joining.ask, self.anna, self.there, known.rules_version)

    def told(self) -> str:
        """The last message to Anna."""
        house = self.net["chu"].house
        ((talk, _),) = house.read(conversations.page, self.anna.id, Page(limit=20))
        post = None if talk.last_post_id is None else house.read(visible.find, talk.last_post_id)
        assert post is not None
        return post.content

    def still_writes(self) -> None:
        said = self.net["chu"].say(self.anna, "@cardio@society.example Good morning")
        self.net.settle()
        assert self.net["society"].find(said.uri) is not None

    def refusals(self) -> list[tuple[str, str]]:
        sent = [msgspec.json.decode(one.body) for _, one in self.net.carried]
        return [
            (one["object"], one["result"]["reason"])
            for one in sent
            if one["type"] == "Reject" and "result" in one
        ]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "society") as net:
        group = net["society"].group()
        anna = net["chu"].doctor("anna")
        there, far = net.join(net["chu"], anna, net["society"], group)
        for one in net.instances.values():
            one.house.clock.advance(timedelta(hours=1))
        yield Story(net, group, anna, there, far)


def test_rules_that_changed_a_moment_ago(story: Story) -> None:
    society = story.net["society"]
    society.house.run(groups.change, "command", story.group, Settings(rules="Be kind"))
    story.asks()
    story.net.settle()
    assert story.states() == [MembershipState.ACTIVE, MembershipState.ACTIVE]
    ((_, reason),) = story.refusals()
    assert reason == Reason.RULES_CHANGED.value
    asked = story.at_home()
    assert asked is not None and asked.ask_again_at is None
    assert "rules of Cardio have changed" in story.told()
    story.still_writes()


def test_a_credential_that_cannot_be_believed(story: Story) -> None:
    society = story.net["society"]
    society.house.run(groups.change, "command", story.group, Settings(professions=("nurse",)))
    story.asks()
    story.net.settle()
    assert story.states() == [MembershipState.ACTIVE, MembershipState.ACTIVE]
    ((_, reason),) = story.refusals()
    assert reason == Reason.PROFESSION.value
    assert "does not admit your profession" in story.told()
    story.still_writes()


def test_what_ends_access_ends_it_after_a_refused_renewal_too(story: Story) -> None:
    society = story.net["society"]
    society.house.run(groups.change, "command", story.group, Settings(rules="Be kind"))
    story.asks()
    story.net.settle()
    before = story.at_group()
    assert before is not None and before.attestation_id is not None

    society.house.run(groups.remove, "command", story.group, story.far, Reason.MODERATOR)
    story.net.settle()
    assert story.states() == [MembershipState.REMOVED, MembershipState.REMOVED]


def test_accepting_the_rules_renews_it(story: Story) -> None:
    society, chu = story.net["society"], story.net["chu"]
    society.house.run(groups.change, "command", story.group, Settings(rules="Be kind"))
    story.asks()
    story.net.settle()
    for one in story.net.instances.values():
        one.house.clock.advance(timedelta(minutes=5))
    record = society.house.read(group_rows.find, story.group.id)
    assert record is not None
    chu.house.run(group_rows.change, story.there.id, {"rules_version": record.rules_version})
    chu.house.run(groups.accept_rules, story.anna, story.there, record.rules_version)
    story.net.settle()
    after = story.at_group()
    assert after is not None
    assert (after.state, after.rules_version) == (MembershipState.ACTIVE, record.rules_version)
    assert after.attestation_id is not None
    held = society.house.read(attestations.find, after.attestation_id)
    assert held is not None and held.state is AttestationState.VALID
