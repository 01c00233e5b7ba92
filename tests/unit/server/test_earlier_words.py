"""Identifiers that an edit took out of a post: what it said before is gone at every instance, whatever came late or was away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from server.activitypub import signing
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.groups import MembershipRole
from server.domain.ledger import PurgeReason, PurgeState, ReceiptStatus
from server.domain.posts import Post, Standing
from server.domain.viewers import Member
from server.services import earlier_words, lawful_holds, purges, register, streams
from server.services.posts import earlier
from server.services.posts import edit as editing
from server.services.posts.writing import Draft
from server.services.purges import Asked
from server.services.register import Line, Restored
from server.store import accounts, memberships, work
from server.store import posts as post_rows
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

pytestmark = pytest.mark.slow

NAMES = "Mrs Example"
GONE = (PurgeState.DONE, ReceiptStatus.GONE)


class Story:
    """Anna of the hospital and Bert of the clinic are in a group that lives on the society's instance; Cleo moderates it."""

    def __init__(self, net: Exchange, **columns: Any) -> None:
        self.net = net
        self.chu, self.clinic, self.society = net["chu"], net["clinic"], net["society"]
        self.group = self.society.group(**columns)
        self.anna, self.bert = self.chu.doctor("anna"), self.clinic.doctor("bert")
        self.cleo = self.society.doctor("cleo")
        net.join(self.chu, self.anna, self.society, self.group)
        _, self.bert_there = net.join(self.clinic, self.bert, self.society, self.group)
        net.join(self.society, self.cleo, self.society, self.group)
        self.society.house.run(_promote, self.group, self.cleo)

    def said(self) -> Post:
        """By Anna, with everybody."""
        post = self.chu.say(self.anna, f"@cardio@society.example An ECG of {NAMES}")
        self.net.settle()
        assert self.holding() == {"chu", "clinic", "society"}
        return post

    def there(self) -> Account:
        """The group, as the clinic knows it."""
        found = self.clinic.house.read(accounts.find_by_uri, self.group.uri)
        assert found is not None
        return found

    def edited(self, post: Post, words: str = "An ECG") -> Post:
        for one in self.net.instances.values():
            one.house.clock.advance(timedelta(minutes=1))
        return self.chu.house.run(
            editing.edit, self.anna, post.id, Draft(text=f"@cardio@society.example {words}")
        )

    def take_back(self, at: Instance, by: Account, post: Post) -> None:
        found = at.find(post.uri)
        assert found is not None
        at.house.run(earlier_words.take_back, by, found)

    def holding(self, words: str = NAMES) -> set[str]:
        """Instances that hold the words in any table."""
        return {name for name, one in self.net.instances.items() if one.house.read(_tables_with, words)}

    def words(self, at: Instance, post: Post) -> str | None:
        found = at.find(post.uri)
        return None if found is None else found.content

    def states(self, at: Instance, post: Post) -> dict[str, tuple[PurgeState, ReceiptStatus]]:
        asked = at.house.read(purges.of_object, post.uri)
        assert {one.reason for one in asked} <= {PurgeReason.INCIDENT}
        return {one.host.removesuffix(".example"): (one.state, one.status) for one in asked}


def _promote(unit: Unit, group: Account, member: Account) -> None:
    found = memberships.find(unit, group.id, member.id)
    assert found is not None
    memberships.change(unit, found.id, {"role": MembershipRole.MODERATOR.value})


def _tables_with(unit: Unit, words: str) -> list[str]:
    names = [row[0] for row in unit.all(text("select name from sqlite_master where type = 'table'"))]
    # the bytes of activities are packed
    found = [name for name in names if words in repr(unit.all(text(f'select * from "{name}"')))]
    bodies = unit.all(text("select id from activity"))
    return found + [f"activity {row[0]}" for row in bodies if words.encode() in _body(unit, row[0])]


def _body(unit: Unit, row_id: int) -> bytes:
    return work.get_activity(unit, row_id).body


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with open_exchange(tmp_path, "chu", "clinic", "society") as net:
        yield Story(net)


