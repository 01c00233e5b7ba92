"""What a group tells a member: closed sentences, in the reader's language, that stay here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.i18n import LANGUAGES, Catalogue
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.messages import Refusal, Sentence
from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.services import conversations, messages
from server.services.messages import HERE, REASONS, SENTENCES
from server.services.posts import refusals, visible
from server.services.posts.refusals import NotPublished
from server.store import events as event_rows
from tests.support.house import House

TRANSLATORS = {language: Catalogue().translator(language) for language in LANGUAGES}
TRANSLATORS[""] = TRANSLATORS["en"]


def told(house: House, reader: Account, about: Account, sentence: Sentence, **parts: str) -> Post:
    payload: dict[str, int | str] = {
        "account_id": reader.id,
        "from_id": about.id,
        "sentence": sentence.value,
        **parts,
    }
    post = house.run(messages.write, payload, TRANSLATORS)
    assert post is not None
    return post


def test_every_sentence_and_reason_has_its_words() -> None:
    assert set(SENTENCES) == set(Sentence)
    assert set(REASONS) == set(Reason)
    assert set(HERE) == set(Refusal)
    assert not set(Refusal) & set(Reason)


def test_a_message_is_a_direct_post_of_the_group_in_one_thread(house: House) -> None:
    reader, group = house.local("alice"), house.local("cardio")
    first = told(house, reader, group, Sentence.JOIN_WAITING)
    second = told(house, reader, group, Sentence.JOIN_REFUSED, reason=Reason.LEVEL.value)
    assert first.visibility is second.visibility is Visibility.DIRECT
    assert first.account_id == second.account_id == group.id
    assert second.thread_id == first.thread_id
    assert "stronger check" in second.content
    assert f"/groups/{group.id}" in second.content
    assert house.read(visible.visible_post, Member(reader.id), second.id) == second
    shown = house.read(conversations.page, reader.id, Page(limit=20))
    assert [each.last_post_id for each, _ in shown] == [second.id]


def test_nothing_of_it_leaves(house: House) -> None:
    reader, group = house.local("alice"), house.local("cardio")
    before = len(house.read(event_rows.due, 100))
    told(house, reader, group, Sentence.INVITED)
    assert len(house.read(event_rows.due, 100)) == before


def test_of_a_group_elsewhere_the_instance_tells(house: House) -> None:
    reader, group = house.local("alice"), house.remote("cardio", "society.example")
    post = told(house, reader, group, Sentence.JOIN_ACCEPTED)
    assert post.account_id not in {reader.id, group.id}
    assert post.local


@pytest.mark.parametrize("sentence", list(Sentence))
def test_every_sentence_can_be_said_in_every_language(house: House, sentence: Sentence) -> None:
    group = house.local("cardio")
    payload: dict[str, int | str] = {"sentence": sentence.value, "host": "h.example", "rule": "a.b"}
    for language in LANGUAGES:
        text = house.run(messages.words, payload, group, TRANSLATORS[language])
        assert "%(" not in text
        assert text.count("http") == 1


def test_a_refusal_that_an_app_provokes_twice_is_told_once(house: House) -> None:
    author, group = house.local("alice"), house.local("cardio")

    def tell(place: Account | None, reason: Reason = Reason.NOT_A_MEMBER) -> int:
        house.run(refusals.tell, author.id, NotPublished("no", reason, place))
        return len(house.events())

    assert tell(None) == 1
    assert tell(None) == 1
    assert tell(group) == 2
    assert tell(group) == 2
    assert tell(group, Reason.THREAD_LOCKED) == 3
    house.clock.advance(timedelta(minutes=1))
    assert tell(None) == 4, "who forgets it again is told again"
