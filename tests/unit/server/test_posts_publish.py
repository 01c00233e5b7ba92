"""Publishing: what is stored, what hangs on it, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.errors import AppError, Invalid, NotFound
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.posts import PostKind, Visibility
from server.domain.viewers import Anonymous, Member, Peer
from server.services import conversations, media, notifications, polls, relationships, timelines
from server.services.polls import PollDraft
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import MAX_CHARACTERS, Draft
from server.text.compose import ContentType
from tests.support.house import House, open_house

DAY = timedelta(days=1)


def test_stores_what_was_written(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    post = any_house.post(anna, "Hello @ben, see #Sepsis", summary="A case", language="en")
    assert post.uri == f"https://here.example/objects/{post.id}"
    assert post.url == f"https://here.example/@anna/{post.id}"
    assert (post.thread_id, post.visibility, post.kind) == (post.id, Visibility.PUBLIC, PostKind.NOTE)
    assert post.tags == ("sepsis",)
    assert ben.url in post.content
    assert post.source == "Hello @ben, see #Sepsis"
    parts = any_house.read(visible.load_parts, [post])
    assert [account.id for _, account in parts.mentions[post.id]] == [ben.id]
    assert any_house.account(anna).posts_count == 1
    assert any_house.events()[-1] == ("post.published", {"post_id": post.id, "account_id": anna.id})


def test_mentions_notify_and_followers_read_it_at_home(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    any_house.run(relationships.follow, cleo, anna)
    post = any_house.post(anna, "Hello @ben")
    told = any_house.read(notifications.page, ben.id, Page())
    assert [(each.kind, each.post_id) for each in told] == [(NotificationKind.MENTION, post.id)]
    for reader in (anna, cleo):
        home = any_house.read(timelines.home, Member(reader.id), Page())
        assert [each.id for each in home] == [post.id]
    assert any_house.read(timelines.home, Member(ben.id), Page()) == []


def test_the_same_key_gives_the_first_post_for_an_hour(any_house: House) -> None:
    anna = any_house.local("anna")
    first = any_house.post(anna, "Once", idempotency_key="k")
    assert any_house.post(anna, "Once", idempotency_key="k") == first
    assert any_house.account(anna).posts_count == 1
    any_house.clock.advance(timedelta(hours=1))
    assert any_house.post(anna, "Once", idempotency_key="k").id != first.id


@pytest.mark.parametrize(
    "draft",
    [
        Draft(text="  \n"),
        Draft(text="x" * (MAX_CHARACTERS + 1)),
        Draft(text="x", summary="y" * 501),
        Draft(text="x", media_ids=(1, 2, 3, 4, 5)),
        Draft(text="x", media_ids=(1,)),
        Draft(text="x", poll=PollDraft(("a",), DAY)),
        Draft(text="x", poll=PollDraft(("a", "A"), DAY)),
        Draft(text="x", poll=PollDraft(("a", " "), DAY)),
        Draft(text="x", poll=PollDraft(("a", "b"), timedelta(minutes=1))),
        Draft(text="x", poll=PollDraft(("a", "b"), timedelta(days=400))),
        Draft(text="x", poll=PollDraft(tuple("abcdefghi"), DAY)),
        Draft(text="x", poll=PollDraft(("a", "b"), DAY), media_ids=(1,)),
    ],
)
def test_refuses_with_a_sentence_and_stores_nothing(house: House, draft: Draft) -> None:
    anna = house.local("anna")
    with pytest.raises(Invalid):
        house.run(publish, anna, draft)
    assert house.account(anna).posts_count == 0
    assert house.events() == []


@pytest.mark.parametrize(
    ("ceiling", "sent", "stored"),
    [
        ("followers", Visibility.PUBLIC, Visibility.FOLLOWERS),
        ("followers", Visibility.DIRECT, Visibility.DIRECT),
        ("public", Visibility.UNLISTED, Visibility.UNLISTED),
        ("groups", Visibility.DIRECT, Visibility.DIRECT),
        ("groups", Visibility.PUBLIC, None),
        ("groups", Visibility.FOLLOWERS, None),
    ],
)
def test_the_audience_stays_under_the_ceiling(tmp_path, ceiling, sent, stored) -> None:
    with open_house(tmp_path, posts=ceiling) as house:
        anna = house.local("anna")
        if stored is None:
            with pytest.raises(Invalid, match="group"):
                house.post(anna, visibility=sent)
        else:
            assert house.post(anna, visibility=sent).visibility is stored


def test_without_a_visibility_the_accounts_own_counts_narrowed_by_what_is_answered(house: House) -> None:
    anna = house.local("anna", default_visibility="unlisted")
    assert house.post(anna).visibility is Visibility.UNLISTED
    secret = house.post(anna, visibility=Visibility.DIRECT)
    assert house.post(anna, in_reply_to_id=secret.id).visibility is Visibility.DIRECT


def test_answers_thread_and_count_only_where_everybody_sees_them(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    first = house.post(anna)
    open_answer = house.post(ben, in_reply_to_id=first.id)
    house.post(ben, in_reply_to_id=first.id, visibility=Visibility.FOLLOWERS)
    assert open_answer.thread_id == first.thread_id
    assert (open_answer.in_reply_to_uri, open_answer.in_reply_to_account_id) == (first.uri, anna.id)
    seen = house.read(visible.visible_post, Member(anna.id), first.id)
    assert seen.replies_count == 1
    assert seen.version > first.version


def test_what_the_author_does_not_see_cannot_be_answered(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    secret = house.post(anna, visibility=Visibility.FOLLOWERS)
    with pytest.raises(NotFound):
        house.post(ben, in_reply_to_id=secret.id)


def test_unknown_and_gone_people_are_not_mentioned(house: House) -> None:
    anna = house.local("anna")
    house.local("gone", suspended_at=house.clock.now())
    far = house.remote("far")
    post = house.post(anna, "@nobody @gone @x@y.example @far@there.example @anna")
    mentioned = [each.id for _, each in house.read(visible.load_parts, [post]).mentions[post.id]]
    assert sorted(mentioned) == sorted([far.id, anna.id])
    assert house.read(notifications.page, anna.id, Page()) == []


def test_media_are_the_authors_and_on_one_post_only(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    image = house.run(media.add, anna, {"mime": "image/png", "digest": "d" * 64})
    with pytest.raises(Invalid):
        house.post(ben, media_ids=(image.id,))
    post = house.post(anna, "", media_ids=(image.id,))
    assert [each.id for each in house.read(visible.load_parts, [post]).media[post.id]] == [image.id]
    with pytest.raises(Invalid):
        house.post(anna, media_ids=(image.id,))
    with pytest.raises(AppError):
        house.run(media.change, anna, image.id, description="late")
    assert house.read(media.may_see, Member(ben.id), house.read(media.find, image.id))
    assert not house.read(media.may_see, Anonymous(), house.read(media.find, image.id))


def test_a_poll_is_a_question(house: House) -> None:
    anna = house.local("anna")
    post = house.post(anna, "?", poll=PollDraft((" yes ", "no"), DAY, multiple=True))
    assert post.kind is PostKind.QUESTION
    poll = house.read(visible.load_parts, [post]).polls[post.id]
    assert [option.title for option in poll.options] == ["yes", "no"]
    assert poll.multiple
    assert house.read(polls.get, Member(anna.id), poll.id)[1].id == post.id


def test_markdown_is_rendered(house: House) -> None:
    post = house.post(house.local("anna"), "**now**", content_type=ContentType.MARKDOWN)
    assert "<strong>now</strong>" in post.content
    assert post.source_type == "text/markdown"


def test_a_direct_post_reaches_the_named_only(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    any_house.run(relationships.follow, cleo, anna)
    far = any_house.remote("far")
    post = any_house.post(anna, "@ben @far@there.example psst", visibility=Visibility.DIRECT)
    seers = [each.id for each in (anna, ben, cleo) if _sees(any_house, Member(each.id), post.id)]
    assert seers == [anna.id, ben.id]
    assert _sees(any_house, Peer(far.domain), post.id)
    assert not _sees(any_house, Peer("other.example"), post.id)
    assert any_house.read(timelines.home, Member(cleo.id), Page()) == []
    [(talk, last)] = any_house.read(timelines.conversations, Member(ben.id), Page())
    assert (talk.unread, talk.participants, last.id) == (True, (anna.id, far.id), post.id)
    [(own, _)] = any_house.read(timelines.conversations, Member(anna.id), Page())
    assert not own.unread
    any_house.run(conversations.mark, ben.id, talk.id, unread=False)
    assert not any_house.read(timelines.conversations, Member(ben.id), Page())[0][0].unread
    with pytest.raises(NotFound):
        any_house.run(conversations.mark, cleo.id, talk.id, unread=False)


def _sees(house: House, viewer, post_id: int) -> bool:
    return post_id in house.read(visible.visible_posts, viewer, [post_id])
