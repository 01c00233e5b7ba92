"""A member invites: the group is asked, and tells the invited one, who may live at a third institution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.groups import MembershipState
from server.domain.pages import Page
from server.services import conversations
from server.services.groups import confirm_join, find_for, invite
from server.store import accounts, groups, memberships
from tests.support.exchange import Exchange, Instance, open_exchange


@dataclass
class Story:
    """Anna of the hospital is in a secret group on the society's; Bert of the clinic has never heard of it."""

    net: Exchange
    group: Account
    anna: Account
    bert: Account

    def state(self, at: Instance, member: Account) -> MembershipState | None:
        group = at.house.read(accounts.find_by_uri, self.group.uri)
        person = at.house.read(accounts.find_by_uri, member.uri)
        found = None if not (group and person) else at.house.read(memberships.find, group.id, person.id)
        return None if found is None else found.state


@pytest.fixture(params=["secret", "closed"])
def story(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        group = net["society"].group(access=request.param, admission="moderated")
        anna, bert = net["chu"].doctor("anna"), net["clinic"].doctor("bert")
        net.join(net["chu"], anna, net["society"], group)
        net.settle()
        net.carried.clear()
        yield Story(net, group, anna, bert)


def invites(story: Story) -> None:
    chu, clinic = story.net["chu"], story.net["clinic"]
    there = chu.house.read(accounts.find_by_uri, story.group.uri)
    assert there is not None
    invitee = chu.knows(clinic, story.bert)
    story.net["society"].knows(clinic, story.bert)
    story.net.tell_of(
        clinic, story.net["society"], story.group
    )  # as the invited one's instance fetches the document
    assert chu.house.run(invite, story.anna, there, invitee) is None
    story.net.settle()


def test_an_invitation_goes_from_member_to_group_to_invitee(story: Story) -> None:
    net, clinic = story.net, story.net["clinic"]
    invites(story)
    steps = [(sender, one.destination) for sender, one in net.carried if b'"Invite"' in one.body]
    assert steps == [("chu.example", "society.example"), ("society.example", "clinic.example")]
    assert story.state(net["society"], story.bert) is MembershipState.INVITED
    assert story.state(clinic, story.bert) is MembershipState.INVITED
    assert len(clinic.house.read(conversations.page, story.bert.id, Page(20))) == 1, "a message says so"
    known = clinic.house.read(accounts.find_by_uri, story.group.uri)
    assert known is not None
    seen = clinic.house.read(find_for, story.bert, known)
    clinic.house.run(confirm_join, story.bert, known, seen.group.rules_version)
    net.settle()
    assert story.state(net["society"], story.bert) is MembershipState.REQUESTED, "its moderators decide"


def test_whom_a_moderator_invites_is_in(story: Story) -> None:
    net, society = story.net, story.net["society"]
    far = society.house.read(accounts.find_by_uri, story.anna.uri)
    assert far is not None
    standing = society.house.read(memberships.find, story.group.id, far.id)
    assert standing is not None
    society.house.run(memberships.change, standing.id, {"role": "moderator"})
    invites(story)
    known = net["clinic"].house.read(accounts.find_by_uri, story.group.uri)
    assert known is not None
    record = net["clinic"].house.read(groups.find, known.id)
    assert record is not None
    net["clinic"].house.run(confirm_join, story.bert, known, record.rules_version)
    net.settle()
    assert story.state(society, story.bert) is MembershipState.ACTIVE, "nobody has to decide any more"


def test_who_is_no_member_invites_nobody_and_no_stranger_is_told(story: Story) -> None:
    society = story.net["society"]
    cleo = society.doctor("cleo")
    far = society.knows(story.net["clinic"], story.bert)
    with pytest.raises(NotFound):
        society.house.run(invite, cleo, story.group, far)
    story.net.join(society, cleo, society, story.group)
    outsider = society.house.remote("zoe", "elsewhere.example")
    with pytest.raises(Invalid):
        society.house.run(invite, cleo, story.group, outsider)
    assert story.state(society, story.bert) is None
