"""What identifies a patient is hidden by any member, everywhere; a moderator shows it again or has it purged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federation.types import Origin
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import MembershipState
from server.domain.ledger import PurgeReason, PurgeState
from server.domain.pages import Page
from server.domain.posts import Post, Standing
from server.domain.reads import Depth, Read
from server.domain.viewers import Member
from server.domain.work import Delivery
from server.services import incident_records, incidents, purges, reads, timelines
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts.writing import Draft
from server.store import accounts, memberships, posts
from server.store.session import Unit
from server.store.tables.posts import mention, post
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow


class Story:
    """Anna of the hospital, Bert of the clinic and Cleo of the society; Cleo and Bert moderate the society's group."""

    def __init__(self, net: Exchange) -> None:
        self.net = net
        self.chu, self.clinic, self.society = net["chu"], net["clinic"], net["society"]
        self.group = self.society.group()
        self.anna, self.bert = self.chu.doctor("anna"), self.clinic.doctor("bert")
        self.cleo = self.society.doctor("cleo")
        net.join(self.chu, self.anna, self.society, self.group)
        net.join(self.clinic, self.bert, self.society, self.group, role="moderator")
        net.join(self.society, self.cleo, self.society, self.group, role="moderator")
        self.members = ((self.chu, self.anna), (self.clinic, self.bert), (self.society, self.cleo))

    def said(self, text: str = "An ECG of Mrs Example") -> str:
        """By Anna, and with everybody."""
        made = self.chu.say(self.anna, f"@cardio@society.example {text}")
        self.net.settle()
        assert self.shown(made.uri) == [True] * 3
        return made.uri

    def at(self, instance: Instance, uri: str) -> Post:
        found = instance.find(uri)
        assert found is not None
        return found

    def here(self, instance: Instance) -> Account:
        found = instance.house.read(accounts.find_by_uri, self.group.uri)
        assert found is not None
        return found

    def report(self, instance: Instance, by: Account, uri: str) -> bool:
        return instance.house.run(incidents.report, by, self.at(instance, uri))

    def shown(self, uri: str) -> list[bool]:
        """Whether each member sees it, by every way that there is: by its id, and at home."""
        seen = []
        for one, member in self.members:
            known = one.find(uri)
            by_id = known is not None and bool(one.house.read(posts.visible, Member(member.id), [known.id]))
            home = one.house.read(timelines.home, Member(member.id), Page(20))
            at_home = known is not None and known.id in {each.boost_of_id or each.id for each in home}
            assert by_id == at_home
            seen.append(by_id)
        return seen

    def standings(self, uri: str) -> list[Standing | None]:
        found = [one.find(uri) for one, _ in self.members]
        return [None if each is None else each.standing for each in found]

    def decide(self, instance: Instance, by: Account, *, purge: bool) -> None:
        group = self.here(instance)
        [one] = instance.house.run(incidents.waiting, by, group)
        instance.house.run(incidents.decide, by, group, one.incident.id, purge=purge)

    def later(self) -> None:
        for one in self.net.instances.values():
            one.house.clock.advance(timedelta(minutes=10))

    def messages(self, instance: Instance, to: Account) -> list[str]:
        return instance.house.read(_messages, to.id)


def _messages(unit: Unit, account_id: int) -> list[str]:
    to = select(post.c.content).join(mention, mention.c.post_id == post.c.id)
    found = unit.all(to.where(mention.c.account_id == account_id, post.c.visibility == "direct"))
    return [row.content for row in found]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        yield Story(net)


HIDDEN = [Standing.HIDDEN] * 3


