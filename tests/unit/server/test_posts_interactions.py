"""Boosts, favourites, bookmarks, pins, muted threads; edits and deletes of one's own posts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from federation.types import Iri
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.posts import PostKind, Visibility
from server.domain.viewers import Member
from server.services import (
    audiences,
    interactions,
    media,
    notifications,
    polls,
    relationships,
    timelines,
)
from server.services.polls import PollDraft
from server.services.posts import visible
from server.services.posts.delete import delete
from server.services.posts.edit import edit, history, source
from server.services.posts.writing import Draft
from server.store import repeats
from server.store.feeds import Tags
from tests.support.house import House, open_house


def see(house: House, viewer: Account, post_id: int):
    return house.read(visible.visible_post, Member(viewer.id), post_id)


def flags(house: House, viewer: Account, post_id: int):
    return house.read(timelines.flags, Member(viewer.id), [post_id]).get(post_id)


def kinds(house: House, account: Account) -> list[NotificationKind]:
    return [each.kind for each in house.read(notifications.page, account.id, Page())]


def test_a_boost_counts_once_and_can_be_taken_back(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    any_house.run(relationships.follow, cleo, ben)
    post = any_house.post(anna)
    boost = any_house.run(interactions.boost, ben, post.id)
    assert any_house.run(interactions.boost, ben, boost.id).id == boost.id
    assert (boost.kind, boost.boost_of_id) == (PostKind.BOOST, post.id)
    assert boost.uri.startswith("https://here.example/activities/")
    assert see(any_house, anna, post.id).boosts_count == 1
    assert kinds(any_house, anna) == [NotificationKind.REBLOG]
    assert flags(any_house, ben, post.id).boosted
    assert [p.id for p in any_house.read(timelines.home, Member(cleo.id), Page())] == [boost.id]
    assert [a.id for _, a in any_house.read(interactions.boosted_by, Member(cleo.id), post.id, Page())] == [
        ben.id
    ]
    assert any_house.run(interactions.unboost, ben, post.id).boosts_count == 0
    any_house.run(interactions.unboost, ben, post.id)
    assert kinds(any_house, anna) == []
    assert any_house.read(timelines.home, Member(cleo.id), Page()) == []
    assert [k for k, _ in any_house.events()][-2:] == ["post.boosted", "post.unboosted"]
    assert any_house.events()[-1][1]["uri"] == boost.uri


def test_a_home_shows_a_post_once_whoever_boosts_it(any_house: House) -> None:
    anna, ben, cleo, dora, emil = (any_house.local(name) for name in ("anna", "ben", "cleo", "dora", "emil"))
    for reader, followed in ((cleo, anna), (cleo, ben), (dora, ben), (dora, emil), (emil, ben)):
        any_house.run(relationships.follow, reader, followed)
    post = any_house.post(anna)
    first = any_house.run(interactions.boost, ben, post.id)
    second = any_house.run(interactions.boost, emil, post.id)
    other = any_house.run(interactions.boost, ben, any_house.post(emil).id)
    for reader, shown in ((cleo, [other.id, post.id]), (dora, [other.boost_of_id, first.id]), (emil, None)):
        found = [one.id for one in any_house.read(timelines.home, Member(reader.id), Page())]
        assert found == (shown or [other.boost_of_id, second.id, first.id]), reader.username


def test_what_may_be_boosted(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    house.run(relationships.follow, ben, anna)
    narrow = house.post(anna, visibility=Visibility.FOLLOWERS)
    direct = house.post(anna, "@ben", visibility=Visibility.DIRECT)
    for by, post in ((ben, narrow), (ben, direct), (anna, direct)):
        with pytest.raises(Invalid):
            house.run(interactions.boost, by, post.id)
    assert house.run(interactions.boost, anna, narrow.id).visibility is Visibility.FOLLOWERS
    with pytest.raises(Invalid):
        house.run(interactions.boost, ben, house.post(anna).id, Visibility.DIRECT)
    with pytest.raises(NotFound):
        house.run(interactions.boost, house.local("cleo"), narrow.id)


def test_boosts_stay_under_the_ceiling(tmp_path) -> None:
    with open_house(tmp_path / "a", posts="followers") as house:
        post = house.arrive(house.remote("far"))
        boost = house.run(interactions.boost, house.local("anna"), post.id, Visibility.PUBLIC)
        assert boost.visibility is Visibility.FOLLOWERS
    with open_house(tmp_path / "b", posts="groups") as house:
        post = house.arrive(house.remote("far"))
        with pytest.raises(Invalid):
            house.run(interactions.boost, house.local("anna"), post.id)


def test_favourites_bookmarks_pins_and_muted_threads(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    post = any_house.post(anna)
    for _ in range(2):
        assert any_house.run(interactions.favourite, ben, post.id).favourites_count == 1
        any_house.run(interactions.bookmark, ben, post.id)
        any_house.run(interactions.mute_thread, ben, post.id)
        any_house.run(interactions.pin, anna, post.id)
    found = flags(any_house, ben, post.id)
    assert (found.favourited, found.bookmarked, found.muted, found.pinned) == (True, True, True, False)
    assert flags(any_house, anna, post.id).pinned
    assert kinds(any_house, anna) == [NotificationKind.FAVOURITE]
    assert [p.id for _, p in any_house.read(timelines.favourites, Member(ben.id), Page())] == [post.id]
    assert [p.id for _, p in any_house.read(timelines.bookmarks, Member(ben.id), Page())] == [post.id]
    pinned = any_house.read(timelines.account_posts, Member(ben.id), anna, Page(), pinned=True)
    assert [p.id for p in pinned] == [post.id]
    assert [
        a.id for _, a in any_house.read(interactions.favourited_by, Member(anna.id), post.id, Page())
    ] == [ben.id]
    for _ in range(2):
        assert any_house.run(interactions.unfavourite, ben, post.id).favourites_count == 0
        any_house.run(interactions.unbookmark, ben, post.id)
        any_house.run(interactions.unmute_thread, ben, post.id)
        any_house.run(interactions.unpin, anna, post.id)
    assert flags(any_house, ben, post.id) is None
    assert kinds(any_house, anna) == []
    assert [k for k, _ in any_house.events()].count("post.favourited") == 1


def test_only_own_posts_are_pinned_and_few(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    with pytest.raises(Invalid):
        house.run(interactions.pin, ben, house.post(anna).id)
    for _ in range(interactions.PIN_LIMIT):
        house.run(interactions.pin, anna, house.post(anna).id)
    with pytest.raises(Invalid):
        house.run(interactions.pin, anna, house.post(anna).id)
    assert len(house.read(timelines.account_posts, Member(ben.id), anna, Page(), pinned=True)) == 5


def test_a_muted_thread_is_silent(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    post = house.post(anna)
    house.run(interactions.mute_thread, anna, post.id)
    house.post(ben, "@anna", in_reply_to_id=post.id)
    assert kinds(house, anna) == []


def test_an_edit_keeps_what_was_said(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    post = any_house.post(anna, "First #a", summary="w")
    any_house.run(interactions.boost, ben, post.id)
    after = any_house.run(edit, anna, post.id, Draft(text="Second @cleo #b", sensitive=True))
    assert (after.source, after.summary, after.sensitive, after.tags) == (
        "Second @cleo #b",
        "",
        True,
        ("b",),
    )
    assert after.edited_at is not None
    assert after.version > post.version
    assert after.visibility is post.visibility
    said = any_house.read(history, Member(ben.id), after)
    assert [(each.content, each.summary) for each in said] == [(post.content, "w"), (after.content, "")]
    assert said[0].created_at == post.published_at
    assert kinds(any_house, cleo) == [NotificationKind.MENTION]
    assert kinds(any_house, ben) == [NotificationKind.UPDATE]
    assert any_house.events()[-1][0] == "post.edited"
    assert any_house.read(source, anna, post.id).source == "Second @cleo #b"
    tagged = any_house.read(timelines.tag, Member(ben.id), Page(), Tags(("a",)))
    assert tagged == []
    for wrong in (edit, source):
        with pytest.raises(NotFound):
            args = (Draft(text="x"),) if wrong is edit else ()
            any_house.run(wrong, ben, post.id, *args)


def test_an_edit_never_widens_the_audience(house: House) -> None:
    anna, ben, cleo = (house.local(name) for name in ("anna", "ben", "cleo"))
    post = house.post(anna, "@ben", visibility=Visibility.DIRECT)
    after = house.run(edit, anna, post.id, Draft(text="@cleo look", visibility=Visibility.PUBLIC))
    assert after.visibility is Visibility.DIRECT
    assert house.read(visible.visible_posts, Member(cleo.id), [post.id]) == {}
    assert see(house, ben, post.id).content == after.content
    assert cleo.url not in after.content


def test_an_edit_of_media_and_polls(house: House) -> None:
    anna, ben = house.local("anna"), house.local("ben")
    images = [house.run(media.add, anna, {"mime": "image/png", "digest": c * 64}) for c in "ab"]
    post = house.post(anna, "x", media_ids=(images[0].id,))
    house.run(
        edit,
        anna,
        post.id,
        Draft(text="x", media_ids=(images[1].id,)),
        {images[1].id: {"description": "scan"}},
    )
    [shown] = house.read(visible.load_parts, [post]).media[post.id]
    assert (shown.id, shown.description) == (images[1].id, "scan")
    asked = house.post(anna, "?", poll=PollDraft(("a", "b"), timedelta(hours=1)))
    poll = house.read(polls.find, asked.id)
    house.run(polls.vote, ben, poll.id, [0])
    same = Draft(text="??", poll=PollDraft(("a", "b"), timedelta(hours=1)))
    house.run(edit, anna, asked.id, same)
    assert house.read(polls.find, asked.id).voters_count == 1
    house.run(edit, anna, asked.id, Draft(text="?", poll=PollDraft(("a", "c"), timedelta(hours=1))))
    after = house.read(polls.find, asked.id)
    assert (after.voters_count, [o.votes for o in after.options]) == (0, [0, 0])
    assert house.run(edit, anna, asked.id, Draft(text="no poll")).kind is PostKind.NOTE


def test_voting(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    asked = any_house.post(anna, "?", poll=PollDraft(("a", "b"), timedelta(hours=1)))
    poll = any_house.read(polls.find, asked.id)
    after, _ = any_house.run(polls.vote, ben, poll.id, [1])
    assert ([o.votes for o in after.options], after.voters_count) == ([0, 1], 1)
    assert any_house.read(polls.own_votes, ben.id, [poll.id]) == {poll.id: (1,)}
    for by, choices in ((ben, [0]), (anna, [0]), (cleo, []), (cleo, [2]), (cleo, [0, 1])):
        with pytest.raises(Invalid):
            any_house.run(polls.vote, by, poll.id, choices)
    assert see(any_house, cleo, asked.id).version > asked.version
    any_house.clock.advance(timedelta(hours=2))
    with pytest.raises(Invalid):
        any_house.run(polls.vote, cleo, poll.id, [0])


def test_a_delete_leaves_a_tombstone_and_tells_those_who_had_it(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    follower = any_house.remote("follower", "f.example")
    any_house.remote("named", "n.example")
    any_house.run(relationships.receive_follow, follower, anna, Iri(f"{follower.uri}/f"))
    parent = any_house.post(ben)
    post = any_house.post(anna, "@named@n.example #x", in_reply_to_id=parent.id)
    any_house.run(interactions.boost, ben, post.id)
    with pytest.raises(NotFound):
        any_house.run(delete, ben, post.id)
    gone = any_house.run(delete, anna, post.id)
    assert gone.source == "@named@n.example #x"
    with pytest.raises(NotFound):
        see(any_house, anna, post.id)
    assert any_house.read(repeats.find_tombstone, post.uri) is not None
    assert see(any_house, ben, parent.id).replies_count == 0
    assert (any_house.account(anna).posts_count, any_house.account(ben).posts_count) == (0, 1)
    kind, payload = any_house.events()[-1]
    assert (kind, payload["uri"]) == ("post.deleted", post.uri)
    found = any_house.read(audiences.recipients_of_deleted, payload)
    assert {origin for origin, _ in found.inboxes} == {"f.example", "n.example"}
    assert any_house.read(timelines.home, Member(ben.id), Page())[0].id == parent.id


def test_tags_of_any_all_and_none(any_house: House) -> None:
    anna = any_house.local("anna")
    posts = {text: any_house.post(anna, text).id for text in ("#a", "#b", "#a #b", "#a #c")}

    def found(*, more: tuple[str, ...] = (), without: tuple[str, ...] = (), first=("a",)) -> set[int]:
        tags = Tags(first, more, without)
        return {p.id for p in any_house.read(timelines.tag, Member(anna.id), Page(), tags)}

    assert found() == {posts["#a"], posts["#a #b"], posts["#a #c"]}
    assert found(more=("b",)) == {posts["#a #b"]}
    assert found(without=("c",)) == {posts["#a"], posts["#a #b"]}
    assert found(first=("b", "c")) == {posts["#b"], posts["#a #b"], posts["#a #c"]}


def test_the_public_timeline_with_media_and_by_place(any_house: House) -> None:
    anna, far = any_house.local("anna"), any_house.remote("far")
    images = [any_house.run(media.add, anna, {"mime": "image/png", "digest": c * 64}) for c in "ab"]
    shown = any_house.post(anna, "x", media_ids=tuple(each.id for each in images))
    plain, theirs = any_house.post(anna), any_house.arrive(far)
    answer = any_house.post(any_house.local("ben"), in_reply_to_id=plain.id)

    def found(**scope: bool) -> list[int]:
        return [p.id for p in any_house.read(timelines.public, Member(anna.id), Page(), **scope)]

    assert found() == [theirs.id, plain.id, shown.id]
    assert answer.id not in found()
    assert found(only_media=True) == [shown.id]
    assert found(local=True) == [plain.id, shown.id]
    assert found(remote=True) == [theirs.id]


def test_notifications_are_paged_dismissed_and_counted(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    for _ in range(3):
        any_house.post(ben, "@anna")
    any_house.run(relationships.follow, ben, anna)
    found = any_house.read(notifications.page, anna.id, Page())
    assert [each.kind for each in found] == [NotificationKind.FOLLOW] + [NotificationKind.MENTION] * 3
    mentions = any_house.read(notifications.page, anna.id, Page(), [NotificationKind.MENTION])
    assert len(mentions) == 3
    without = any_house.read(notifications.page, anna.id, Page(), None, [NotificationKind.MENTION])
    assert [each.kind for each in without] == [NotificationKind.FOLLOW]
    assert any_house.read(notifications.unread_count, anna.id) == 4
    older = any_house.read(notifications.page, anna.id, Page(limit=2, max_id=found[1].id))
    assert [each.id for each in older] == [each.id for each in found[2:]]
    any_house.run(notifications.dismiss, anna.id, found[0].id)
    with pytest.raises(NotFound):
        any_house.run(notifications.dismiss, ben.id, found[1].id)
    with pytest.raises(NotFound):
        any_house.read(notifications.get, anna.id, found[0].id)
    assert any_house.read(notifications.get, anna.id, found[1].id).id == found[1].id
    any_house.run(notifications.clear, anna.id)
    assert any_house.read(notifications.page, anna.id, Page()) == []


def test_stamps_change_with_what_an_entity_shows(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    post = any_house.post(anna)
    boost = any_house.run(interactions.boost, ben, post.id)
    before = any_house.read(visible.stamps, [post, boost])
    any_house.run(interactions.favourite, ben, post.id)
    after = any_house.read(visible.stamps, [post, boost])
    assert after[post.id] != before[post.id]
    assert after[boost.id] != before[boost.id]
    assert any_house.read(visible.stamps, [post, boost]) == after
