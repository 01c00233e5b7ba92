"""A group is opened in an emergency where it lives: its moderators elsewhere are told who, why and until when, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from server.domain.accounts import Account
from server.domain.groups import MembershipRole
from server.domain.openings import Opening
from server.domain.users import Role
from server.services import audit, openings, second_factors
from server.services.openings import Line
from server.store import openings as rows
from server.store import users
from server.store.session import Unit
from server.store.tables.posts import mention, post
from tests.support.exchange import Exchange, open_exchange
from tests.unit.server.test_openings import WHY, staff

MODERATES = {"role": MembershipRole.MODERATOR.value}


class Ward:
    """cardio lives at the society. bert and dan (clinic) moderate it, carl (clinic) is in it; dora administers the society, otto audits it."""

    def __init__(self, net: Exchange) -> None:
        self.net = net
        self.society, self.clinic = net["society"], net["clinic"]
        self.group = self.society.group("cardio")
        self.dora = self._dora()
        staff(self.society.house, "otto", Role.AUDITOR)
        self.bert, self.carl = self.clinic.doctor("bert"), self.clinic.doctor("carl")
        self.at_clinic, self.far = net.join(self.clinic, self.bert, self.society, self.group, **MODERATES)
        self.dan = self.clinic.doctor("dan")
        net.join(self.clinic, self.dan, self.society, self.group, **MODERATES)
        net.join(self.clinic, self.carl, self.society, self.group)
        net.settle()

    def _dora(self) -> Account:
        dora = self.society.doctor("dora")

        def administers(unit: Unit) -> None:
            user_id = _user_of(unit, dora)
            users.change(unit, user_id, {"role": Role.ADMIN.value})
            secret = second_factors.start_totp(unit, user_id, "dora").secret
            second_factors.confirm_totp(unit, user_id, pyotp.TOTP(secret).at(unit.now), "phone")

        self.society.house.run(administers)
        return dora

    def open(self, reason: str = WHY) -> Opening:
        user = self.society.house.read(_user_of, self.dora)
        return self.society.house.run(openings.open_group, user, "cardio", reason, 2)

    def listed(self) -> list[Line]:
        return self.clinic.house.read(openings.of_group, self.at_clinic.id)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for _, one in self.net.carried if json.loads(one.body)["type"] == "View"]

    def messages(self, to: Account) -> list[str]:
        def read(unit: Unit) -> list[str]:
            told = select(post.c.content).join(mention, mention.c.post_id == post.c.id)
            return [row.content for row in unit.all(told.where(mention.c.account_id == to.id))]

        return self.clinic.house.read(read)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    with open_exchange(tmp_path, "society", "clinic") as net:
        yield Ward(net)


def told_of(messages: list[str]) -> list[str]:
    return [one for one in messages if "in an emergency" in one]


def test_a_moderator_elsewhere_is_told_who_why_and_until_when(ward: Ward) -> None:
    opening = ward.open()
    ward.net.settle()
    [line] = ward.listed()
    assert line.opener is not None and line.opener.acct == "dora@society.example"
    assert (line.opening.reason, line.opening.opened_at, line.opening.until) == (
        WHY,
        opening.opened_at,
        opening.until,
    )
    [told] = told_of(ward.messages(ward.bert))
    assert "society.example" in told and "/openings" in told and WHY not in told
    assert told_of(ward.messages(ward.carl)) == [] and len(told_of(ward.messages(ward.dan))) == 1
    said, other = ward.said()
    assert [*said["to"], *other["to"]] == [ward.bert.uri, ward.dan.uri]
    assert "content" not in said and "An ECG" not in json.dumps(said)
    [entry] = ward.society.house.read(lambda unit: audit.entries(unit, 10, action="opening.open"))
    assert entry["detail"]["elsewhere"] == 2
    assert ward.clinic.house.read(lambda unit: audit.entries(unit, 10, action="opening.heard"))


def test_it_is_in_no_list_of_the_staff_elsewhere(ward: Ward) -> None:
    ward.open()
    ward.net.settle()
    auditor = staff(ward.clinic.house, "olga", Role.AUDITOR)
    assert ward.clinic.house.read(openings.listed, Role.AUDITOR, auditor.account_id) == []
    society = ward.society.house.read(openings.listed, Role.AUDITOR, 0)
    assert [one.group.username for one in society if one.group] == ["cardio"]


def test_where_the_name_cannot_be_had_the_rest_is_told(ward: Ward) -> None:
    ward.net.withheld.add(ward.dora.uri)
    ward.open()
    ward.net.settle()
    [line] = ward.listed()
    assert (line.opener, line.opening.account_id, line.opening.reason) == (None, 0, WHY)


def test_twice_is_once_and_a_reason_that_identifies_is_not_kept(ward: Ward) -> None:
    ward.open()
    ward.net.settle()
    delivery = next(one for _, one in ward.net.carried if json.loads(one.body)["type"] == "View")
    assert ward.net.hand_over(ward.society, ward.clinic, delivery) == "duplicate"
    assert len(ward.listed()) == 1
    values = {"group_id": ward.at_clinic.id, "account_id": 0}
    at = ward.clinic.house.clock.now()
    ward.clinic.house.run(
        openings.hear,
        ward.at_clinic,
        [ward.bert.uri],
        None,
        "call +33 6 12 34 56 78",
        at,
        at + timedelta(hours=1),
    )
    [kept] = ward.clinic.house.read(lambda unit: rows.recent(unit, 5, **values))
    assert kept.reason == ""


def test_what_the_group_did_not_sign_tells_nobody(ward: Ward) -> None:
    ward.open()
    sent: list[Any] = []
    ward.net.watch = lambda _, one: sent.append(one)
    ward.net.away.add(ward.clinic.origin)
    ward.net.settle()
    ward.net.away.clear()
    ward.net.settle()
    view, _ = [one for one in sent if json.loads(one.body)["type"] == "View"]
    document = json.loads(view.body)
    forged = replace(
        view, body=json.dumps({**document, "id": f"{document['id']}0", "summary": "Nothing"}).encode()
    )
    assert ward.net.hand_over(ward.society, ward.clinic, forged) == "proof-of-group"
    assert [one.opening.reason for one in ward.listed()] == [WHY]
    assert len(told_of(ward.messages(ward.bert))) == 1


def _user_of(unit: Unit, account: Account) -> int:
    found = users.find_by_account(unit, account.id)
    assert found is not None
    return found.id
