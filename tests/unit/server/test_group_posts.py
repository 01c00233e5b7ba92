"""Posts in members-only groups, from publishing to every instance that has members, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.types import Origin
from server.core.errors import Invalid
from server.domain.accounts import Account
from server.domain.ledger import Via
from server.domain.pages import Page
from server.domain.policies import OwnRules
from server.domain.posts import Post, Standing, Visibility
from server.domain.viewers import Member
from server.services import (
    conversations,
    holds,
    interactions,
    ledger,
    media,
    policies,
    polls,
    streams,
    timelines,
)
from server.services.polls import PollDraft
from server.services.posts import delete as deleting
from server.services.posts import edit as editing
from server.services.posts import group_life
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store import accounts, backlog, posts
from server.store import media as media_rows
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as opened:
        yield opened


def test_a_member_elsewhere_posts_and_every_member_instance_has_it(net: Exchange) -> None:
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    group = society.group()
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    there, _ = net.join(chu, anna, society, group)
    net.join(clinic, bert, society, group)
    net.join(society, cleo, society, group)
    said = chu.say(anna, "@cardio@society.example An ECG", visibility=Visibility.PUBLIC)
    assert (said.visibility, said.group_id, said.standing) == (
        Visibility.FOLLOWERS,
        there.id,
        Standing.PENDING,
    )
    net.settle()
    for one, member in ((chu, anna), (clinic, bert), (society, cleo)):
        found = one.find(said.uri)
        assert found is not None and found.standing is Standing.PUBLISHED, one.outcomes
        home = one.house.read(timelines.home, Member(member.id), Page(20))
        assert [post.boost_of_id or post.id for post in home] == [found.id]


@dataclass
class Story:
    """Anna of the hospital, Bert of the clinic and Cleo of the society are in a group that lives on the society's."""

    net: Exchange
    group: Account
    anna: Account
    bert: Account
    cleo: Account

    @property
    def chu(self) -> Instance:
        return self.net["chu"]

    @property
    def clinic(self) -> Instance:
        return self.net["clinic"]

    @property
    def society(self) -> Instance:
        return self.net["society"]

    def everywhere(self, uri: str) -> list[Post | None]:
        return [one.find(uri) for one in self.net.instances.values()]

    def here(self, instance: Instance, uri: str) -> Post:
        found = instance.find(uri)
        assert found is not None
        return found

    def said(self, **draft: Any) -> Post:
        """By Anna, and everywhere."""
        post = self.chu.say(self.anna, "@cardio@society.example An ECG", **draft)
        self.net.settle()
        return self.here(self.chu, post.uri)


@pytest.fixture
def story(net: Exchange) -> Story:
    chu, clinic, society = net["chu"], net["clinic"], net["society"]
    group = society.group()
    anna, bert, cleo = chu.doctor("anna"), clinic.doctor("bert"), society.doctor("cleo")
    for home, member in ((chu, anna), (clinic, bert), (society, cleo)):
        net.join(home, member, society, group)
    return Story(net, group, anna, bert, cleo)


def test_answers_edits_and_deletions_reach_everybody(story: Story) -> None:
    root = story.said()
    at_clinic = story.here(story.clinic, root.uri)
    answer = story.clinic.say(story.bert, "Look at V2", in_reply_to_id=at_clinic.id)
    story.net.settle()
    for one in story.everywhere(answer.uri):
        assert one is not None and one.standing is Standing.PUBLISHED
        assert one.in_reply_to_uri == root.uri and one.group_id is not None
    story.chu.house.run(editing.edit, story.anna, root.id, Draft(text="@cardio@society.example Two ECGs"))
    story.net.settle()
    for one in story.everywhere(root.uri):
        assert one is not None and "Two ECGs" in one.content
    digests = {one.digest for one in story.everywhere(root.uri) if one is not None}
    assert len(digests) == 1
    story.clinic.house.run(deleting.delete, story.bert, answer.id)
    story.net.settle()
    assert story.everywhere(answer.uri) == [None, None, None]
    assert None not in story.everywhere(root.uri)


def test_a_deleted_picture_of_a_group_is_no_upload_again(story: Story) -> None:
    root, house = story.said(), story.chu.house
    house.run(with_picture, story.anna, root.id)
    [picture] = house.read(media_rows.of_posts, [root.id])[root.id]
    house.run(deleting.delete, story.anna, root.id, keeps_media=True)
    assert house.read(media_rows.find, picture.id) is None


