"""Asking, deciding, ending: who may, what holds, what is written down, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.errors import Conflict, Invalid, NotFound, NotPermitted
from server.core.i18n import Catalogue
from server.domain.users import Role
from server.domain.verification import Method, VerificationState
from server.registries.identifiers import Fit, Register
from server.services import audit
from server.services.verification import (
    Claim,
    Decision,
    current,
    document_erased,
    document_of,
    documents_due,
    get,
    grant,
    number,
    of_account,
    record,
    refuse,
    request,
    revoke,
    second,
    standing,
    waiting,
)
from server.services.verification.words import what_was_checked
from tests.support.house import House
from tests.unit.server.verification.conftest import BY, member, user_of, verified

pytestmark = pytest.mark.slow

CLAIM = Claim("physician", ("cardiology",), "FR", Register.FR_RPPS, "10000000009")
P2 = Decision(2, Method.REGISTER, "substantial", "aal2", "file 12")
P3 = Decision(3, Method.IN_PERSON, "high")


def actions(house: House, verification_id: int) -> list[str]:
    found = house.read(audit.of_target, f"verification:{verification_id}")
    return [entry["action"] for entry in reversed(found)]


def test_a_member_asks_and_a_person_grants(any_house: House) -> None:
    anna, boss = member(any_house, "anna"), member(any_house, "boss", Role.ADMIN)
    asked = any_house.run(request, anna, CLAIM)
    assert (asked.state, asked.register) == (VerificationState.REQUESTED, "fr-rpps")
    assert [one.id for one in any_house.read(waiting)] == [asked.id]
    assert any_house.read(current, anna) is None
    granted = any_house.run(grant, user_of(any_house, boss), asked.id, P2)
    assert granted.state is VerificationState.GRANTED
    assert granted.decided_at is not None
    assert granted.valid_until == granted.decided_at + timedelta(days=365)
    assert any_house.read(current, anna) == granted
    assert any_house.read(waiting) == []
    assert actions(any_house, asked.id) == ["verification.request", "verification.grant"]


def test_from_p3_on_two_different_people_decide(any_house: House) -> None:
    anna, one, two = (member(any_house, name) for name in ("anna", "one", "two"))
    asked = any_house.run(request, anna, CLAIM)
    first = any_house.run(grant, user_of(any_house, one), asked.id, P3)
    assert first.state is VerificationState.SECONDING
    assert any_house.read(current, anna) is None
    assert [each.id for each in any_house.read(waiting)] == [asked.id]
    with pytest.raises(NotPermitted):
        any_house.run(second, user_of(any_house, one), asked.id)
    with pytest.raises(NotPermitted):
        any_house.run(second, user_of(any_house, anna), asked.id)
    with pytest.raises(Conflict):
        any_house.run(grant, user_of(any_house, two), asked.id, P2)
    done = any_house.run(second, user_of(any_house, two), asked.id)
    assert (done.state, done.level) == (VerificationState.GRANTED, 3)
    assert (done.decided_by, done.seconded_by) == (user_of(any_house, one), user_of(any_house, two))
    with pytest.raises(Conflict):
        any_house.run(second, user_of(any_house, two), asked.id)
    assert actions(any_house, asked.id) == [
        "verification.request",
        "verification.first",
        "verification.grant",
    ]


def test_the_second_may_refuse(house: House) -> None:
    anna, two = member(house, "anna"), member(house, "two")
    asked = house.run(request, anna, CLAIM)
    house.run(grant, BY, asked.id, P3)
    refused = house.run(refuse, user_of(house, two), asked.id, " the paper was another's ")
    assert (refused.state, refused.reason) == (VerificationState.REFUSED, "the paper was another's")
    assert house.read(current, anna) is None


def test_nobody_decides_about_themselves(house: House) -> None:
    boss = member(house, "boss", Role.ADMIN)
    asked = house.run(request, boss, CLAIM)
    by = user_of(house, boss)
    for decide in (lambda: house.run(grant, by, asked.id, P2), lambda: house.run(refuse, by, asked.id)):
        with pytest.raises(NotPermitted):
            decide()
    assert house.run(grant, BY, asked.id, P2).state is VerificationState.GRANTED


def test_what_is_over_is_over(house: House) -> None:
    anna = verified(house, "anna", "cardiology")
    held = house.read(current, anna)
    assert held is not None
    for again in (
        lambda: house.run(grant, BY, held.id, P2),
        lambda: house.run(refuse, BY, held.id),
        lambda: house.run(second, BY, held.id),
    ):
        with pytest.raises(Conflict):
            again()
    revoked = house.run(revoke, BY, held.id, "struck off")
    assert (revoked.state, revoked.reason) == (VerificationState.REVOKED, "struck off")
    assert house.read(current, anna) is None
    with pytest.raises(Conflict):
        house.run(revoke, BY, held.id)
    with pytest.raises(NotFound):
        house.run(revoke, BY, 7)


def test_a_request_that_waits_cannot_be_revoked(house: House) -> None:
    asked = house.run(request, member(house, "anna"), CLAIM)
    with pytest.raises(Conflict):
        house.run(revoke, BY, asked.id)


def test_a_new_grant_takes_the_place_of_the_old(house: House) -> None:
    anna = verified(house, "anna", "cardiology")
    new = house.run(record, BY, anna, Claim("physician", ("geriatrics",), "FR"), P2)
    old = next(one for one in house.read(of_account, anna.id) if one.id != new.id)
    assert (old.state, old.reason) == (VerificationState.EXPIRED, "superseded")
    assert house.read(current, anna) == new


def test_a_new_request_takes_the_place_of_one_that_waits(house: House) -> None:
    anna = member(house, "anna")
    first = house.run(request, anna, CLAIM)
    new = house.run(request, anna, CLAIM)
    assert [one.id for one in house.read(waiting)] == [new.id]
    assert house.read(get, first.id).state is VerificationState.REFUSED


def test_it_runs_out(house: House) -> None:
    anna = member(house, "anna")
    house.run(record, BY, anna, CLAIM, Decision(1, Method.SPONSORS))
    house.clock.advance(timedelta(days=90) - timedelta(seconds=2))
    assert house.run(standing.expire) == 0
    assert house.read(current, anna) is not None
    house.clock.advance(timedelta(seconds=2))
    assert house.read(current, anna) is None
    assert house.run(standing.expire) == 1
    assert house.read(of_account, anna.id)[0].state is VerificationState.EXPIRED


def test_what_nobody_decides_lapses(house: House) -> None:
    asked = house.run(request, member(house, "anna"), CLAIM, "d" * 64)
    house.clock.advance(standing.UNDECIDED + timedelta(seconds=1))
    assert house.run(standing.expire) == 1
    lapsed = house.read(get, asked.id)
    assert (lapsed.state, lapsed.reason) == (VerificationState.EXPIRED, "undecided")


@pytest.mark.parametrize(
    "claim",
    [
        Claim("wizard"),
        Claim("physician", ("palmistry",)),
        Claim("physician", ("cardiology",) * 6),
        Claim("physician", (), "fr"),
        Claim("physician", (), "FRA"),
        Claim("physician", (), "FR", Register.FR_RPPS, "10000000008"),
        Claim("physician", (), "DE", Register.FR_RPPS, "10000000009"),
        Claim("physician", (), "FR", Register.OTHER, "9" * 500),
    ],
)
def test_claims_that_are_refused(house: House, claim: Claim) -> None:
    anna = member(house, "anna")
    with pytest.raises(Invalid):
        house.run(request, anna, claim)
    assert house.read(of_account, anna.id) == []


def test_a_doubtful_number_waits_for_a_persons_look(house: House) -> None:
    asked = house.run(request, member(house, "anna"), Claim("physician", (), "GB", Register.GB_GMC, "12"))
    found = house.run(number, BY, asked.id)
    assert found is not None
    assert (found.number, found.fit) == ("12", Fit.DOUBTFUL)


@pytest.mark.parametrize(
    "decision",
    [
        Decision(0, Method.ADMINISTRATOR),
        Decision(5, Method.ADMINISTRATOR),
        Decision(2, Method.NONE),
        Decision(2, Method.REGISTER, identity_level="royal"),
        Decision(2, Method.REGISTER, authenticator_level="aal9"),
        Decision(2, Method.REGISTER, evidence="x" * 501),
        Decision(2, Method.REGISTER, days=366),
        Decision(1, Method.REGISTER, days=91),
        Decision(2, Method.REGISTER, days=0),
    ],
)
def test_decisions_that_are_refused(house: House, decision: Decision) -> None:
    asked = house.run(request, member(house, "anna"), CLAIM)
    with pytest.raises(Invalid):
        house.run(grant, BY, asked.id, decision)
    assert house.read(get, asked.id).state is VerificationState.REQUESTED


def test_only_members_of_this_instance(house: House) -> None:
    with pytest.raises(Invalid):
        house.run(request, house.remote("far"), CLAIM)


def test_a_register_number_is_sealed_and_looking_leaves_an_entry(any_house: House) -> None:
    asked = any_house.run(request, member(any_house, "anna"), CLAIM)
    assert asked.number_sealed is not None
    assert b"10000000009" not in asked.number_sealed
    assert not any("10000000009" in str(entry) for entry in any_house.read(audit.recent))
    found = any_house.run(number, "user:1", asked.id)
    assert found is not None
    assert found.number == "10000000009"
    assert actions(any_house, asked.id)[-1] == "verification.number"
    bare = any_house.run(request, member(any_house, "ben"), Claim("nurse"))
    assert any_house.run(number, "user:1", bare.id) is None


def test_a_document_is_erased_thirty_days_after_the_decision(any_house: House) -> None:
    digest = "d" * 64
    asked = any_house.run(request, member(any_house, "anna"), CLAIM, digest)
    assert any_house.run(document_of, "user:1", asked.id) == digest
    any_house.clock.advance(timedelta(days=40))
    assert any_house.read(documents_due) == []
    any_house.run(grant, BY, asked.id, P2)
    any_house.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert any_house.read(documents_due) == []
    any_house.clock.advance(timedelta(seconds=1))
    assert any_house.read(documents_due) == [(asked.id, digest)]
    any_house.run(document_erased, asked.id)
    assert any_house.read(documents_due) == []
    with pytest.raises(NotFound):
        any_house.run(document_of, "user:1", asked.id)
    assert actions(any_house, asked.id)[-1] == "verification.document_erased"


def test_pages_say_who_checked_what_against_what_and_until_when(house: House) -> None:
    anna = member(house, "anna")
    held = house.run(record, BY, anna, CLAIM, P2)
    english, french = (Catalogue().translator(language) for language in ("en", "fr"))
    said = what_was_checked(held, "CHU", english)
    for part in ("CHU", "Physician: Cardiology", "France: RPPS", "Mar 2, 2026", "Mar 2, 2027"):
        assert part in said
    assert "P2" not in said
    assert what_was_checked(held, "CHU", french) != said
