"""A partner that cannot read our status lists says so with its probe: the administrators here are told once, until it can again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.types import Origin
from server.core.i18n import Catalogue
from server.domain.remarks import Level, Remark
from server.domain.users import Role
from server.services import accounts, audit, mail, probes, status, unread_lists
from server.services.storage import Space
from server.services.verification import received
from server.store import partners
from server.store.session import Unit
from tests.support.exchange import Exchange, Instance, open_exchange

CHU, CLINIC = Origin("chu.example"), Origin("clinic.example")
SPACE = Space(total=10**12, free=10**11, database=10**6)


class Silence:
    """anna (chu) is in a group of the clinic, which cannot read the lists of the chu; boss administers the chu."""

    def __init__(self, net: Exchange) -> None:
        self.net, self.chu, self.clinic = net, net["chu"], net["clinic"]
        net.join(self.chu, self.chu.doctor("anna"), self.clinic, self.clinic.group())
        self.chu.house.run(
            accounts.create_user, "test", "boss", "boss@mail.test", password_hash=None, role=Role.ADMIN
        )
        net.settle()

    def pass_time(self, time: timedelta) -> None:
        for one in (self.chu, self.clinic):
            one.house.clock.advance(time)

    def fails(self) -> None:
        for one in self.clinic.house.read(received.due):
            self.clinic.house.run(received.arrived, one.id, None)
        self.clinic.house.run(received.watch)

    def probe(self) -> dict[str, Any]:
        """Of the clinic. Answers what it said."""
        self.net.carried.clear()
        self.clinic.house.run(probes.begin, CHU)
        self.net.settle()
        said = [json.loads(one.body) for origin, one in self.net.carried if origin == CLINIC]
        [create] = [one for one in said if one["type"] == "Create"]
        return dict(create)

    def letters(self) -> list[str]:
        """Of this, since they were last asked for."""
        words = {language: Catalogue().translator("en") for language in ("", "en")}
        found = self.chu.house.run(mail.due, words)
        for one in found:
            self.chu.house.run(mail.sent, one.id)
        return [f"{one.address}: {one.text}" for one in found if "A partner says" in one.text]

    def ends(self) -> Remark:
        return self.chu.house.read(status.report, SPACE)[-1]


@pytest.fixture
def silence(tmp_path: Path) -> Iterator[Silence]:
    with open_exchange(tmp_path, "chu", "clinic", smtp_url="smtp://127.0.0.1:1") as net:
        yield Silence(net)


def due_probe(clinic: Instance) -> bool:
    def read(unit: Unit) -> bool:
        found = partners.find(unit, CHU)
        return found is not None and found.next_probe_at is not None and found.next_probe_at <= unit.now

    return clinic.house.read(read)


def test_those_whose_lists_are_not_read_are_told_with_a_probe_that_leaves_at_once(silence: Silence) -> None:
    silence.pass_time(timedelta(hours=2))
    silence.fails()
    assert "listsUnreadSince" not in silence.probe() and not due_probe(silence.clinic)
    assert silence.letters() == [] and "unread" not in silence.ends().values
    silence.pass_time(timedelta(hours=25))
    later = {"next_probe_at": silence.clinic.house.clock.now() + timedelta(hours=9)}
    silence.clinic.house.run(partners.change, CHU, later)
    silence.fails()
    assert due_probe(silence.clinic)
    said = silence.probe()
    [letter] = silence.letters()
    assert letter.startswith("boss@mail.test") and f"/admin/partners/{CLINIC}" in letter
    [(who, since)] = silence.chu.house.read(unread_lists.by_partner).items()
    assert who == CLINIC and datetime.fromisoformat(since) == datetime.fromisoformat(said["listsUnreadSince"])
    assert (silence.ends().level, silence.ends().values["unread"]) == (Level.WARN, str(CLINIC))
    silence.pass_time(timedelta(hours=20))
    silence.probe()
    assert silence.letters() == [], "they were told"


def test_it_is_over_with_a_probe_that_does_not_say_so(silence: Silence) -> None:
    silence.chu.house.run(unread_lists.heard, CLINIC, silence.chu.house.clock.now())
    silence.chu.house.run(unread_lists.heard, CLINIC, silence.chu.house.clock.now() - timedelta(days=1))
    assert len(silence.letters()) == 1 and silence.ends().values["unread"] == CLINIC
    silence.probe()
    assert silence.chu.house.read(unread_lists.by_partner) == {} and "unread" not in silence.ends().values
    entries = silence.chu.house.read(lambda unit: audit.entries(unit, 10, action="status_list.unread"))
    assert [bool(one["detail"]["since"]) for one in entries] == [False, True, True]


def test_what_is_no_moment_of_the_past_says_nothing(silence: Silence) -> None:
    now = silence.chu.house.clock.now()
    for began in (None, now + timedelta(days=1)):
        silence.chu.house.run(unread_lists.heard, CLINIC, began)
    assert silence.chu.house.read(unread_lists.by_partner) == {} and silence.letters() == []
