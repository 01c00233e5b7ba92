"""Authors of institutions that a reader's instance does not know: heard where the group lets them be, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from federation.keys import PrivateKey
from server.domain.accounts import Account
from server.domain.posts import Post, Standing
from server.domain.trust import Trust
from server.services import instances, streams
from server.services.posts import delete as deleting
from server.store import accounts, groups
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.partners import as_partner


@dataclass
class Story:
    """Anna of the hospital and Bert of the clinic are in the society's group; hospital and clinic know nothing of each other."""

    net: Exchange
    group: Account
    anna: Account
    bert: Account

    def __post_init__(self) -> None:
        self.chu, self.clinic, self.society = (self.net[name] for name in ("chu", "clinic", "society"))

    def lets_write(self, introduced: bool) -> None:
        """As the group's document says everywhere."""
        for one in self.net.instances.values():
            known = one.house.read(accounts.find_by_uri, self.group.uri)
            assert known is not None
            one.house.run(groups.change, known.id, {"introduced": introduced})

    def said(self) -> Post:
        post = self.chu.say(self.anna, "@cardio@society.example An ECG")
        self.net.settle()
        return post


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "clinic", "society", partners=False) as net:
        society = net["society"]
        for name in ("chu", "clinic"):
            society.house.run(as_partner, net[name].origin, net[name].key())
            net[name].house.run(as_partner, society.origin, society.key())
        group = society.group()
        anna, bert = net["chu"].doctor("anna"), net["clinic"].doctor("bert")
        net.join(net["chu"], anna, society, group)
        net.join(net["clinic"], bert, society, group)
        net.settle()
        net.carried.clear()
        yield Story(net, group, anna, bert)


def between(story: Story, one: Instance, other: Instance) -> bool:
    both = {one.origin, other.origin}
    return any({sender, delivery.destination} == both for sender, delivery in story.net.carried)


def test_who_is_introduced_is_read_and_answered_by_the_group_alone(story: Story) -> None:
    said = story.said()
    there = story.clinic.find(said.uri)
    assert there is not None
    answer = story.clinic.say(story.bert, "An answer", in_reply_to_id=there.id)
    story.net.settle()
    assert story.chu.find(answer.uri) is not None
    story.chu.house.run(deleting.delete, story.anna, said.id)
    story.net.settle()
    assert story.clinic.find(said.uri) is None
    assert not between(story, story.chu, story.clinic)


def test_a_group_may_let_nobody_write_whom_the_reader_does_not_know(story: Story) -> None:
    before = story.said()
    story.lets_write(introduced=False)
    said = story.said()
    assert story.clinic.find(said.uri) is None
    assert story.clinic.outcomes[-1] == ("Announce", "denied")
    at_the_group = story.society.find(said.uri)
    assert at_the_group is not None and at_the_group.standing is Standing.PUBLISHED, (
        "its own instance knows them"
    )
    story.chu.house.run(deleting.delete, story.anna, before.id)
    story.net.settle()
    assert story.clinic.find(before.uri) is None, "what is taken back is taken back in any case"


def test_what_the_group_kept_away_is_read_when_it_lets_them_write(story: Story) -> None:
    story.lets_write(introduced=False)
    said = story.said()
    story.lets_write(introduced=True)
    there = story.clinic.house.read(accounts.find_by_uri, story.group.uri)
    assert there is not None
    story.clinic.house.run(streams.behind, there.id)  # as with every document that the group announces anew
    story.net.pull(story.clinic, there, story.society)
    assert story.clinic.find(said.uri) is not None


def test_another_pin_than_the_groups_and_an_end_of_trust_keep_them_away(story: Story) -> None:
    story.clinic.house.run(as_partner, story.chu.origin, PrivateKey.generate_ed25519().public)
    said = story.said()
    assert story.clinic.find(said.uri) is None
    assert story.clinic.outcomes[-1] == ("Announce", "issuer-not-listed")
    story.clinic.house.run(instances.set_trust, "test", story.chu.origin, Trust.BLOCKED)
    said = story.said()
    assert story.clinic.find(said.uri) is None
    assert story.clinic.outcomes[-1] == ("Announce", "denied")