def test_a_member_elsewhere_hides_it_everywhere(story: Story) -> None:
    uri = story.said()
    assert story.report(story.clinic, story.bert, uri)
    assert story.standings(uri) == [Standing.PUBLISHED, Standing.HIDDEN, Standing.PUBLISHED], "here at once"
    story.net.settle()
    assert story.standings(uri) == HIDDEN
    assert story.shown(uri) == [False] * 3
    assert not story.report(story.chu, story.anna, uri), "it is hidden already"


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("moderator", ["cleo", "bert"])
def test_a_moderator_wherever_they_are_decides_for_everybody(
    story: Story, moderator: str, purge: bool
) -> None:
    uri = story.said()
    story.report(story.chu, story.anna, uri)
    story.net.settle()
    assert story.standings(uri) == HIDDEN
    where, by = (story.society, story.cleo) if moderator == "cleo" else (story.clinic, story.bert)
    story.decide(where, by, purge=purge)
    story.net.settle()
    if not purge:
        assert story.shown(uri) == [True] * 3
    else:
        assert story.standings(uri) == [None] * 3, "its author's instance included"
        asked = story.society.house.read(purges.of_object, uri)
        assert {(one.host, one.reason, one.state) for one in asked} == {
            (Origin("chu.example"), PurgeReason.INCIDENT, PurgeState.DONE),
            (Origin("clinic.example"), PurgeReason.INCIDENT, PurgeState.DONE),
        }
    for one, _ in story.members:
        assert one.house.read(incidents.open_anywhere, 10) == []


def test_the_author_and_the_moderators_are_told_and_nobody_else(story: Story) -> None:
    uri = story.said()
    story.report(story.clinic, story.bert, uri)
    story.net.settle()
    assert any(
        "is hidden: a member says" in said and "A moderator looks" in said
        for said in story.messages(story.chu, story.anna)
    )
    for one, by in ((story.clinic, story.bert), (story.society, story.cleo)):
        assert any("Please decide" in said for said in story.messages(one, by))
    assert not any("Please decide" in said for said in story.messages(story.chu, story.anna))
    story.decide(story.society, story.cleo, purge=True)
    story.net.settle()
    told = story.messages(story.chu, story.anna)
    assert sum("has removed your post" in said for said in told) == 1
    everything = [
        *told,
        *story.messages(story.clinic, story.bert),
        *story.messages(story.society, story.cleo),
    ]
    assert not any("Example" in said.replace("example", "") for said in everything), (
        "no message quotes a post"
    )


def test_what_has_not_left_yet_stays(story: Story) -> None:
    """The clinic is away when the post is published and hidden: it never gets it, and gets it when it is shown again."""
    story.net.away.add(story.clinic.origin)
    made = story.chu.say(story.anna, "@cardio@society.example Mrs Example again")
    story.net.settle()
    story.report(story.chu, story.anna, made.uri)
    story.net.settle()
    story.net.away.clear()
    story.later()
    story.net.settle()
    story.net.pull(story.clinic, story.here(story.clinic), story.society)
    assert story.clinic.find(made.uri) is None
    assert not [each for origin, each in carried_to(story, story.clinic) if b"Mrs Example again" in each.body]
    story.decide(story.society, story.cleo, purge=False)
    story.net.settle()
    story.net.pull(story.clinic, story.here(story.clinic), story.society)
    assert story.standings(made.uri) == [Standing.PUBLISHED] * 3


def carried_to(story: Story, to: Instance) -> list[tuple[Origin, Delivery]]:
    return [(origin, each) for origin, each in story.net.carried if each.destination == to.origin]


def test_the_same_person_raises_it_once_for_the_same_words(story: Story) -> None:
    uri = story.said()
    assert story.report(story.clinic, story.bert, uri)
    story.net.settle()
    story.decide(story.society, story.cleo, purge=False)
    story.net.settle()
    assert not story.report(story.clinic, story.bert, uri)
    assert story.shown(uri) == [True] * 3
    assert story.report(story.society, story.cleo, uri), "somebody else may"
    story.net.settle()
    assert story.standings(uri) == HIDDEN


def test_new_words_are_another_matter(story: Story) -> None:
    uri = story.said()
    story.report(story.clinic, story.bert, uri)
    story.net.settle()
    story.decide(story.society, story.cleo, purge=False)
    story.net.settle()
    anna_s = story.at(story.chu, uri)
    story.chu.house.run(editing.edit, story.anna, anna_s.id, Draft(text="@cardio@society.example Mr Other"))
    story.net.settle()
    assert story.report(story.clinic, story.bert, uri)


