"""What other instances attest: judged on arrival, then held against their lists; silence suspends, and purges nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from federation.credentials.flaw import Flaw
from federation.types import Iri, JsonObject, Origin
from server.core.i18n import Catalogue
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.remarks import Level
from server.domain.trust import Trust
from server.domain.users import Role
from server.domain.verification import Attestation, AttestationState
from server.services import accounts, audit, instances, mail, status
from server.services.storage import Space
from server.services.verification import hinted, judge_join, reason_of, received
from server.store import attestations as rows
from tests.support.house import House, open_house
from tests.unit.server.verification.conftest import BY, Hospital, group

JOIN = Iri("https://chu.example/activities/join-1")
CHU = Origin("chu.example")


def joined(
    hospital: Hospital, account: Account, group_: Account, document: Any, **changes: Any
) -> Attestation | Flaw:
    values: dict[str, Any] = {
        "subject": account,
        "subject_key": hospital.people[account.username].ed25519.public,
        "issuer_key": hospital.actor.ed25519.public,
        "group": group_,
        "join_uri": JOIN,
    }
    return hospital.house.run(judge_join, document, **{**values, **changes})


def here(house: House) -> Account:
    if "cardio" not in house.known:
        house.known["cardio"] = group(house, "cardio", "here.example")
    return house.known["cardio"]


def came(hospital: Hospital, name: str = "lynx") -> tuple[Attestation, JsonObject]:
    (account, _), cardio = hospital.person(name), here(hospital.house)
    document = hospital.attests(account, cardio)
    one = joined(hospital, account, cardio, document)
    assert isinstance(one, Attestation)
    return one, document


def fetch(hospital: Hospital, **changes: Any) -> list[Flaw | None]:
    """What the hourly look does, with what the hospital answers."""
    due = hospital.house.read(received.due)
    return [hospital.house.run(received.arrived, one.id, hospital.list(one.uri, **changes)) for one in due]


def fails(hospital: Hospital) -> None:
    for one in hospital.house.read(received.due):
        hospital.house.run(received.arrived, one.id, None)


def state(house: House, one: Attestation) -> AttestationState:
    found = house.read(rows.find, one.id)
    assert found is not None
    return found.state


def changes(house: House) -> list[int]:
    return [int(p["attestation_id"]) for kind, p in house.events() if kind == "attestation.changed"]


def test_a_good_one_is_stored_as_it_came(any_house: House) -> None:
    hospital = Hospital(any_house)
    one, document = came(hospital)
    assert (one.ours, one.issuer, one.level, one.state) == (False, CHU, 2, AttestationState.VALID)
    assert (one.key, one.join_uri) == (hospital.people["lynx"].ed25519.public.to_multibase(), JOIN)
    assert len(one.document) > 500
    assert document["id"] == one.uri


def test_the_same_request_again_has_the_same_row(any_house: House) -> None:
    hospital = Hospital(any_house)
    (lynx, _), cardio = hospital.person("lynx"), here(any_house)
    document = hospital.attests(lynx, cardio)
    first = joined(hospital, lynx, cardio, document)
    assert joined(hospital, lynx, cardio, document) == first
    assert joined(hospital, lynx, cardio, document, join_uri=Iri(f"{JOIN}-2")) is Flaw.NONCE
    other = hospital.attests(lynx, cardio, nonce=document["nonce"])
    assert joined(hospital, lynx, cardio, other, join_uri=Iri(f"{JOIN}-2")) is Flaw.NONCE
    renewed = joined(hospital, lynx, cardio, hospital.attests(lynx, cardio), join_uri=Iri(f"{JOIN}-3"))
    assert isinstance(renewed, Attestation)
    assert isinstance(first, Attestation)
    assert state(any_house, first) is AttestationState.SUPERSEDED
    assert joined(hospital, lynx, cardio, document) is Flaw.NONCE


def test_what_is_wrong_is_said_and_nothing_is_stored(house: House) -> None:
    hospital = Hospital(house)
    (lynx, _), (ben, _), cardio = hospital.person("lynx"), hospital.person("ben"), here(house)
    good = hospital.attests(lynx, cardio)
    cases: list[tuple[Flaw, Any, dict[str, Any]]] = [
        (Flaw.MALFORMED, None, {}),
        (Flaw.MALFORMED, [good], {}),
        (Flaw.CONTEXT, {**good, "@context": []}, {}),
        (Flaw.PROOF, {**good, "name": "x"}, {}),
        (Flaw.PROOF, good, {"issuer_key": hospital.people["lynx"].ed25519.public}),
        (Flaw.ISSUER_FOREIGN, {**good, "issuer": "https://else.example/actor"}, {}),
        (Flaw.SUBJECT, good, {"subject": ben}),
        (Flaw.SUBJECT_KEY, good, {"subject_key": hospital.people["ben"].ed25519.public}),
        (Flaw.AUDIENCE, good, {"group": group(house, "other", "here.example")}),
        (Flaw.AUDIENCE, hospital.attests(lynx, cardio, hosts=(CHU,)), {}),
        (Flaw.LEVEL, good, {"minimum_level": 3}),
        (Flaw.PROFESSION, good, {"professions": ("nurse",)}),
    ]
    for flaw, document, changed in cases:
        assert joined(hospital, lynx, cardio, document, **changed) is flaw
    late = hospital.attests(lynx, cardio)
    house.clock.advance(timedelta(days=21))
    assert joined(hospital, lynx, cardio, late) is Flaw.EXPIRED
    assert house.read(rows.of_member, lynx.id, cardio.id) == []


def test_every_flaw_has_a_word_for_the_answer() -> None:
    assert {reason_of(flaw) for flaw in Flaw} == {
        Reason.CREDENTIAL_INVALID,
        Reason.CREDENTIAL_EXPIRED,
        Reason.CREDENTIAL_REVOKED,
        Reason.LEVEL,
        Reason.PROFESSION,
        Reason.AUDIENCE,
    }


def test_lists_are_fetched_hourly_of_partners_only(any_house: House) -> None:
    hospital = Hospital(any_house)
    came(hospital)
    assert any_house.read(received.due) == []
    hospital.become_partner()
    assert [one.uri for one in any_house.read(received.due)] == [
        "https://chu.example/status/1",
        "https://chu.example/status/2",
    ]
    assert fetch(hospital) == [None, None]
    assert any_house.read(received.due) == []
    any_house.clock.advance(timedelta(minutes=59))
    assert any_house.read(received.due) == []
    any_house.clock.advance(timedelta(minutes=2))
    assert len(any_house.read(received.due)) == 2
    fetch(hospital)
    assert any_house.run(hinted, CHU) == 2
    assert len(any_house.read(received.due)) == 2
    any_house.run(instances.set_trust, BY, CHU, Trust.SUSPENDED)
    assert any_house.read(received.due) == []


def test_a_revoked_one_holds_no_longer(any_house: House) -> None:
    hospital = Hospital(any_house)
    one, _ = came(hospital)
    other, _ = came(hospital, "ben")
    hospital.become_partner()
    fetch(hospital)
    hospital.revoked.add(one.revocation_index)
    any_house.run(hinted, CHU)
    fetch(hospital)
    assert (state(any_house, one), state(any_house, other)) == (
        AttestationState.REVOKED,
        AttestationState.VALID,
    )
    assert changes(any_house) == [one.id]
    lynx, cardio = any_house.read(rows.find, one.id).account_id, one.group_id
    assert [each.id for each in any_house.read(rows.of_member, lynx, cardio)] == [one.id]
    hospital.revoked.clear()
    any_house.run(hinted, CHU)
    fetch(hospital)
    assert state(any_house, one) is AttestationState.REVOKED  # what is revoked stays so


def test_a_new_one_at_a_place_that_is_set_is_refused(house: House) -> None:
    hospital = Hospital(house)
    came(hospital)
    hospital.become_partner()
    hospital.revoked.add(2)
    hospital.suspended.add(3)
    fetch(hospital)
    (ben, _), cardio = hospital.person("ben"), here(house)
    assert joined(hospital, ben, cardio, hospital.attests(ben, cardio)) is Flaw.REVOKED
    assert joined(hospital, ben, cardio, hospital.attests(ben, cardio)) is Flaw.SUSPENDED
    assert isinstance(joined(hospital, ben, cardio, hospital.attests(ben, cardio)), Attestation)


def test_a_suspended_one_comes_back(any_house: House) -> None:
    hospital = Hospital(any_house)
    one, _ = came(hospital)
    hospital.become_partner()
    hospital.suspended.add(one.suspension_index)
    fetch(hospital)
    assert state(any_house, one) is AttestationState.SUSPENDED
    hospital.suspended.clear()
    any_house.run(hinted, CHU)
    fetch(hospital)
    assert state(any_house, one) is AttestationState.VALID
    assert changes(any_house) == [one.id, one.id]


def test_an_old_list_is_not_believed(house: House) -> None:
    hospital = Hospital(house)
    one, _ = came(hospital)
    hospital.become_partner()
    hospital.suspended.add(one.suspension_index)
    fetch(hospital)
    hospital.suspended.clear()
    house.run(hinted, CHU)
    assert fetch(hospital, version=1) == [Flaw.LIST_VERSION] * 2
    assert state(house, one) is AttestationState.SUSPENDED
    refused = house.read(audit.entries, action="status_list.refused")
    assert {entry["detail"]["flaw"] for entry in refused} == {"list-version"}


@pytest.mark.parametrize("answer", [None, "text", [], {}, {"issuer": "https://else.example/actor"}])
def test_what_is_no_list_counts_as_silence(house: House, answer: Any) -> None:
    hospital = Hospital(house)
    one, _ = came(hospital)
    hospital.become_partner()
    for wanted in house.read(received.due):
        house.run(received.arrived, wanted.id, answer)
    assert len(house.read(rows.silent)) == 1
    assert state(house, one) is AttestationState.VALID


def test_silence_is_told_after_a_day_and_suspends_after_three(any_house: House) -> None:
    hospital = Hospital(any_house)
    one, _ = came(hospital)
    hospital.become_partner()
    fetch(hospital)
    any_house.clock.advance(timedelta(hours=2))
    fails(hospital)
    any_house.clock.advance(timedelta(hours=23))
    fails(hospital)
    assert any_house.run(received.watch) == 0
    assert any_house.read(received.silent) == []
    any_house.clock.advance(timedelta(hours=1))
    any_house.run(received.watch)
    any_house.run(received.watch)
    assert [issuer for issuer, _ in any_house.read(received.silent)] == [CHU]
    assert len(any_house.read(audit.entries, action="status_list.silent")) == 1
    assert state(any_house, one) is AttestationState.VALID
    any_house.clock.advance(timedelta(hours=48))
    assert any_house.run(received.watch) == 1
    assert any_house.run(received.watch) == 0
    assert state(any_house, one) is AttestationState.SUSPENDED
    fetch(hospital)
    assert state(any_house, one) is AttestationState.VALID
    assert any_house.read(received.silent) == []
    assert len(any_house.read(audit.entries, action="status_list.heard")) == 2
    assert changes(any_house) == [one.id, one.id]


def test_administrators_are_told_of_silence_once_by_mail_and_on_the_first_page(tmp_path: Path) -> None:
    space = Space(total=10**12, free=10**11, database=10**6)
    with open_house(tmp_path, smtp_url="smtp://127.0.0.1:1") as house:
        house.run(accounts.create_user, "test", "boss", "boss@mail.test", password_hash=None, role=Role.ADMIN)
        hospital = Hospital(house)
        came(hospital)
        hospital.become_partner()
        fetch(hospital)
        house.clock.advance(timedelta(hours=2))
        fails(hospital)
        assert "silent" not in house.read(status.report, space)[-1].values
        house.clock.advance(timedelta(hours=25))
        fails(hospital)
        for _ in range(2):
            house.run(received.watch)
        [letter] = house.run(mail.due, {language: Catalogue().translator("en") for language in ("", "en")})
        assert letter.address == "boss@mail.test"
        assert f"{CHU}, " in letter.text
        assert f"/admin/partners/{CHU}" in letter.text
        assert "Telephone its administrator" in letter.text
        ends = house.read(status.report, space)[-1]
        assert (ends.level, ends.values["silent"]) == (Level.WARN, 1)


def test_half_a_pair_is_not_enough_to_come_back(house: House) -> None:
    hospital = Hospital(house)
    one, _ = came(hospital)
    hospital.become_partner()
    fails(hospital)
    house.clock.advance(timedelta(hours=73))
    house.run(received.watch)
    first, second = house.read(received.due)
    house.run(received.arrived, first.id, hospital.list(first.uri))
    assert state(house, one) is AttestationState.SUSPENDED
    house.run(received.arrived, second.id, hospital.list(second.uri))
    assert state(house, one) is AttestationState.VALID


def test_who_has_nobody_in_a_group_any_more_is_not_watched(house: House) -> None:
    hospital = Hospital(house)
    one, _ = came(hospital)
    hospital.become_partner()
    fails(hospital)
    house.clock.advance(timedelta(days=21))
    house.run(received.attestations.expire)
    assert state(house, one) is AttestationState.EXPIRED
    assert house.read(received.due) == []
    assert house.read(received.silent) == []