def test_its_author_takes_it_back_everywhere_with_receipts(story: Story) -> None:
    post = story.said()
    edited = story.edited(post)
    story.net.settle()
    assert story.holding() == {"chu", "clinic", "society"}, "an edit alone keeps what was said before"
    story.take_back(story.chu, story.anna, edited)
    story.net.settle()
    assert story.holding() == set()
    for one in story.net.instances.values():
        assert "An ECG" in (story.words(one, post) or "")
    assert story.states(story.society, post) == {"clinic": GONE}
    assert story.states(story.chu, post) == {"society": GONE, "clinic": GONE}, "the group passes receipts on"
    [asked] = story.society.house.read(purges.of_object, post.uri)
    receipt = msgspec.json.decode(asked.receipt or b"")
    assert receipt["object"] == earlier.of(edited).uri and receipt["host"] == "clinic.example"
    assert signing.fits(receipt, story.clinic.key().to_multibase(), story.society.house.clock.now())
    with pytest.raises(NotFound):
        story.take_back(story.chu, story.anna, edited)
    again = story.edited(edited, "An ECG, and a second one")
    story.net.settle()
    assert story.holding("a second one") == {"chu", "clinic", "society"}
    shown = story.chu.house.read(editing.history, Member(story.anna.id), again)
    assert len(shown) == 2, "what was said since is kept as ever"


@pytest.mark.parametrize("where", ["clinic", "society"])
def test_a_moderator_takes_it_back_of_its_author_as_well(story: Story, where: str) -> None:
    post = story.said()
    edited = story.edited(post)
    story.net.settle()
    story.society.house.run(_promote, story.group, story.bert_there)
    there = story.there()
    story.clinic.house.run(_promote, there, story.bert)
    by = {"clinic": story.bert, "society": story.cleo}[where]
    story.take_back(story.net[where], by, edited)
    story.net.settle()
    assert story.holding() == set(), story.society.outcomes
    assert story.states(story.society, post) == {"chu": GONE, "clinic": GONE}
    assert "earlier-removed" in story.chu.house.read(_said_to_members), "its author is told"


def test_nobody_else_takes_anything_back(story: Story) -> None:
    post = story.said()
    edited = story.edited(post)
    story.net.settle()
    with pytest.raises(NotFound):
        story.take_back(story.clinic, story.bert, edited)
    # asked all the same
    there = story.there()
    story.clinic.house.run(_asked_all_the_same, there, story.bert, edited)
    story.net.settle()
    assert ("Remove", "denied") in story.society.outcomes
    assert story.holding() == {"chu", "clinic", "society"}


def _asked_all_the_same(unit: Unit, group: Account, by: Account, post: Post) -> None:
    earlier_words.group_life.say_moderated(
        unit, group, by, earlier.of(post).uri, earlier_words.VERB, earlier_words.Reason.IDENTIFIERS
    )


def test_what_arrives_before_the_edit_leaves_nothing_of_the_words_and_the_edit_comes(story: Story) -> None:
    post = story.said()
    edited = story.edited(post)
    story.take_back(story.chu, story.anna, edited)
    found = earlier.of(edited)
    asked = Asked("r", "", story.society.origin, story.group.uri, found.uri, story.group.uri, "", "incident")
    assert story.clinic.house.run(purges.remove, asked) is ReceiptStatus.GONE
    assert story.words(story.clinic, post) == ""
    assert "clinic" not in story.holding()
    story.net.settle()
    assert "An ECG" in (story.words(story.clinic, post) or "")
    assert story.holding() == set()


def test_an_older_version_that_comes_late_is_not_taken_in(story: Story) -> None:
    """The clinic was away all the while: what waited for it is gone, and the edit brings the post."""
    story.net.away.add(story.clinic.origin)
    post = story.chu.say(story.anna, f"@cardio@society.example An ECG of {NAMES}")
    story.net.settle()
    middle = story.edited(post, f"An ECG of {NAMES}, 1950")
    story.net.settle()
    edited = story.edited(middle)
    story.net.settle()
    story.take_back(story.chu, story.anna, edited)
    story.net.settle()
    story.net.away.clear()
    for one in story.net.instances.values():
        one.house.clock.advance(timedelta(hours=1))
    story.net.settle()
    story.net.pull(story.clinic, story.there(), story.society)
    assert "An ECG" in (story.words(story.clinic, post) or ""), story.clinic.outcomes
    assert story.holding() == set()