def test_its_author_deletes_it_while_it_is_hidden(story: Story) -> None:
    uri = story.said()
    story.report(story.clinic, story.bert, uri)
    story.net.settle()
    story.chu.house.run(deleting.delete, story.anna, story.at(story.chu, uri).id)
    story.net.settle()
    assert story.standings(uri) == [None] * 3
    with pytest.raises(ValueError, match="not enough values"):
        story.decide(story.society, story.cleo, purge=False)


def test_who_is_no_moderator_decides_nothing(story: Story) -> None:
    uri = story.said()
    story.report(story.clinic, story.bert, uri)
    story.net.settle()
    here = story.here(story.chu)
    [one] = story.chu.house.read(incidents.open_anywhere, 10)
    for attempt in (
        lambda: story.chu.house.run(incidents.waiting, story.anna, here),
        lambda: story.chu.house.run(incidents.decide, story.anna, here, one.id, purge=True),
    ):
        with pytest.raises(NotFound):
            attempt()
    # and the group does not believe it either
    story.chu.house.run(incidents._say, here, story.anna, uri, "purge")
    story.chu.house.run(incidents._say, here, story.anna, uri, "restore")
    story.net.settle()
    assert story.standings(uri) == HIDDEN
    assert [each for each in story.society.outcomes if each[0] in {"Remove", "Undo"}] == [
        ("Remove", "denied"),
        ("Undo", "denied"),
    ]


def test_who_is_no_member_any_more_hides_nothing_elsewhere(story: Story) -> None:
    uri = story.said()
    story.society.house.run(_end, story.group.id, "clinic.example")
    story.report(story.clinic, story.bert, uri)
    story.net.settle()
    assert ("Flag", "denied") in story.society.outcomes
    assert story.at(story.society, uri).standing is Standing.PUBLISHED


def _end(unit: Unit, group_id: int, host: str) -> None:
    for standing, member in memberships.at_origin(unit, group_id, Origin(host), list(MembershipState)):
        assert member is not None
        memberships.change(unit, standing.id, {"state": "removed"})


def test_a_partner_without_a_member_is_not_heard(story: Story) -> None:
    uri = story.said()
    outsider: Any = story.clinic.doctor("otto")
    story.clinic.house.run(incidents._say, story.here(story.clinic), outsider, uri, "hide")
    story.net.settle()
    assert story.at(story.society, uri).standing is Standing.PUBLISHED


def test_the_record_counts_the_hours_and_has_no_words(story: Story) -> None:
    uri = story.said()
    story.report(story.society, story.cleo, uri)
    story.net.settle()
    [one] = story.society.house.read(incidents.open_anywhere, 10)
    seen_at = story.society.house.clock.now()
    seen = Read(story.cleo.id, story.at(story.society, uri).id, Depth.OPENED, seen_at, seen_at)
    story.society.house.run(reads.record, [seen])
    story.decide(story.society, story.cleo, purge=True)
    story.net.settle()
    story.society.house.clock.advance(timedelta(hours=1))
    said = incident_records.plain(story.society.house.run(incident_records.read, "command", one.id))
    assert 70 * 3600 < said["seconds_left"] <= 71 * 3600
    assert (said["object"], said["state"], said["written_at"]) == (uri, "purged", "chu.example")
    assert said["shown_here"] == 1
    assert "clinic.example" in {each["institution"] for each in said["may_have"]}
    assert {each["institution"] for each in said["could_open"]} >= {"chu.example", "clinic.example"}
    assert all(each["receipt"] for each in said["asked_back"])
    assert [each["action"] for each in said["events"]].index("incident.open") < len(said["events"]) - 1
    assert "Mrs Example" not in json.dumps(said)
    story.society.house.clock.advance(timedelta(hours=80))
    assert not story.society.house.run(incident_records.read, "command", one.id).left
    with pytest.raises(NotFound):
        story.society.house.run(incident_records.read, "command", 1)