def test_further_choices_of_a_poll_come_later(story: Story) -> None:
    root = story.said(poll=PollDraft(("a", "b", "c"), timedelta(days=1), multiple=True))
    for choices in ([1], [0, 1]):
        poll = story.clinic.house.read(polls.find, story.here(story.clinic, root.uri).id)
        assert poll is not None
        after, _ = story.clinic.house.run(polls.vote, story.bert, poll.id, choices)
        assert ([option.votes for option in after.options], after.voters_count) == (
            [int(n in choices) for n in range(3)],
            1,
        )
        story.net.settle()
    for instance in story.net.instances.values():
        poll = instance.house.read(polls.find, story.here(instance, root.uri).id)
        assert poll is not None and [option.votes for option in poll.options] == [1, 1, 0], instance.outcomes
        assert poll.voters_count == 1


def test_likes_and_votes(story: Story) -> None:
    root = story.said(poll=PollDraft(("yes", "no"), timedelta(days=1)))
    at_clinic, at_society = story.here(story.clinic, root.uri), story.here(story.society, root.uri)
    story.clinic.house.run(interactions.favourite, story.bert, at_clinic.id)
    story.society.house.run(interactions.favourite, story.cleo, at_society.id)
    story.net.settle()
    assert [one.favourites_count for one in story.everywhere(root.uri) if one] == [2, 2, 2], [
        one.outcomes for one in story.net.instances.values()
    ]
    story.clinic.house.run(interactions.unfavourite, story.bert, at_clinic.id)
    story.net.settle()
    assert [one.favourites_count for one in story.everywhere(root.uri) if one] == [1, 1, 1]
    for instance, member in ((story.clinic, story.bert), (story.society, story.cleo)):
        poll = instance.house.read(polls.find, story.here(instance, root.uri).id)
        assert poll is not None
        instance.house.run(polls.vote, member, poll.id, [0])
    story.net.settle()
    for instance in story.net.instances.values():
        poll = instance.house.read(polls.find, story.here(instance, root.uri).id)
        assert poll is not None and [option.votes for option in poll.options] == [2, 0], instance.outcomes


def test_an_instance_that_was_away_is_made_whole(story: Story) -> None:
    first = story.said()
    story.net.away.add(story.clinic.origin)
    gone, kept = story.said(), story.said()
    story.chu.house.run(deleting.delete, story.anna, gone.id)
    story.net.settle()
    story.clinic.house.run(lambda unit: forget_deliveries(unit, story.clinic.origin))
    story.society.house.run(lambda unit: forget_deliveries(unit, story.clinic.origin))
    assert story.clinic.find(kept.uri) is None
    story.net.away.clear()
    last = story.said()
    assert story.clinic.find(last.uri) is not None and story.clinic.find(kept.uri) is None
    story.clinic.house.clock.advance(timedelta(minutes=1))
    there = story.clinic.house.read(accounts.find_by_uri, story.group.uri)
    assert there is not None
    assert story.net.pull(story.clinic, there, story.society) >= 1
    for post in (first, kept, last):
        found = story.clinic.find(post.uri)
        assert found is not None and found.standing is Standing.PUBLISHED
    assert story.clinic.find(gone.uri) is None


def forget_deliveries(unit: Unit, origin: Origin) -> None:
    """As after days of trying."""
    backlog.cancel_deliveries(unit, origin, ended=True)


def test_a_new_institution_gets_the_history_and_then_what_comes(tmp_path: Path) -> None:
    with open_exchange(tmp_path, "chu", "late", "society") as net:
        chu, late, society = net["chu"], net["late"], net["society"]
        group = society.group()
        anna, lena = chu.doctor("anna"), late.doctor("lena")
        net.join(chu, anna, society, group)
        root = chu.say(anna, "@cardio@society.example An ECG")
        net.settle()
        answer = chu.say(anna, "And a second one", in_reply_to_id=root.id)
        net.settle()
        there, _ = net.join(late, lena, society, group)
        late.house.run(streams.behind, there.id)
        assert net.pull(late, there, society) == 1
        assert late.find(root.uri) is not None and late.find(answer.uri) is not None
        home = late.house.read(timelines.home, Member(lena.id), Page(20))
        assert len(home) == 1
        more = chu.say(anna, "@cardio@society.example A third")
        net.settle()
        assert late.find(more.uri) is not None
        assert late.house.read(streams.due) == []
        rows = society.house.read(ledger.of_object, root.uri)
        assert {(row.host, row.via) for row in rows} == {
            ("chu.example", Via.PUSH),
            ("late.example", Via.HISTORY),
        }


# -- what is refused -------------------------------------------------------------------------------------


