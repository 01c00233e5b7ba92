"""Posts from elsewhere: stored once, threaded in any order, edited and deleted by their owner alone."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations

import pytest

from federation.types import Iri
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.posts import PollOption, PostKind, Visibility
from server.domain.viewers import Member
from server.services import notifications, polls, relationships, timelines
from server.services.polls import PollDraft, Voted
from server.services.posts import receive_reactions, visible
from server.services.posts.delete import Deleted, forget_old, receive_delete
from server.services.posts.edit import history
from server.services.posts.receive import (
    Edited,
    IncomingMedia,
    IncomingPoll,
    Received,
    receive,
    receive_edit,
)
from server.services.posts.receive_reactions import Reacted
from server.store import repeats
from tests.support.house import House


def follow(house: House, one: Account, other: Account) -> None:
    """An accepted follow, remote targets included."""
    made = house.run(relationships.follow, one, other)
    if made.state.value == "pending":
        house.run(relationships.receive_accept, other, made.uri)


def home(house: House, reader: Account) -> list[int]:
    return [each.id for each in house.read(timelines.home, Member(reader.id), Page())]


def test_arrives_once_and_is_read_by_followers(any_house: House) -> None:
    anna, ben, far = any_house.local("anna"), any_house.local("ben"), any_house.remote("far")
    follow(any_house, anna, far)
    incoming = any_house.incoming(far, content="<p onclick=x>Hi<script>1</script></p>", tags=("#Sepsis",))
    post, result = any_house.run(receive, far, incoming)
    assert (result, post.content, post.tags) == (Received.CREATED, "<p>Hi</p>", ("sepsis",))
    again, repeated = any_house.run(receive, far, incoming)
    assert (again.id, repeated) == (post.id, Received.DUPLICATE)
    assert any_house.account(far).posts_count == 1
    assert home(any_house, anna) == [post.id]
    assert home(any_house, ben) == []


def test_what_concerns_nobody_is_not_kept(house: House) -> None:
    far = house.remote("far")
    incoming = house.incoming(far)
    assert house.run(receive, far, incoming) == (None, Received.IRRELEVANT)
    assert house.run(receive, far, incoming, wanted=True)[1] is Received.CREATED


def test_a_mention_or_an_answer_concerns_us(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    named, result = house.run(receive, far, house.incoming(far, mentions=(anna.uri,)))
    assert result is Received.CREATED
    assert [each.post_id for each in house.read(notifications.page, anna.id, Page())] == [named.id]
    own = house.post(anna)
    answer, result = house.run(receive, far, house.incoming(far, in_reply_to_uri=own.uri))
    assert (result, answer.in_reply_to_id, answer.thread_id) == (Received.CREATED, own.id, own.id)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_thread_is_the_same_in_whatever_order_it_arrives(house: House, order: tuple[int, ...]) -> None:
    anna, far = house.local("anna"), house.remote("far")
    follow(house, anna, far)
    root, reply = house.incoming(far), house.incoming(far)
    incoming = [
        root,
        house.incoming(far, in_reply_to_uri=root.uri),
        reply,
        house.incoming(far, in_reply_to_uri=root.uri),
    ]
    incoming[2] = house.incoming(far, in_reply_to_uri=incoming[1].uri)
    for number in order:
        house.run(receive, far, incoming[number])
    stored = [house.read(visible.find_by_uri, each.uri) for each in incoming]
    assert len({post.thread_id for post in stored}) == 1
    assert [post.in_reply_to_id for post in stored] == [None, stored[0].id, stored[1].id, stored[0].id]
    assert [post.replies_count for post in stored] == [2, 1, 0, 0]
    above, below = house.read(visible.context_of, Member(anna.id), stored[1])
    assert [each.id for each in above] == [stored[0].id]
    assert [each.id for each in below] == [stored[2].id]
    assert sorted(home(house, anna)) == sorted(post.id for post in stored)


def test_answers_to_strangers_stay_out_of_home(house: House) -> None:
    anna, far, other = house.local("anna"), house.remote("far"), house.remote("other")
    follow(house, anna, far)
    question = house.arrive(other)
    answer = house.arrive(far, in_reply_to_uri=question.uri)
    assert home(house, anna) == []
    follow(house, anna, other)
    later = house.arrive(far, in_reply_to_uri=question.uri)
    assert home(house, anna) == [later.id, question.id]
    assert house.read(visible.visible_post, Member(anna.id), answer.id).id == answer.id


def test_mutes_blocks_and_suspensions_hide(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    follow(house, anna, far)
    house.arrive(far, mentions=(anna.uri,))
    house.run(relationships.mute, anna, far, duration=timedelta(hours=1))
    house.arrive(far, mentions=(anna.uri,))
    assert home(house, anna) == []
    assert house.read(notifications.page, anna.id, Page()) == []
    house.clock.advance(timedelta(hours=2))
    assert len(home(house, anna)) == 2
    assert len(house.read(notifications.page, anna.id, Page())) == 1
    house.run(relationships.block, anna, far)
    assert home(house, anna) == []
    assert house.read(notifications.page, anna.id, Page()) == []


def test_the_owner_deletes_and_nothing_comes_back(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    follow(any_house, anna, far)
    incoming = any_house.incoming(far)
    post, _ = any_house.run(receive, far, incoming)
    assert any_house.run(receive_delete, other.uri, post.uri) is Deleted.NOT_OWNER
    assert any_house.run(receive_delete, far.uri, post.uri) is Deleted.DELETED
    assert any_house.run(receive_delete, far.uri, post.uri) is Deleted.UNKNOWN
    assert any_house.run(receive, far, incoming) == (None, Received.TOMBSTONED)
    assert home(any_house, anna) == []
    assert any_house.account(far).posts_count == 0


def test_a_delete_before_its_create_wins_but_only_for_its_owner(house: House) -> None:
    anna, far, other = house.local("anna"), house.remote("far"), house.remote("other")
    follow(house, anna, far)
    late, safe = house.incoming(far), house.incoming(far)
    assert house.run(receive_delete, far.uri, late.uri) is Deleted.UNKNOWN
    assert house.run(receive_delete, other.uri, safe.uri) is Deleted.UNKNOWN
    assert house.run(receive, far, late)[1] is Received.TOMBSTONED
    assert house.run(receive, far, safe)[1] is Received.CREATED
    house.clock.advance(timedelta(days=31))
    house.run(forget_old)
    assert house.read(repeats.find_tombstone, late.uri) is None


def test_edits_only_by_the_owner_and_only_newer(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    follow(any_house, anna, far)
    first = any_house.incoming(far, media=(IncomingMedia("https://there.example/a.png", "image/png"),))
    post, _ = any_house.run(receive, far, first)

    def changed(**values: object):
        return any_house.incoming(far, uri=first.uri, published_at=first.published_at, **values)

    newer = first.published_at + timedelta(minutes=2)
    edited = changed(
        content="<p>Better</p>", updated_at=newer, mentions=(anna.uri,), visibility=Visibility.DIRECT
    )
    assert any_house.run(receive_edit, other, edited) is Edited.NOT_OWNER
    assert any_house.run(receive_edit, far, changed(updated_at=first.published_at)) is Edited.STALE
    assert any_house.run(receive_edit, far, edited) is Edited.EDITED
    assert any_house.run(receive_edit, far, edited) is Edited.STALE
    assert any_house.run(receive_edit, far, any_house.incoming(far)) is Edited.UNKNOWN
    after = any_house.read(visible.visible_post, Member(anna.id), post.id)
    assert (after.content, after.edited_at, after.visibility) == ("<p>Better</p>", newer, Visibility.PUBLIC)
    assert after.version > post.version
    assert [each.content for each in any_house.read(history, Member(anna.id), after)] == [
        "<p>Hello</p>",
        "<p>Better</p>",
    ]
    assert [each.kind for each in any_house.read(notifications.page, anna.id, Page())] == [
        NotificationKind.MENTION
    ]
    assert any_house.read(visible.load_parts, [after]).media == {}


def test_counts_of_a_remote_poll_are_taken_over(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    follow(house, anna, far)
    ends = house.clock.now() + timedelta(days=1)

    def asked(yes: int) -> IncomingPoll:
        return IncomingPoll((PollOption("yes", yes), PollOption("no", 0)), False, ends, None, yes)

    first = house.incoming(far, kind=PostKind.QUESTION, poll=asked(0))
    post, _ = house.run(receive, far, first)
    again = house.incoming(far, uri=first.uri, kind=PostKind.QUESTION, poll=asked(7))
    assert house.run(receive_edit, far, again) is Edited.TALLIED
    poll = house.read(visible.load_parts, [post]).polls[post.id]
    assert (poll.options[0].votes, poll.voters_count) == (7, 7)
    house.run(polls.vote, anna, poll.id, [1])
    assert house.read(polls.find, post.id).options[1].votes == 1
    kind, payload = house.events()[-1]
    assert (kind, payload["choices"], payload["account_id"]) == ("poll.voted", "1", anna.id)


def test_votes_from_elsewhere_count_once(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    post = any_house.post(anna, "?", poll=PollDraft(("yes", "no"), timedelta(hours=1)))

    def vote(voter: Account, choice: str) -> Voted:
        any_house.serial += 1
        uri = Iri(f"{voter.uri}/votes/{any_house.serial}")
        return any_house.run(polls.receive_vote, voter, post, (choice,), uri)

    assert vote(far, "yes") is Voted.COUNTED
    assert vote(far, "yes") is Voted.REPEATED
    assert vote(far, "no") is Voted.REFUSED
    assert vote(other, "maybe") is Voted.REFUSED
    assert vote(other, "no") is Voted.COUNTED
    poll = any_house.read(polls.find, post.id)
    assert [(o.votes) for o in poll.options] == [1, 1]
    assert poll.voters_count == 2
    any_house.clock.advance(timedelta(hours=2))
    assert vote(any_house.remote("late"), "yes") is Voted.CLOSED
    assert any_house.run(polls.close_due) == 1
    assert any_house.run(polls.close_due) == 0
    assert [each.kind for each in any_house.read(notifications.page, anna.id, Page())] == [
        NotificationKind.POLL
    ]


def test_a_vote_needs_sight_of_the_poll(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    post = house.post(
        anna,
        "?",
        visibility=Visibility.FOLLOWERS,
        poll=PollDraft(("yes", "no"), timedelta(hours=1)),
    )
    assert house.run(polls.receive_vote, far, post, ("yes",), Iri("https://there.example/v")) is Voted.REFUSED


def test_likes_count_once_and_can_be_undone(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    post = any_house.post(anna)
    uri = Iri(f"{far.uri}/likes/1")
    assert any_house.run(receive_reactions.receive_like, far, post, uri) is Reacted.DONE
    assert any_house.run(receive_reactions.receive_like, far, post, uri) is Reacted.REPEATED
    assert _post(any_house, anna, post.id).favourites_count == 1
    assert any_house.run(receive_reactions.receive_unlike, other, uri) is Reacted.UNKNOWN
    assert any_house.run(receive_reactions.receive_unlike, far, uri) is Reacted.DONE
    assert _post(any_house, anna, post.id).favourites_count == 0
    assert any_house.read(notifications.page, anna.id, Page()) == []
    early = Iri(f"{far.uri}/likes/2")
    assert any_house.run(receive_reactions.receive_unlike, far, early) is Reacted.UNKNOWN
    assert any_house.run(receive_reactions.receive_like, far, post, early) is Reacted.TOMBSTONED


def test_a_like_needs_sight_of_the_post(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    post = house.post(anna, visibility=Visibility.FOLLOWERS)
    uri = Iri(f"{far.uri}/likes/1")
    assert house.run(receive_reactions.receive_like, far, post, uri) is Reacted.REFUSED


def test_boosts_come_home_once(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    follow(any_house, anna, far)
    follow(any_house, anna, other)
    post = any_house.arrive(any_house.remote("author"))
    results = [
        any_house.run(
            receive_reactions.receive_boost,
            booster,
            post,
            Iri(f"{booster.uri}/b"),
            any_house.clock.now(),
            Visibility.PUBLIC,
        )[1]
        for booster in (far, other, other)
    ]
    assert results == [Received.CREATED, Received.CREATED, Received.DUPLICATE]
    [entry] = any_house.read(timelines.home, Member(anna.id), Page())
    assert (entry.account_id, entry.boost_of_id) == (far.id, post.id)
    assert _post(any_house, anna, post.id).boosts_count == 2
    assert any_house.run(receive_reactions.receive_unboost, far, entry.uri) is Reacted.DONE
    assert _post(any_house, anna, post.id).boosts_count == 1


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
def test_what_is_for_few_cannot_be_boosted_from_elsewhere(house: House, visibility: Visibility) -> None:
    anna, far = house.local("anna"), house.remote("far")
    follow(house, anna, far)
    post = house.post(anna, "@far@there.example", visibility=visibility)
    uri = Iri(f"{far.uri}/b")
    answer = house.run(receive_reactions.receive_boost, far, post, uri, house.clock.now(), Visibility.PUBLIC)
    assert answer == (None, Received.IRRELEVANT)


def test_a_follower_without_boosts_reads_none(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    follow(house, anna, far)
    house.run(relationships.follow, anna, far, reblogs=False)
    post = house.arrive(house.remote("author"))
    house.run(
        receive_reactions.receive_boost,
        far,
        post,
        Iri(f"{far.uri}/b"),
        house.clock.now(),
        Visibility.PUBLIC,
    )
    assert home(house, anna) == []


def _post(house: House, viewer: Account, post_id: int):
    return house.read(visible.visible_post, Member(viewer.id), post_id)


def test_a_direct_post_from_elsewhere_is_a_conversation(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    names = [anna.uri, far.uri]
    random.Random(1).shuffle(names)
    post = house.arrive(far, visibility=Visibility.DIRECT, addressed=tuple(names))
    [(talk, last)] = house.read(timelines.conversations, Member(anna.id), Page())
    assert (talk.participants, last.id, talk.unread) == ((far.id,), post.id, True)
    house.run(receive_delete, far.uri, post.uri)
    assert house.read(timelines.conversations, Member(anna.id), Page()) == []
