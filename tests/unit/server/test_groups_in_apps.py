"""What apps see of members-only groups: a list, an account, and for outsiders nothing."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.pages import Page
from server.domain.posts import Visibility
from server.domain.viewers import Anonymous, Member
from server.services import accounts, lists, relationships, search, timelines
from server.store import accounts as account_rows
from server.store import posts
from server.store import relationships as follows
from server.store.session import Unit
from tests.support.groups import a_group, a_member
from tests.support.house import House


def said(house: House, author: Account, group: Account, **columns: Any) -> int:
    """A group's post as a row."""

    def store(unit: Unit) -> int:
        post_id = unit.new_id()
        values = {"visibility": "followers", "group_id": group.id, "content": "<p>ECG</p>", **columns}
        posts.add(
            unit,
            {
                "id": post_id,
                "uri": f"{author.uri}/{post_id}",
                "url": "",
                "account_id": author.id,
                "local": author.local,
                "thread_id": post_id,
                "published_at": unit.now,
                **values,
            },
        )
        return post_id

    return house.run(store)


def follows_too(house: House, one: Account, other: Account) -> None:
    values = {
        "account_id": one.id,
        "target_id": other.id,
        "state": "accepted",
        "uri": f"{one.uri}#{other.id}",
    }
    house.run(lambda unit: follows.add_follow(unit, {"id": unit.new_id(), **values}))


def test_a_group_is_a_list_for_its_members(any_house: House) -> None:
    house = any_house
    anna, bert, group = house.local("anna"), house.local("bert"), a_group(house)
    a_member(house, group, anna)
    number = said(house, anna, group)
    assert [one.id for one in house.read(lists.all_of, anna.id)] == [group.id]
    assert house.read(lists.all_of, bert.id) == []
    shown = house.read(timelines.list_, Member(anna.id), Page(), group.id)
    assert [one.id for one in shown] == [number]
    with pytest.raises(NotFound):
        house.read(timelines.list_, Member(bert.id), Page(), group.id)


def test_the_list_of_a_group_is_not_the_members_own(house: House) -> None:
    anna, bert, group = house.local("anna"), house.local("bert"), a_group(house)
    a_member(house, group, anna)
    for act, more in (
        (lists.change, ("Another name",)),
        (lists.delete, ()),
        (lists.add_members, ([bert.id],)),
        (lists.remove_members, ([bert.id],)),
    ):
        with pytest.raises(Invalid):
            house.run(act, anna.id, group.id, *more)
        with pytest.raises(NotFound):
            house.run(act, bert.id, group.id, *more)


@pytest.mark.parametrize("state", ["suspended", "left", "removed", "banned", "rejected", "requested"])
def test_only_an_active_member_has_the_list(house: House, state: str) -> None:
    anna, group = house.local("anna"), a_group(house)
    a_member(house, group, anna, state=state)
    said(house, house.local("bert"), group)
    assert house.read(lists.all_of, anna.id) == []
    with pytest.raises(NotFound):
        house.read(timelines.list_, Member(anna.id), Page(), group.id)


def test_a_secret_group_exists_for_its_members_and_whom_it_invited(any_house: House) -> None:
    house = any_house
    anna, bert, cleo = house.local("anna"), house.local("bert"), house.local("cleo")
    group = a_group(house, "oncology", access="secret")
    a_member(house, group, anna)
    a_member(house, group, cleo, state="invited")
    for viewer, knows in ((anna, True), (cleo, True), (bert, False)):
        as_viewer = Member(viewer.id)
        assert bool(house.read(accounts.known_to, as_viewer, [group])) is knows
        assert bool(house.read(search.accounts, as_viewer, "oncology", limit=5)) is knows
        assert bool(house.read(search.find_account, as_viewer, "oncology")) is knows
        assert bool(house.read(search.account_at, as_viewer, group.uri)) is knows
    assert house.read(accounts.known_to, Anonymous(), [group]) == []


def test_who_is_in_a_group_is_told_to_members_only(any_house: House) -> None:
    house = any_house
    anna, bert, group = house.local("anna"), house.local("bert"), a_group(house)
    a_member(house, group, anna)
    follows_too(house, anna, group)
    follows_too(house, anna, bert)

    def names(rows: list[tuple[int, Account]]) -> set[str]:
        return {one.username for _, one in rows}

    mine, others = Member(anna.id), Member(bert.id)
    assert names(house.read(relationships.followers, mine, group, Page())) == {"anna"}
    assert names(house.read(relationships.followers, others, group, Page())) == set()
    assert names(house.read(relationships.following, mine, anna, Page())) == {"bert", "cardio"}
    assert names(house.read(relationships.following, others, anna, Page())) == {"bert"}


def test_a_roster_for_moderators_is_for_moderators(house: House) -> None:
    anna, bert = house.local("anna"), house.local("bert")
    group = a_group(house, roster="moderators")
    a_member(house, group, anna)
    a_member(house, group, bert, role="moderator")
    follows_too(house, anna, group)
    assert house.read(relationships.followers, Member(anna.id), group, Page()) == []
    assert len(house.read(relationships.followers, Member(bert.id), group, Page())) == 1


@pytest.mark.parametrize("state", ["left", "removed", "banned", "rejected"])
@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.FOLLOWERS])
def test_who_was_in_a_secret_group_does_not_tell_everybody_what_was_for_it(
    any_house: House, state: str, visibility: Visibility
) -> None:
    house = any_house
    anna, group = house.local("anna"), a_group(house, "oncology", access="secret")
    a_member(house, group, anna, state=state)
    with pytest.raises(Invalid, match="not a member"):
        house.post(anna, "@oncology a patient with syncope", visibility=visibility)


@pytest.mark.parametrize("gone", ["suspended_at", "deleted_at"])
@pytest.mark.parametrize("domain", ["", "there.example"])
def test_what_is_for_a_group_that_is_gone_goes_to_nobody(any_house: House, gone: str, domain: str) -> None:
    house = any_house
    anna, group = house.local("anna"), a_group(house, domain=domain)
    a_member(house, group, anna)
    house.run(lambda unit: account_rows.change(unit, group.id, {gone: unit.now}))
    handle = f"@{group.username}@{domain}" if domain else f"@{group.username}"
    with pytest.raises(Invalid, match="dissolved"):
        house.post(anna, f"{handle} a patient with syncope", visibility=Visibility.PUBLIC)


def test_the_name_of_a_secret_group_is_a_word_to_who_never_knew_it(house: House) -> None:
    bert = house.local("bert")
    a_group(house, "oncology", access="secret")
    post = house.post(bert, "@oncology is a nice word", visibility=Visibility.PUBLIC)
    assert post.group_id is None
    assert "href" not in post.content
