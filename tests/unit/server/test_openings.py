"""Break-glass: opened with a reason and a second factor, told at once, read for hours at most, each post recorded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from server.core.errors import AppError, Conflict, Invalid, NotFound, NotPermitted
from server.core.i18n import Catalogue
from server.domain.accounts import Account
from server.domain.groups import MembershipRole
from server.domain.openings import Opening
from server.domain.pages import Page
from server.domain.posts import Standing
from server.domain.users import Role, User
from server.domain.viewers import Opener
from server.services import accounts, audit, mail, openings, reads, second_factors
from server.services.openings import Opened
from server.services.posts import visible
from server.store import openings as rows
from server.store import users
from server.store.session import Unit
from server.store.tables.posts import post as post_table
from tests.support.groups import a_group, a_member
from tests.support.house import House, open_house
from tests.unit.server.test_reads import said

pytestmark = pytest.mark.slow

WHY = "The patient is in the emergency room"
ALL = Page(limit=20)


def person(unit: Unit, name: str, role: Role = Role.MEMBER, *, factor: bool = True) -> User:
    """Who signs in with an account that is here already."""
    account, user_id = accounts.get_local(unit, name), unit.new_id()
    users.add(
        unit,
        {
            "id": user_id,
            "email": f"{name}@house.example",
            "role": role.value,
            "account_id": account.id,
            "created_at": unit.now,
        },
    )
    if factor:
        secret = second_factors.start_totp(unit, user_id, name).secret
        second_factors.confirm_totp(unit, user_id, pyotp.TOTP(secret).at(unit.now), "phone")
    user = users.find(unit, user_id)
    assert user is not None
    return user


def staff(house: House, name: str, role: Role = Role.MEMBER, *, factor: bool = True) -> User:
    house.local(name)
    return house.run(person, name, role, factor=factor)


class Ward:
    """cardio, a closed group in which anna wrote and which bert moderates; dora administers, otto audits. The latter two are not in it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dora = staff(house, "dora", Role.ADMIN)
        self.otto = staff(house, "otto", Role.AUDITOR)
        self.anna, self.bert = house.local("anna"), house.local("bert")
        self.cardio = a_group(house)
        a_member(house, self.cardio, self.anna)
        a_member(house, self.cardio, self.bert, role=MembershipRole.MODERATOR.value)
        self.post, self.uri = said(house, self.anna, self.cardio)

    def open(
        self, user: User | None = None, name: str = "cardio", reason: str = WHY, hours: int = 4
    ) -> Opening:
        return self.house.run(openings.open_group, (user or self.dora).id, name, reason, hours)

    def read(self, opening: Opening, user: User | None = None) -> Opened:
        return self.house.run(openings.read, (user or self.dora).id, opening.id, ALL)

    def shown(self, opening: Opening) -> list[int]:
        return [one.id for one in self.read(opening).posts]

    def missing(self, opening: Opening, user: User | None = None) -> None:
        """The same as what does not exist; and the predicate, asked without the service, says so too."""
        user = user or self.dora
        with pytest.raises(NotFound) as refused:
            self.read(opening, user)
        with pytest.raises(NotFound) as nothing:
            self.house.run(openings.read, user.id, 1, ALL)
        assert (refused.value.message, refused.value.values) == (nothing.value.message, nothing.value.values)
        opener = Opener(opening.id, user.account_id, self.house.clock.now())
        assert self.house.read(visible.visible_posts, opener, [self.post]) == {}

    def recorded(self, action: str) -> list[dict[str, Any]]:
        return self.house.read(lambda unit: audit.entries(unit, 1000, action=action))