def test_a_post_goes_to_one_group_of_the_authors_and_names_nobody_outside(story: Story) -> None:
    other = story.society.group("neuro")
    story.society.doctor("olga")
    for text, sentence in (
        ("@cardio @neuro Hello", "only one"),
        ("@neuro Hello", "not a member of Neuro"),
        ("@cardio What does @olga say?", "olga is not a member"),
    ):
        with pytest.raises(Invalid, match=sentence):
            story.society.say(story.cleo, text)
    assert story.society.house.read(posts.many, [other.id]) == {}
    assert [kind for kind, _ in story.society.house.events() if kind.startswith("group.")] == []


def test_a_secret_group_is_an_unknown_name_for_outsiders(story: Story) -> None:
    story.society.group("hidden", access="secret")
    said = story.society.say(story.cleo, "@hidden Hello", visibility=Visibility.FOLLOWERS)
    assert said.group_id is None and "href" not in said.content


def test_nothing_in_a_group_is_boosted(story: Story) -> None:
    said = story.said()
    with pytest.raises(Invalid, match="cannot be boosted"):
        story.chu.house.run(interactions.boost, story.anna, said.id)


def test_the_group_refuses_and_the_author_is_told(story: Story) -> None:
    root = story.said()
    at_society = story.here(story.society, root.uri)
    story.society.house.run(group_life.moderate, story.group, story.cleo, at_society, "lock")
    answer = story.chu.say(story.anna, "One more thing", in_reply_to_id=root.id)
    story.net.settle()
    refused = story.here(story.chu, answer.uri)
    assert (refused.standing, refused.standing_reason) == (Standing.REFUSED, "thread-locked")
    assert story.society.find(answer.uri) is None and story.clinic.find(answer.uri) is None
    told = story.chu.house.read(conversations.page, story.anna.id, Page(20))
    assert len(told) == 1
    with pytest.raises(Invalid, match="closed"):
        story.chu.say(story.anna, "And another", in_reply_to_id=root.id)


def test_an_answer_to_what_was_not_published_is_refused_at_home(story: Story) -> None:
    story.net.away.add(story.society.origin)
    waiting_post = story.chu.say(story.anna, "@cardio@society.example An ECG")
    with pytest.raises(Invalid, match="not published"):
        story.chu.say(story.anna, "More", in_reply_to_id=waiting_post.id)


def test_a_moderator_removes_a_post_everywhere(story: Story) -> None:
    root = story.said()
    at_society = story.here(story.society, root.uri)
    story.society.house.run(group_life.moderate, story.group, story.cleo, at_society, "remove")
    story.net.settle()
    assert story.clinic.find(root.uri) is None, "the group has asked for it back"
    assert story.clinic.house.read(timelines.home, Member(story.bert.id), Page(20)) == []
    for one, member in ((story.chu, story.anna), (story.society, story.cleo)):
        found = story.here(one, root.uri)
        assert found.standing is Standing.REMOVED
        assert one.house.read(posts.visible, Member(member.id), [found.id]) == {}
        assert one.house.read(timelines.home, Member(member.id), Page(20)) == []
    on_lane = [delivery.destination for _, delivery in story.net.carried if delivery.lane]
    assert on_lane == ["clinic.example", "society.example", "chu.example"], (
        "the request, the receipt, and the receipt for the author's instance"
    )


def test_a_direct_answer_reaches_the_named_alone(story: Story) -> None:
    root = story.said()
    at_clinic = story.here(story.clinic, root.uri)
    with pytest.raises(Invalid, match="needs the name"):
        story.clinic.say(
            story.bert,
            "@cardio@society.example psst",
            visibility=Visibility.DIRECT,
            in_reply_to_id=at_clinic.id,
        )
    with pytest.raises(Invalid, match="not known here as a member"):
        outsider = story.clinic.doctor("oscar")
        story.clinic.say(
            story.bert,
            f"@{outsider.username} psst",
            visibility=Visibility.DIRECT,
            in_reply_to_id=at_clinic.id,
        )
    aside = story.clinic.say(
        story.bert,
        "@anna@chu.example @cardio@society.example just for you",
        visibility=Visibility.DIRECT,
        in_reply_to_id=at_clinic.id,
    )
    story.net.settle()
    assert aside.group_id is None and aside.visibility is Visibility.DIRECT
    assert story.society.find(aside.uri) is None
    found = story.here(story.chu, aside.uri)
    assert found.visibility is Visibility.DIRECT and found.in_reply_to_id == root.id
    assert story.chu.house.read(posts.visible, Member(story.anna.id), [found.id])
    sent = [
        delivery
        for _, delivery in story.net.carried
        if delivery.activity_uri and b"just for you" in delivery.body
    ]
    assert [(one.destination, one.profile) for one in sent] == [("chu.example", True)]
    _held_first(story, at_clinic)


