"""Follows, blocks, mutes: what members decide and what other instances tell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from federation.types import Iri
from server.core.errors import Invalid, NotFound, NotPermitted
from server.domain.accounts import Account, FollowState
from server.domain.notifications import NotificationKind
from server.domain.pages import Page
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.viewers import Member
from server.services import (
    audiences,
    instances,
    lists,
    notifications,
    relationships,
    reports,
    timelines,
)
from server.services.posts import visible
from server.services.relationships import Answered, FollowAnswer
from tests.support.house import House


def between(house: House, one: Account, other: Account):
    return house.read(relationships.relationships, one.id, [other.id])[0]


def kinds(house: House, account: Account) -> list[NotificationKind]:
    return [each.kind for each in house.read(notifications.page, account.id, Page())]


def home(house: House, reader: Account) -> list[int]:
    return [each.id for each in house.read(timelines.home, Member(reader.id), Page())]


def test_following_an_open_account_here(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    posts = [any_house.post(ben, f"{number}") for number in range(3)]
    secret = any_house.post(ben, "x", visibility=Visibility.FOLLOWERS)
    made = any_house.run(relationships.follow, anna, ben)
    again = any_house.run(relationships.follow, anna, ben, reblogs=False, notify=True, languages=["fr"])
    assert made.state is FollowState.ACCEPTED
    assert (again.id, again.reblogs, again.notify, again.languages) == (made.id, False, True, ("fr",))
    assert between(any_house, anna, ben).following
    assert between(any_house, ben, anna).followed_by
    assert (any_house.account(anna).following_count, any_house.account(ben).followers_count) == (1, 1)
    assert home(any_house, anna) == [secret.id, *(post.id for post in reversed(posts))]
    assert kinds(any_house, ben) == [NotificationKind.FOLLOW]
    any_house.run(relationships.unfollow, anna, ben)
    any_house.run(relationships.unfollow, anna, ben)
    assert home(any_house, anna) == []
    assert (any_house.account(anna).following_count, any_house.account(ben).followers_count) == (0, 0)
    assert kinds(any_house, ben) == []
    ended = [payload for kind, payload in any_house.events() if kind == "follow.ended"]
    assert [payload["uri"] for payload in ended] == [made.uri]


def test_a_locked_account_decides(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(n, locked=n == "cleo") for n in ("anna", "ben", "cleo"))
    for one in (anna, ben):
        assert any_house.run(relationships.follow, one, cleo).state is FollowState.PENDING
    secret = any_house.post(cleo, visibility=Visibility.FOLLOWERS)
    assert between(any_house, anna, cleo).requested
    assert between(any_house, cleo, anna).requested_by
    asking = any_house.read(relationships.requests, cleo.id, Page())
    assert [account.id for _, account in asking] == [ben.id, anna.id]
    any_house.run(relationships.accept_request, cleo, anna.id)
    any_house.run(relationships.reject_request, cleo, ben.id)
    with pytest.raises(NotFound):
        any_house.run(relationships.accept_request, cleo, ben.id)
    assert between(any_house, anna, cleo).following
    assert not between(any_house, ben, cleo).requested
    assert home(any_house, anna) == [secret.id]
    assert [k for k, _ in any_house.events()][-2:] == ["follow.accepted", "follow.rejected"]
    assert kinds(any_house, cleo) == [NotificationKind.FOLLOW]
    any_house.run(relationships.remove_follower, cleo, anna.id)
    assert home(any_house, anna) == []


def test_who_cannot_be_followed(house: House) -> None:
    anna, ben, gone = (
        house.local("anna"),
        house.local("ben"),
        house.remote("gone", deleted_at=house.clock.now()),
    )
    moved = house.remote("moved", moved_to_uri="https://new.example/a")
    for target, error in ((anna, NotPermitted), (gone, NotFound), (moved, NotPermitted)):
        with pytest.raises(error):
            house.run(relationships.follow, anna, target)
    house.run(relationships.block, ben, anna)
    with pytest.raises(NotPermitted):
        house.run(relationships.follow, anna, ben)
    with pytest.raises(NotPermitted):
        house.run(relationships.follow, ben, anna)


def test_a_remote_account_answers(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    asked = any_house.run(relationships.follow, anna, far)
    kind, payload = any_house.events()[-1]
    assert (kind, payload["uri"], payload["target_id"]) == ("follow.requested", asked.uri, far.id)
    assert asked.uri.startswith("https://here.example/activities/")
    assert any_house.run(relationships.receive_accept, other, asked.uri) is Answered.UNKNOWN
    assert any_house.run(relationships.receive_accept, far, None, anna) is Answered.DONE
    assert any_house.run(relationships.receive_accept, far, asked.uri) is Answered.REPEATED
    assert between(any_house, anna, far).following
    assert any_house.run(relationships.receive_reject, other, asked.uri) is Answered.UNKNOWN
    assert any_house.run(relationships.receive_reject, far, asked.uri) is Answered.DONE
    assert not between(any_house, anna, far).following
    assert any_house.account(far).followers_count == 0


def test_a_remote_follow_is_answered_each_time(any_house: House) -> None:
    anna, far = any_house.local("anna"), any_house.remote("far")
    uris = [Iri(f"{far.uri}/follows/{number}") for number in range(2)]
    for uri in (uris[0], uris[0], uris[1]):
        assert any_house.run(relationships.receive_follow, far, anna, uri) is FollowAnswer.ACCEPTED
    answers = [payload["uri"] for kind, payload in any_house.events() if kind == "follow.accepted"]
    assert answers == [uris[0], uris[0], uris[1]]
    assert any_house.account(anna).followers_count == 1
    assert kinds(any_house, anna) == [NotificationKind.FOLLOW]
    assert (
        any_house.run(relationships.receive_undo_follow, any_house.remote("x"), uris[1]) is Answered.UNKNOWN
    )
    assert any_house.run(relationships.receive_undo_follow, far, uris[1]) is Answered.DONE
    assert any_house.account(anna).followers_count == 0
    assert kinds(any_house, anna) == []


def test_a_remote_follow_waits_or_is_refused(house: House) -> None:
    locked, anna, far = house.local("locked", locked=True), house.local("anna"), house.remote("far")
    guest = house.remote("guest", "guest.example")
    house.run(instances.set_trust, "command", guest.domain, Trust.LIMITED)

    def ask(follower: Account, target: Account) -> FollowAnswer:
        house.serial += 1
        return house.run(
            relationships.receive_follow, follower, target, Iri(f"{follower.uri}/f/{house.serial}")
        )

    assert ask(far, locked) is FollowAnswer.PENDING
    assert ask(guest, anna) is FollowAnswer.PENDING
    house.run(relationships.block, anna, far)
    assert ask(far, anna) is FollowAnswer.REJECTED
    house.run(relationships.accept_request, locked, far.id)
    assert between(house, locked, far).followed_by
    taken = Iri(f"{guest.uri}/f/taken")
    assert house.run(relationships.receive_follow, guest, locked, taken) is FollowAnswer.PENDING
    third = house.remote("third", "guest.example")
    assert house.run(relationships.receive_follow, third, anna, taken) is FollowAnswer.REJECTED


def test_a_block_ends_everything(any_house: House) -> None:
    anna, far = any_house.local("anna"), any_house.remote("far")
    asked = any_house.run(relationships.follow, anna, far)
    any_house.run(relationships.receive_accept, far, asked.uri)
    any_house.run(relationships.receive_follow, far, anna, Iri(f"{far.uri}/f"))
    theirs = any_house.arrive(far)
    assert home(any_house, anna) == [theirs.id]
    any_house.run(relationships.block, anna, far)
    any_house.run(relationships.block, anna, far)
    found = between(any_house, anna, far)
    assert (found.blocking, found.following, found.followed_by) == (True, False, False)
    assert home(any_house, anna) == []
    assert [k for k, _ in any_house.events()][-3:] == ["follow.ended", "follow.rejected", "block.made"]
    assert [a.id for _, a in any_house.read(relationships.blocks, anna.id, Page())] == [far.id]
    with pytest.raises(NotFound):
        any_house.read(visible.visible_post, Member(anna.id), theirs.id)
    any_house.run(relationships.unblock, anna, far)
    any_house.run(relationships.unblock, anna, far)
    assert [k for k, _ in any_house.events()].count("block.ended") == 1
    assert any_house.read(visible.visible_post, Member(anna.id), theirs.id).id == theirs.id


def test_a_received_block_hides_both(any_house: House) -> None:
    anna, far, other = any_house.local("anna"), any_house.remote("far"), any_house.remote("other")
    asked = any_house.run(relationships.follow, anna, far)
    any_house.run(relationships.receive_accept, far, asked.uri)
    any_house.arrive(far)
    uri = Iri(f"{far.uri}/blocks/1")
    assert any_house.run(relationships.receive_block, far, anna, uri) is Answered.DONE
    assert any_house.run(relationships.receive_block, far, anna, uri) is Answered.REPEATED
    assert home(any_house, anna) == []
    assert between(any_house, anna, far).blocked_by
    assert any_house.run(relationships.receive_unblock, other, uri) is Answered.UNKNOWN
    assert any_house.run(relationships.receive_unblock, far, uri) is Answered.DONE
    assert not between(any_house, anna, far).blocked_by


def test_a_move_takes_followers_along(house: House) -> None:
    anna, old, new = house.local("anna"), house.remote("old"), house.remote("new", "new.example")
    asked = house.run(relationships.follow, anna, old, notify=True)
    house.run(relationships.receive_accept, old, asked.uri)
    assert house.run(relationships.move_followers, old, new) == 1
    assert not between(house, anna, old).following
    found = between(house, anna, new)
    assert (found.requested, found.notifying) == (True, True)
    assert house.run(relationships.move_followers, old, new) == 0


def test_mutes_and_notes_are_private(any_house: House) -> None:
    anna, ben = any_house.local("anna"), any_house.local("ben")
    before = any_house.events()
    any_house.run(relationships.mute, anna, ben, notifications=False, duration=timedelta(minutes=5))
    any_house.run(relationships.note, anna, ben, "met in Lyon")
    found = between(any_house, anna, ben)
    assert (found.muting, found.muting_notifications, found.note) == (True, False, "met in Lyon")
    assert between(any_house, ben, anna).note == ""
    assert any_house.events() == before
    any_house.clock.advance(timedelta(minutes=6))
    assert not between(any_house, anna, ben).muting
    any_house.run(relationships.mute, anna, ben)
    assert [a.id for _, a in any_house.read(relationships.mutes, anna.id, Page())] == [ben.id]
    any_house.run(relationships.unmute, anna, ben)
    any_house.run(relationships.note, anna, ben, "")
    assert between(any_house, anna, ben).note == ""
    with pytest.raises(Invalid):
        any_house.run(relationships.note, anna, ben, "x" * 2001)


def test_collections_are_hidden_where_the_owner_says_so(house: House) -> None:
    anna, ben = house.local("anna", hides_collections=True), house.local("ben")
    house.run(relationships.follow, ben, anna)
    assert house.read(relationships.followers, Member(ben.id), anna, Page()) == []
    assert len(house.read(relationships.followers, Member(anna.id), anna, Page())) == 1
    assert len(house.read(relationships.following, Member(anna.id), ben, Page())) == 1


def test_followers_of_one_instance_share_an_inbox(any_house: House) -> None:
    anna = any_house.local("anna")
    for number in range(100):
        far = any_house.remote(f"far{number}", f"d{number % 10}.example")
        any_house.run(relationships.receive_follow, far, anna, Iri(f"{far.uri}/f"))
    alone = any_house.remote("alone", "alone.example", shared_inbox=None)
    any_house.run(relationships.receive_follow, alone, anna, Iri(f"{alone.uri}/f"))
    inboxes = any_house.read(audiences.inboxes_of_followers, anna.id)
    assert len(inboxes) == 11
    assert ("alone.example", alone.inbox) in inboxes


@pytest.mark.parametrize("visibility", list(Visibility))
def test_only_those_who_may_see_a_post_receive_it(house: House, visibility: Visibility) -> None:
    anna, follower = house.local("anna"), house.remote("follower", "f.example")
    house.remote("named", "n.example")
    stranger = house.remote("stranger", "s.example")
    house.run(relationships.receive_follow, follower, anna, Iri(f"{follower.uri}/f"))
    theirs = house.arrive(stranger)
    post = house.post(anna, "@named@n.example", visibility=visibility, in_reply_to_id=theirs.id)
    found = house.read(audiences.recipients_of_post, post)
    origins = {origin for origin, _ in found.inboxes}
    expected = {"n.example"}
    if visibility is not Visibility.DIRECT:
        expected |= {"f.example"}
    if visibility in {Visibility.PUBLIC, Visibility.UNLISTED}:
        expected |= {"s.example"}
    assert origins == expected


def test_lists_hold_whom_one_follows(any_house: House) -> None:
    anna, ben, cleo = (any_house.local(name) for name in ("anna", "ben", "cleo"))
    made = any_house.run(lists.make, anna.id, "Ward 3", exclusive=True)
    with pytest.raises(NotFound):
        any_house.run(lists.add_members, anna.id, made.id, [ben.id])
    for target in (ben, cleo):
        any_house.run(relationships.follow, anna, target)
    any_house.run(lists.add_members, anna.id, made.id, [ben.id])
    any_house.run(lists.add_members, anna.id, made.id, [ben.id])
    post = any_house.post(ben)
    other = any_house.post(cleo)
    assert [p.id for p in any_house.read(timelines.list_, Member(anna.id), Page(), made.id)] == [post.id]
    assert home(any_house, anna) == [other.id]
    any_house.run(lists.change, anna.id, made.id, exclusive=False)
    assert home(any_house, anna) == [other.id, post.id]
    with pytest.raises(NotFound):
        any_house.read(timelines.list_, Member(ben.id), Page(), made.id)
    assert [each.id for each in any_house.read(lists.holding, anna.id, ben.id)] == [made.id]
    assert [a.id for _, a in any_house.read(lists.members, anna.id, made.id, Page())] == [ben.id]
    any_house.run(relationships.unfollow, anna, ben)
    assert any_house.read(lists.members, anna.id, made.id, Page()) == []
    any_house.run(lists.delete, anna.id, made.id)
    assert any_house.read(lists.all_of, anna.id) == []
    with pytest.raises(Invalid):
        any_house.run(lists.make, anna.id, " ")


def test_reports_name_posts_that_the_reporter_sees(house: House) -> None:
    anna, far = house.local("anna"), house.remote("far")
    post, own = house.arrive(far), house.post(anna)
    made = house.run(reports.make, anna, far, post_ids=[post.id], comment="rude", forward=True)
    assert (made.post_ids, made.forwarded) == ((post.id,), True)
    assert house.events()[-1] == ("report.made", {"report_id": made.id})
    with pytest.raises(NotFound):
        house.run(reports.make, anna, far, post_ids=[own.id])
    assert house.run(reports.receive, far, anna, uri="https://there.example/r", post_ids=[own.id], comment="")
    assert not house.run(
        reports.receive, far, anna, uri="https://there.example/r", post_ids=[own.id], comment=""
    )
    assert len(house.read(reports.unresolved)) == 2
    house.run(reports.resolve, "user:1", made.id)
    assert len(house.read(reports.unresolved)) == 1


def test_a_mute_that_has_run_out_is_not_listed(house: House) -> None:
    ana, ben, cleo = house.local("ana"), house.local("ben"), house.local("cleo")
    house.run(relationships.mute, ana, ben, duration=timedelta(minutes=10))
    house.run(relationships.mute, ana, cleo)
    page = Page(limit=10)
    assert {one.id for _, one in house.read(relationships.mutes, ana.id, page)} == {ben.id, cleo.id}
    house.clock.advance(timedelta(minutes=11))
    assert [one.id for _, one in house.read(relationships.mutes, ana.id, page)] == [cleo.id]
