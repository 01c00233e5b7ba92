"""What is attested of members here: no more than needed, revoked with its bits, and lists that others can check."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from federation.credentials.attestation import Attestation as Said
from federation.credentials.attestation import judge
from federation.credentials.flaw import Flaw
from federation.credentials.status import StatusList, judge_list
from federation.iri import canonical_iri
from federation.keys import PublicKey
from federation.types import Origin
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.verification import Attestation, AttestationState, Method
from server.services import accounts, keys
from server.services.verification import (
    Claim,
    Decision,
    attestations,
    current,
    ending,
    lists,
    mint_for,
    record,
    revoke,
    signed,
)
from server.store import attestations as rows
from server.store import users
from server.store.session import Unit
from server.store.tables.users import user_account
from tests.support.house import House
from tests.unit.server.verification.conftest import BY, HOSTS, group, member, verified

pytestmark = pytest.mark.slow


def instance_key(house: House) -> PublicKey:
    actor = house.read(accounts.get_instance_actor)
    return house.read(keys.signer, actor.id).private.public


def judged(house: House, one: Attestation, account: Account, group_: Account, **changes: Any) -> Said | Flaw:
    values: dict[str, Any] = {
        "issuer": house.read(accounts.get_instance_actor).uri,
        "issuer_key": instance_key(house),
        "subject": account.uri,
        "subject_key": house.read(keys.signer, account.id).private.public,
        "audience": group_.uri,
        "hosts": [Origin("society.example"), Origin("here.example")],
        "nonce": one.nonce,
        "now": house.clock.now(),
    }
    return judge(json.loads(one.document), **{**values, **changes})


def fetched(house: House, uri: str, known_version: int = 0) -> StatusList:
    document = json.loads(house.run(signed, uri.rsplit("/", 1)[1]))
    purpose = document["credentialSubject"]["statusPurpose"]
    read = judge_list(
        document,
        url=canonical_iri(uri),
        purpose=purpose,
        issuer=house.read(accounts.get_instance_actor).uri,
        issuer_key=instance_key(house),
        now=house.clock.now(),
        known_version=known_version,
    )
    assert isinstance(read, StatusList)
    return read


def events(house: House) -> list[int]:
    return [int(p["attestation_id"]) for kind, p in house.events() if kind == "attestation.changed"]


def test_what_is_minted_holds_elsewhere(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna", "cardiology"), group(any_house)
    one = any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    said = judged(any_house, one, anna, cardio)
    assert isinstance(said, Said)
    assert (said.profession, said.level, said.method, said.jurisdiction) == (
        "physician",
        2,
        "administrator",
        "FR",
    )
    assert said.valid_until - said.valid_from == timedelta(days=30)
    assert b"anna@x.example" not in one.document
    assert one.holds(any_house.clock.now())
    assert events(any_house) == []


def test_nothing_is_attested_of_whom_nobody_checked(house: House) -> None:
    with pytest.raises(Invalid):
        house.run(mint_for, member(house, "anna"), group(house), HOSTS, "0" * 32)


def test_a_nonce_is_used_once(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna"), group(any_house)
    any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    with pytest.raises(Invalid):
        any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)


def test_it_does_not_outlast_the_verification(house: House) -> None:
    anna = member(house, "anna")
    held = house.run(record, BY, anna, Claim("nurse"), Decision(2, Method.DOCUMENT, days=10))
    one = house.run(mint_for, anna, group(house), HOSTS, "0" * 32)
    assert held.valid_until is not None
    assert one.valid_until <= held.valid_until


def test_a_rare_specialty_is_coarsened(any_house: House) -> None:
    people = [verified(any_house, f"m{n}", "cardiology") for n in range(4)]
    cardio = group(any_house)
    assert any_house.run(mint_for, people[0], cardio, HOSTS, "0" * 32).specialties == ()
    people.append(verified(any_house, "m4", "nephrology"))
    # five share the field, and none of its branches is shared by five
    assert any_house.run(mint_for, people[0], cardio, HOSTS, "1" * 32).specialties == ("medicine",)
    verified(any_house, "m5", "cardiology")
    assert any_house.run(mint_for, people[0], cardio, HOSTS, "2" * 32).specialties == ("cardiology",)
    assert any_house.run(mint_for, people[4], cardio, HOSTS, "3" * 32).specialties == ("medicine",)


def test_of_a_pseudonym_the_method_stays_here(house: House) -> None:
    anna = verified(house, "anna")
    owner = house.read(accounts.owner, anna)
    assert owner is not None

    def second_name(unit: Unit) -> Account:
        account = accounts.create_actor(unit, "lynx", anna.kind)
        unit.run(user_account.insert(), {"user_id": owner.id, "account_id": account.id})
        return account

    lynx, cardio = house.run(second_name), group(house)
    assert house.read(current, lynx) == house.read(current, anna)
    one = house.run(mint_for, lynx, cardio, HOSTS, "0" * 32)
    said = judged(house, one, lynx, cardio)
    assert isinstance(said, Said)
    assert (said.pseudonymous, said.method) == (True, None)
    assert b"anna" not in one.document
    held = house.read(current, anna)
    assert held is not None
    house.run(revoke, BY, held.id)
    assert house.read(rows.find, one.id).state is AttestationState.REVOKED
    assert set(house.read(users.accounts_beside, lynx.id)) == {anna.id, lynx.id}


def test_revoking_sets_the_bit_and_says_so(any_house: House) -> None:
    anna, ben, cardio = verified(any_house, "anna"), verified(any_house, "ben"), group(any_house)
    old = any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    new = any_house.run(mint_for, anna, cardio, HOSTS, "1" * 32)
    other = any_house.run(mint_for, ben, cardio, HOSTS, "2" * 32)
    assert any_house.read(rows.find, old.id).state is AttestationState.SUPERSEDED
    before = fetched(any_house, new.revocation_list)
    assert not before.bits.is_set(new.revocation_index)
    held = any_house.read(current, anna)
    any_house.run(revoke, BY, held.id, "struck off")
    after = fetched(any_house, new.revocation_list, before.version + 1)
    assert [after.bits.is_set(one.revocation_index) for one in (old, new, other)] == [True, True, False]
    assert sum(byte.bit_count() for byte in after.bits.packed) == 2
    assert events(any_house) == [old.id, new.id]
    assert any_house.read(rows.find, other.id).state is AttestationState.VALID


def test_places_are_random_and_not_shared(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna"), group(any_house)
    made = [any_house.run(mint_for, anna, cardio, HOSTS, f"{n:032x}") for n in range(20)]
    places = [one.revocation_index for one in made]
    assert len(set(places)) == 20
    assert places != sorted(places)
    assert {one.revocation_list for one in made} == {"https://here.example/status/1"}
    assert {one.suspension_list for one in made} == {"https://here.example/status/2"}


def test_a_crowded_list_is_followed_by_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "CROWDED", 1)
    anna, cardio = verified(house, "anna"), group(house)
    made = [house.run(mint_for, anna, cardio, HOSTS, f"{n:032x}") for n in range(3)]
    assert [one.revocation_list[-1] for one in made] == ["1", "3", "5"]


def test_a_list_is_signed_anew_after_twelve_hours_or_a_change(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna"), group(any_house)
    any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    first = any_house.run(signed, "1")
    any_house.clock.advance(timedelta(hours=11))
    assert any_house.run(signed, "1") == first
    any_house.clock.advance(timedelta(hours=1))
    later = any_house.run(signed, "1")
    assert json.loads(later)["version"] > json.loads(first)["version"]
    held = any_house.read(current, anna)
    any_house.run(revoke, BY, held.id)
    changed = any_house.run(signed, "1")
    assert json.loads(changed)["version"] > json.loads(later)["version"]
    for missing in ("3", "0", "x", "1/2", ""):
        with pytest.raises(NotFound):
            any_house.run(signed, missing)


def test_versions_never_decrease_when_the_clock_does(house: House) -> None:
    anna, cardio = verified(house, "anna"), group(house)
    house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    first = json.loads(house.run(signed, "1"))["version"]
    house.clock.advance(timedelta(hours=-1))
    held = house.read(current, anna)
    house.run(revoke, BY, held.id)
    assert json.loads(house.run(signed, "1"))["version"] == first + 1


def test_a_suspended_member_is_suspended_and_comes_back(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna"), group(any_house)
    one = any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    assert any_house.run(attestations.follow_accounts) == 0
    any_house.run(accounts.suspend, BY, anna)
    assert any_house.run(attestations.follow_accounts) == 1
    assert any_house.run(attestations.follow_accounts) == 0
    assert fetched(any_house, one.suspension_list).bits.is_set(one.suspension_index)
    any_house.run(accounts.unsuspend, BY, anna)
    assert any_house.run(attestations.follow_accounts) == 1
    assert not fetched(any_house, one.suspension_list).bits.is_set(one.suspension_index)
    assert any_house.read(rows.find, one.id).state is AttestationState.VALID
    any_house.run(accounts.delete, BY, anna)
    assert any_house.run(attestations.follow_accounts) == 1
    assert fetched(any_house, one.revocation_list).bits.is_set(one.revocation_index)
    assert events(any_house) == [one.id] * 3


def test_a_lower_grant_revokes_what_said_more(house: House) -> None:
    anna, cardio = verified(house, "anna", level=2), group(house)
    one = house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    house.run(record, BY, anna, Claim("physician", ("geriatrics",), "FR"), Decision(2, Method.ADMINISTRATOR))
    assert house.read(rows.find, one.id).state is AttestationState.VALID
    house.run(record, BY, anna, Claim("physician", (), "FR"), Decision(1, Method.ADMINISTRATOR))
    assert house.read(rows.find, one.id).state is AttestationState.REVOKED


def test_they_end_by_themselves(any_house: House) -> None:
    anna, cardio = verified(any_house, "anna"), group(any_house)
    one = any_house.run(mint_for, anna, cardio, HOSTS, "0" * 32)
    assert any_house.read(ending, timedelta(days=7)) == []
    any_house.clock.advance(timedelta(days=24))
    assert [each.id for each in any_house.read(ending, timedelta(days=7))] == [one.id]
    any_house.clock.advance(timedelta(days=6))
    assert any_house.run(attestations.expire) == 1
    assert any_house.read(rows.find, one.id).state is AttestationState.EXPIRED
    assert events(any_house) == [one.id]