def test_the_bytes_of_before_bring_nothing_where_the_post_is_not_any_more(story: Story) -> None:
    """As after a restore: what was announced first arrives once more at an instance that has only heard that it has to go."""
    post = story.said()
    [first] = [
        one
        for origin, one in story.net.carried
        if origin == story.society.origin and one.inbox.startswith("https://clinic") and b"Create" in one.body
    ]
    edited = story.edited(post)
    story.net.settle()
    story.take_back(story.chu, story.anna, edited)
    story.net.settle()
    story.clinic.house.run(_as_if_it_never_came, post.uri)
    assert story.net.hand_over(story.society, story.clinic, first) == "tombstoned"
    assert story.holding() == set()


def _as_if_it_never_came(unit: Unit, uri: str) -> None:
    post = post_rows.find_by_uri(unit, uri)
    assert post is not None
    post_rows.remove(unit, post.id)
    unit.run(text("delete from inbox_item"))


@pytest.mark.parametrize("history", ["full", "join"])
def test_who_joins_later_reads_the_present_words_alone(tmp_path: Path, history: str) -> None:
    with open_exchange(tmp_path, "chu", "clinic", "society", "late") as net:
        story = Story(net, history=history)
        post = story.said()
        edited = story.edited(post)
        net.settle()
        story.take_back(story.chu, story.anna, edited)
        net.settle()
        net.join(net["late"], net["late"].doctor("dora"), story.society, story.group)
        there = net["late"].house.read(accounts.find_by_uri, story.group.uri)
        assert there is not None
        net["late"].house.run(streams.behind, there.id)
        net.pull(net["late"], there, story.society)
        assert story.holding() == set()
        shown = story.words(net["late"], post)
        assert ("An ECG" in (shown or "")) == (history == "full"), net["late"].outcomes


def test_what_somebody_else_says_of_a_post_to_come_keeps_no_version_away(story: Story) -> None:
    post = story.chu.say(story.anna, "@cardio@society.example An ECG")
    other = story.clinic.group("other")
    story.net.join(story.society, story.society.doctor("dora"), story.clinic, other)
    later = earlier.Earlier(post.uri, story.chu.house.clock.now() + timedelta(days=1))
    asked = Asked("r", "", story.clinic.origin, other.uri, later.uri, other.uri, "", "incident")
    story.society.house.run(purges.remove, asked)
    story.net.settle()
    assert "An ECG" in (story.words(story.society, post) or "")


def test_a_lawful_hold_keeps_it_from_everybody_and_says_so(story: Story) -> None:
    post = story.said()
    edited = story.edited(post)
    story.net.settle()
    story.clinic.house.run(lawful_holds.hold, "test", post.uri, "order 12/2026")
    there = story.there()
    story.clinic.house.run(_promote, there, story.bert)
    kept = story.clinic.find(post.uri)
    assert kept is not None
    assert len(story.clinic.house.read(editing.history, Member(story.bert.id), kept)) == 2
    story.take_back(story.chu, story.anna, edited)
    story.net.settle()
    assert story.states(story.society, post) == {"clinic": (PurgeState.DONE, ReceiptStatus.HIDDEN_HELD)}
    assert story.holding() == {"clinic"}
    assert len(story.clinic.house.read(editing.history, Member(story.bert.id), kept)) == 1
    assert kept.standing is Standing.PUBLISHED


def test_a_backup_of_before_is_cleaned_by_the_register(story: Story) -> None:
    """The line that the clinic wrote, read where the old words are back."""
    post = story.said()
    made_at = story.clinic.house.clock.now()
    edited = story.edited(post)
    line = Line(story.clinic.house.clock.now(), earlier.of(edited).uri, story.group.uri, kept=True)
    story.clinic.house.run(register.catch_up, Restored("now", made_at), [line])
    assert "clinic" not in story.holding()
    assert story.clinic.find(post.uri) is not None
    story.net.settle()
    assert "An ECG" in (story.words(story.clinic, post) or ""), "its present words come by the stream"


def _said_to_members(unit: Unit) -> str:
    return repr(unit.all(text("select * from event")))
