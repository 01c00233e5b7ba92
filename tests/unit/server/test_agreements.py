"""Agreements that end: three reminders, one pause, and no second word about either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation.types import Origin
from server.core.i18n import LANGUAGES, Catalogue
from server.domain.remarks import Level
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import accounts, agreements, audit, instances, mail, partners, status
from server.services.mail import Letter
from server.services.storage import Space
from tests.support.house import House, open_house
from tests.support.partners import as_partner

PEER = Origin("peer.example")
DAY = timedelta(days=1)
SPACE = Space(total=100_000 * 2**20, free=50_000 * 2**20, database=2**20)


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[House]:
    """A house that sends mail, with an administrator, a member, and a partner for 90 days."""
    with open_house(tmp_path, smtp_url="smtp://127.0.0.1:1") as house:
        for name, role in (("chief", Role.ADMIN), ("doctor", Role.MEMBER), ("looker", Role.AUDITOR)):
            house.run(accounts.create_user, "test", name, f"{name}@h.example", password_hash=None, role=role)
        house.run(as_partner, PEER, agreement_until=house.clock.now() + 90 * DAY)
        yield house


def letters(house: House) -> list[Letter]:
    """What is due, taken out of the way."""
    catalogue = Catalogue(default="en", zone="UTC")
    translators = {"": catalogue.translator()} | {each: catalogue.translator(each) for each in LANGUAGES}
    found = house.run(mail.due, translators)
    for letter in found:
        house.run(mail.sent, letter.id)
    return found


def test_administrators_are_told_three_times_and_then_it_is_paused(mailing: House) -> None:
    told: list[tuple[int, str]] = []
    for day in range(95):
        mailing.run(agreements.watch)
        mailing.run(agreements.watch)  # hourly
        told += [(day, letter.subject.split(":")[0]) for letter in letters(mailing)]
        mailing.clock.advance(DAY)
    assert [day for day, _ in told] == [30, 60, 83, 90]
    assert [subject for _, subject in told] == ["An agreement ends soon"] * 3 + ["An agreement has ended"]
    found = mailing.read(instances.get, PEER)
    assert (found.trust, found.resume_trust) == (Trust.SUSPENDED, Trust.ALLOWED)
    actions = [one["action"] for one in mailing.read(audit.of_target, PEER)]
    assert actions.count("partner.agreement_ends") == 3
    assert actions.count("partner.agreement_ended") == 1


def test_the_mail_names_the_instance_the_day_and_the_page(mailing: House) -> None:
    mailing.clock.advance(60 * DAY)
    mailing.run(agreements.watch)
    [letter] = letters(mailing)
    assert letter.address == "chief@h.example"
    until = mailing.read(partners.get, PEER).agreement_until
    assert until is not None
    assert f"peer.example, {(until - timedelta(seconds=1)).date()}" in letter.text
    assert "/admin/partners/peer.example" in letter.text


def test_a_server_that_slept_tells_once(mailing: House) -> None:
    mailing.clock.advance(85 * DAY)
    assert mailing.run(agreements.watch) == 1
    assert mailing.run(agreements.watch) == 0
    assert len(letters(mailing)) == 1


def test_who_resumes_is_not_overruled_and_a_new_agreement_is_watched_anew(mailing: House) -> None:
    mailing.clock.advance(91 * DAY)
    mailing.run(agreements.watch)
    mailing.run(instances.resume, "user:1", PEER)
    assert mailing.run(agreements.watch) == 0
    assert mailing.read(instances.get, PEER).trust is Trust.ALLOWED
    assert not mailing.read(partners.get, PEER).candidate(mailing.clock.now())
    until = mailing.clock.now() + 5 * DAY
    mailing.run(as_partner, PEER, agreement_until=until, reminded_days=None)
    assert mailing.run(agreements.watch) == 1
    mailing.clock.advance(6 * DAY)
    assert mailing.run(agreements.watch) == 1
    assert mailing.read(instances.get, PEER).trust is Trust.SUSPENDED


def test_only_those_that_are_paired_and_without_mail_all_the_same(any_house: House) -> None:
    until = any_house.clock.now() + DAY
    any_house.run(as_partner, PEER, agreement_until=until)
    any_house.run(as_partner, Origin("other.example"), agreement_until=None)
    any_house.run(as_partner, Origin("third.example"), agreement_until=until, confirmed_at=None)
    assert any_house.run(agreements.watch) == 1
    any_house.clock.advance(2 * DAY)
    assert any_house.run(agreements.watch) == 1
    assert {one: trust for one, trust in any_house.read(instances.trusts).items() if not trust.speaks} == {
        PEER: Trust.SUSPENDED
    }
    [line] = [one for one in any_house.read(status.report, SPACE) if one.topic == "endings"]
    assert (line.level, line.values["ended"]) == (Level.WARN, 1)


def test_who_was_ended_is_left_alone(any_house: House) -> None:
    any_house.run(as_partner, PEER, agreement_until=any_house.clock.now() + DAY)
    any_house.run(instances.set_trust, "test", PEER, Trust.BLOCKED)
    any_house.clock.advance(2 * DAY)
    any_house.run(agreements.watch)
    assert any_house.read(instances.get, PEER).trust is Trust.BLOCKED