def test_an_opened_group_is_read_by_who_opened_it_until_it_is_over(any_house: House) -> None:
    ward = Ward(any_house)
    other = staff(any_house, "olga", Role.ADMIN)
    opening = ward.open()
    found = ward.read(opening)
    assert [one.content for one in found.posts] == ["<p>ECG</p>"]
    assert found.line.group is not None and found.line.group.id == ward.cardio.id
    for user in (other, ward.otto):
        ward.missing(opening, user)
    any_house.clock.advance(opening.until - any_house.clock.now() - timedelta(seconds=2))
    assert ward.shown(opening) == [ward.post]
    ward.missing(opening)  # a second later it is over
    again = ward.open(hours=1)
    assert ward.shown(again) == [ward.post]
    any_house.run(openings.end, "command", again.id)
    ward.missing(again)
    with pytest.raises(NotFound):
        any_house.run(openings.end, "command", again.id)
    assert [one.opening.id for one in any_house.read(openings.of_group, ward.cardio.id)] == [
        again.id,
        opening.id,
    ]


def test_every_read_is_recorded(house: House) -> None:
    ward = Ward(house)
    second, uri = said(house, ward.bert, ward.cardio)
    opening = ward.open()
    assert ward.recorded("opening.read") == []
    assert ward.shown(opening) == [second, ward.post]
    assert (
        house.run(openings.read, ward.dora.id, opening.id, Page(limit=1, max_id=second)).posts[0].id
        == ward.post
    )
    by = f"user:{ward.dora.id}"
    entries = [
        (one["actor"], one["target"], one["detail"]["opening"]) for one in ward.recorded("opening.read")
    ]
    assert sorted(entries) == sorted([(by, ward.uri, str(opening.id))] * 2 + [(by, uri, str(opening.id))])
    for each in (ward.uri, uri):
        [reader] = house.run(reads.of_object, "user:7", each)
        assert reader.username == "dora"
    house.run(openings.end, by, opening.id)
    with pytest.raises(NotFound):
        ward.read(opening)
    assert len(ward.recorded("opening.read")) == 3
    [opened], [ended] = ward.recorded("opening.open"), ward.recorded("opening.end")
    assert opened["target"] == ended["target"] == ward.cardio.uri
    assert (opened["detail"]["reason"], opened["detail"]["moderators"], opened["detail"]["auditors"]) == (
        WHY,
        1,
        1,
    )


def test_what_is_shown_is_what_is_published_in_this_group(house: House) -> None:
    ward = Ward(house)
    neuro = a_group(house, "neuro")
    a_member(house, neuro, ward.anna)
    said(house, ward.anna, neuro)
    gone = house.local("gus", suspended_at=house.clock.now())
    said(house, gone, ward.cardio)
    for standing in Standing:
        if standing is not Standing.PUBLISHED:
            hidden, _ = said(house, ward.anna, ward.cardio)
            house.run(
                lambda unit, one=hidden, state=standing: unit.run(  # type: ignore[misc]
                    post_table.update().where(post_table.c.id == one).values(standing=state.value)
                )
            )
    assert ward.shown(ward.open()) == [ward.post]


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"reason": ""}, Invalid, "say in a sentence why"),
        ({"reason": "  urgent \0 "}, Invalid, "say in a sentence why"),
        ({"reason": "x" * 501}, Invalid, "500 characters at most"),
        ({"reason": "Ask doctor@clinic.example about it"}, Invalid, "must not identify a patient"),
        ({"hours": 0}, Invalid, "4 hours at most"),
        ({"hours": 5}, Invalid, "4 hours at most"),
        ({"name": "nobody"}, NotFound, "No members-only group of this name"),
        ({"name": "anna"}, NotFound, "No members-only group of this name"),
        ({"name": "square"}, NotFound, "No members-only group of this name"),
        ({"name": "distant"}, NotFound, "No members-only group of this name"),
        ({"name": "over\0"}, NotFound, "No members-only group of this name"),
        ({"name": "mine"}, Invalid, "You are a member of this group"),
        ({"who": "bare"}, Conflict, "Set up a second factor first"),
        ({"who": "max"}, NotPermitted, "Administrators and moderators of this instance"),
        ({"who": "otto"}, NotPermitted, "Administrators and moderators of this instance"),
    ],
)
def test_what_is_not_opened_leaves_nothing(
    house: House, change: dict[str, Any], error: type[AppError], sentence: str
) -> None:
    ward = Ward(house)
    a_group(house, "square", access="open")
    a_group(house, "distant", domain="there.example")
    a_group(house, "over", dissolved_at=house.clock.now())
    mine = a_group(house, "mine")
    a_member(house, mine, house.read(accounts.get, ward.dora.account_id))
    who = {
        "bare": lambda: staff(house, "bare", Role.ADMIN, factor=False),
        "max": lambda: staff(house, "max", Role.MEMBER),
        "otto": lambda: ward.otto,
        None: lambda: ward.dora,
    }[change.pop("who", None)]()
    before = house.events()
    with pytest.raises(error, match=sentence):
        ward.open(who, **change)
    assert house.read(rows.recent, 10) == [] and ward.recorded("opening") == []
    assert house.events() == before