def _held_first(story: Story, answered: Post) -> None:
    """A rule that wants a person to look first keeps a direct answer in the queue, and loses none."""
    rule = '@id("house.look") @set("hold") permit (principal, action, resource) when { context.content.form == "direct" };'
    story.clinic.house.run(policies.propose, "user:1", OwnRules(text=rule))
    aside = story.clinic.say(
        story.bert, "@anna@chu.example one more", visibility=Visibility.DIRECT, in_reply_to_id=answered.id
    )
    story.net.settle()
    assert story.chu.find(aside.uri) is None
    [waiting] = story.clinic.house.read(holds.waiting)
    story.clinic.house.run(holds.release, "user:2", waiting.id)
    story.net.settle()
    assert story.chu.find(aside.uri) is not None


NO_CASES = """@id("house.no-cases") forbid (principal, action, resource)
when { context.content.rank >= 2 && context.content.form == "group" && context.peer.origin == "clinic.example" };"""


def no_cases_for_the_clinic(unit: Unit) -> None:
    policies.propose(unit, "user:1", OwnRules(text=NO_CASES))


def with_picture(unit: Unit, author: Account, post_id: int) -> None:
    values = {"kind": "image", "mime": "image/png", "digest": "a" * 64, "width": 1, "height": 1}
    picture = media.add(unit, author, values)
    words = Draft(text="@cardio@society.example An ECG", media_ids=(picture.id,))
    editing.edit(unit, author, post_id, words)


def test_what_raises_the_class_takes_the_post_back(story: Story) -> None:
    """An edit that makes it a case is deleted where cases may not go."""
    root = story.said()
    story.society.house.run(no_cases_for_the_clinic)
    story.chu.house.run(with_picture, story.anna, root.id)
    story.net.settle()
    assert story.clinic.find(root.uri) is None, story.clinic.outcomes
    for one in (story.chu, story.society):
        assert story.here(one, root.uri).content_class == "case"
    answer = story.society.say(story.cleo, "I agree", in_reply_to_id=story.here(story.society, root.uri).id)
    story.net.settle()
    assert story.clinic.find(answer.uri) is None
    assert story.chu.find(answer.uri) is not None


@pytest.mark.parametrize("access", ["closed", "secret"])
def test_members_learn_that_a_discussion_is_not_shared_and_nothing_else(tmp_path: Path, access: str) -> None:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        group = net["society"].group(access=access)
        anna, bert, cleo = (
            net["chu"].doctor("anna"),
            net["clinic"].doctor("bert"),
            net["society"].doctor("cleo"),
        )
        for home, member in (("chu", anna), ("clinic", bert), ("society", cleo)):
            net.join(net[home], member, net["society"], group)
        net["society"].house.run(no_cases_for_the_clinic)
        net.settle()
        net.carried.clear()
        values = {"kind": "image", "mime": "image/png", "digest": "a" * 64, "width": 1, "height": 1}
        picture = net["society"].house.run(media.add, cleo, values)
        said = net["society"].say(cleo, "@cardio An ECG", media_ids=(picture.id,))
        net["society"].say(cleo, "More of it", in_reply_to_id=said.id)
        net.settle()
        assert net["chu"].find(said.uri) is not None
        assert net["clinic"].find(said.uri) is None
        to_clinic = [one for _, one in net.carried if one.destination == "clinic.example"]
        told = net["clinic"].house.read(conversations.page, bert.id, Page(20))
        assert len(told) == len(to_clinic) == (1 if access == "closed" else 0)
        for delivery in to_clinic:
            assert b"An ECG" not in delivery.body
            assert str(said.id).encode() not in delivery.body


def test_no_video_or_sound_is_said_in_a_members_only_group_or_aside_from_it(story: Story) -> None:
    root, house = story.said(), story.chu.house
    group = "@cardio@society.example"
    asks: list[dict[str, Any]] = [
        {"text": f"{group} A film"},
        {"text": "A film", "in_reply_to_id": root.id},
        {"text": f"{group} A film", "in_reply_to_id": root.id, "visibility": Visibility.DIRECT},
    ]
    for kind in ("video", "gifv", "audio"):
        values = {"kind": kind, "mime": "video/mp4", "digest": "a" * 64}
        film = house.run(media.add, story.anna, values)
        for asked in asks:
            with pytest.raises(Invalid, match="not accepted in members-only groups"):
                house.run(publish, story.anna, Draft(media_ids=(film.id,), **asked))
        again = Draft(text=f"{group} A film", media_ids=(film.id,))
        with pytest.raises(Invalid, match="not accepted in members-only groups"):
            house.run(editing.edit, story.anna, root.id, again)
        outside = house.run(publish, story.anna, Draft(text="A film", media_ids=(film.id,)))
        assert outside.group_id is None