def test_a_group_is_opened_once_at_a_time(house: House) -> None:
    ward = Ward(house)
    ward.open()
    with pytest.raises(Invalid, match="have opened this group already"):
        ward.open()
    assert ward.open(staff(house, "max", Role.MODERATOR)).until


def test_moderators_and_auditors_are_told_at_once(house: House) -> None:
    ward = Ward(house)
    far = house.remote("far")
    a_member(house, ward.cardio, far, role=MembershipRole.MODERATOR.value)
    ward.open()
    told = {(one["account_id"], one["sentence"]) for kind, one in house.events() if kind == "message.due"}
    assert told == {(ward.bert.id, "group-opened"), (ward.otto.account_id, "group-opened-audit")}


def test_the_auditor_has_a_letter_without_names(tmp_path: Path) -> None:
    with open_house(tmp_path, smtp_url="smtp://127.0.0.1:1") as house:
        Ward(house).open()
        [letter] = house.run(mail.due, {"": Catalogue().translator("en")})
        assert letter.address == "otto@house.example"
        assert "https://here.example/admin/openings" in letter.text
        assert not [word for word in ("cardio", "dora", WHY) if word in letter.subject + letter.text]


def test_nothing_is_opened_of_which_nobody_would_be_told(house: House) -> None:
    dora = staff(house, "dora", Role.ADMIN)
    a_group(house)
    with pytest.raises(Conflict, match="Nobody would be told of it"):
        house.run(openings.open_group, dora.id, "cardio", WHY, 1)
    assert house.read(rows.recent, 10) == []


def test_who_may_end_an_opening(house: House) -> None:
    ward = Ward(house)
    max_, olga = staff(house, "max", Role.MODERATOR), staff(house, "olga", Role.ADMIN)
    bert = staff(house, "berta", Role.MEMBER)
    opening = ward.open()
    for user in (max_, ward.otto, bert):
        with pytest.raises(NotFound):
            house.run(openings.end_own, user.id, opening.id)
    moderator: Account = house.read(accounts.get, bert.account_id)
    with pytest.raises(NotFound):
        house.run(openings.end_for_group, moderator, ward.cardio.id + 1, opening.id)
    house.run(openings.end_for_group, moderator, ward.cardio.id, opening.id)
    ward.missing(opening)
    for user in (ward.dora, olga):
        again = ward.open()
        house.run(openings.end_own, user.id, again.id)
        ward.missing(again)


def test_who_loses_the_role_reads_no_more(house: House) -> None:
    ward = Ward(house)
    opening = ward.open()
    house.run(users.change, ward.dora.id, {"role": Role.AUDITOR.value})
    with pytest.raises(NotFound):
        ward.read(opening)


def test_names_of_groups_are_for_the_auditor_and_who_opened_them(house: House) -> None:
    ward = Ward(house)
    max_, olga = staff(house, "max", Role.MODERATOR), staff(house, "olga", Role.ADMIN)
    ward.open()

    def names(user: User) -> list[str | None]:
        lines = house.read(openings.listed, user.role, user.account_id)
        return [one.group.username if one.group else None for one in lines]

    assert [names(user) for user in (ward.dora, olga, max_, ward.otto)] == [
        ["cardio"],
        [None],
        [],
        ["cardio"],
    ]
