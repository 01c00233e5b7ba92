"""Passwords, throttles, second factors, sessions and one-time links, on a real database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from server.core.clock import FixedClock, SystemClock
from server.core.errors import Conflict, Invalid, NotFound, RateLimited
from server.domain.signin import Stage
from server.domain.users import Purpose, Role
from server.services import accounts, invitations, leaving, second_factors, sessions, signin, tokens
from server.store.session import Database, Unit
from tests.support.member_pages import PASSWORD, add_person, opened

STEP = timedelta(seconds=30)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def house(tmp_path: Path, clock: FixedClock) -> Iterator[Database]:
    with opened(tmp_path, clock) as database:
        yield database


@pytest.fixture
def alice(house: Database) -> int:
    return add_person(house, "alice", password=None)


def begin(house: Database, user_id: int, *, full: bool = True) -> str:
    return house.run_write(lambda unit: sessions.begin(unit, user_id, full=full, agent="x", address="::1"))


def believed(house: Database, text: str) -> bool:
    return house.run_read(lambda unit: sessions.believe(unit, text)) is not None


def enrol(house: Database, user_id: int) -> pyotp.TOTP:
    enrolment = house.run_write(second_factors.start_totp, user_id, "alice")
    totp = pyotp.TOTP(enrolment.secret)
    house.run_write(second_factors.confirm_totp, user_id, totp.at(house.context.clock.now()), "phone")
    return totp


# -- passwords -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["short", "password", "aaaaaaaaaaaa", "alice@x.example", "x" * 201, "12345678"]
)
def test_passwords_that_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        signin.check_new_password(password, "alice", "alice@x.example")


def test_a_password_is_checked_and_nobody_has_none() -> None:
    stored = signin.hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert signin.check_password(stored, PASSWORD)
    assert not signin.check_password(stored, PASSWORD + " ")
    assert not signin.check_password(None, PASSWORD)
    assert not signin.check_password(None, "\0no password has this value")
    assert not signin.check_password("not a hash", PASSWORD)


@pytest.mark.parametrize(
    "login",
    ["alice@house.example", " ALICE@House.Example ", "alice", "@Alice", "@alice@house.localhost:8000"],
)
def test_a_login_is_an_address_or_a_name(house: Database, alice: int, login: str) -> None:
    found = house.run_read(signin.find, login)
    assert found is not None
    assert found.id == alice


@pytest.mark.parametrize("login", ["bob", "", "@", "instance", "alice@elsewhere.example", "%"])
def test_a_login_that_is_nobodys(house: Database, alice: int, login: str) -> None:
    assert house.run_read(signin.find, login) is None


def test_guessing_ends_and_may_go_on_later(house: Database, alice: int, clock: FixedClock) -> None:
    for _ in range(10):
        house.run_write(signin.attempt, "alice")
    with pytest.raises(RateLimited) as refused:
        house.run_write(signin.attempt, "ALICE ")
    assert 0 < refused.value.retry_after <= 900
    house.run_write(signin.attempt, "bob")
    clock.advance(timedelta(minutes=15, seconds=1))
    assert house.run_write(signin.attempt, "alice") is not None


def test_success_forgets_the_failures(house: Database, alice: int) -> None:
    for _ in range(9):
        user = house.run_write(signin.attempt, "alice")
    assert user is not None
    house.run_write(lambda unit: signin.succeeded(unit, user, agent="", address=""))
    for _ in range(10):
        house.run_write(signin.attempt, "alice")


@pytest.mark.parametrize("end", ["suspend", "leave", "delete"])
def test_who_is_gone_is_signed_out_and_cannot_sign_in(house: Database, alice: int, end: str) -> None:
    text = begin(house, alice)
    assert believed(house, text)

    def gone(unit: Unit) -> None:
        account = accounts.get_local(unit, "alice")
        {"suspend": accounts.suspend, "leave": leaving.leave, "delete": accounts.delete}[end](
            unit, "command", account
        )

    house.run_write(gone)
    assert not believed(house, text)
    assert house.run_read(signin.find, "alice@house.example") is None
    assert house.run_read(signin.find, "alice") is None


# -- sessions --------------------------------------------------------------------------------------------


def test_a_session_ends_without_use_and_after_two_weeks(
    house: Database, alice: int, clock: FixedClock
) -> None:
    idle, used = begin(house, alice), begin(house, alice)
    for half_day in range(30):
        found = house.run_read(sessions.believe, used)
        assert (found is not None) is (half_day < 28)
        assert believed(house, idle) is (half_day < 2)
        if found is not None:
            house.run_write(sessions.touched, found)
        clock.advance(timedelta(hours=12, seconds=1))
    house.run_write(sessions.sweep)
    assert house.run_read(lambda unit: sessions.of_user(unit, alice)) == []


def test_an_unfinished_session_is_short(house: Database, alice: int, clock: FixedClock) -> None:
    half = begin(house, alice, full=False)
    found = house.run_read(sessions.believe, half)
    assert found is not None
    assert (found.stage, found.factor_at) == (Stage.PASSWORD, None)
    clock.advance(timedelta(minutes=15, seconds=1))
    assert not believed(house, half)


def test_raising_a_session_changes_its_cookie(house: Database, alice: int) -> None:
    half = begin(house, alice, full=False)
    found = house.run_read(sessions.believe, half)
    assert found is not None
    full = house.run_write(sessions.raise_to_full, found.id)
    assert not believed(house, half)
    assert believed(house, full)


def test_a_person_ends_their_own_sessions_only(house: Database, alice: int) -> None:
    bob = add_person(house, "bob", password=None)
    text = begin(house, alice)
    found = house.run_read(sessions.believe, text)
    assert found is not None
    with pytest.raises(NotFound):
        house.run_write(sessions.end, bob, found.id)
    assert believed(house, text)
    house.run_write(sessions.end, alice, found.id)
    assert not believed(house, text)


def test_the_last_way_in_stays(house: Database, alice: int) -> None:
    here = begin(house, alice)
    current = house.run_read(sessions.believe, here)
    assert current is not None
    enrol(house, alice)
    [factor] = house.run_read(second_factors.of_user, alice)
    with pytest.raises(Invalid):
        house.run_write(second_factors.remove, alice, factor.id)
    with pytest.raises(Invalid):
        house.run_write(lambda unit: sessions.lost_phone(unit, alice, current.id, factors=True))
    house.run_write(lambda unit: sessions.lost_phone(unit, alice, current.id, factors=False))
    assert house.run_read(second_factors.has_any, alice)


def test_a_lost_phone(house: Database, alice: int) -> None:
    house.run_write(signin.set_password, "command", alice, "x")
    here, phone = begin(house, alice), begin(house, alice)
    totp = enrol(house, alice)
    codes = house.run_write(second_factors.new_codes, alice)

    def mint(unit: Unit) -> str:
        user = signin.get_user(unit, alice)
        return tokens.mint(
            unit, tokens.command_app(unit), ("read",), user_id=alice, account_id=user.account_id
        ).text

    token = house.run_write(mint)
    assert house.run_read(tokens.believe, token) is not None
    assert [app.app_name for app in house.run_read(sessions.apps_of, alice)] == ["Command line"]
    current = house.run_read(sessions.believe, here)
    assert current is not None
    assert house.run_write(lambda unit: sessions.lost_phone(unit, alice, current.id, factors=True)) == 1
    assert (believed(house, here), believed(house, phone)) == (True, False)
    assert house.run_read(tokens.believe, token) is None
    assert not house.run_read(second_factors.has_any, alice)
    assert not house.run_write(second_factors.check_code, alice, codes[0])
    assert not house.run_write(second_factors.check_code, alice, totp.now())


# -- second factors --------------------------------------------------------------------------------------


def test_an_authenticators_code_counts_once_and_for_a_short_time(
    house: Database, alice: int, clock: FixedClock
) -> None:
    totp = enrol(house, alice)
    assert not house.run_write(second_factors.check_code, alice, totp.at(clock.now()))  # used to confirm
    clock.advance(STEP)
    code = totp.at(clock.now())
    assert house.run_write(second_factors.check_code, alice, f" {code[:3]} {code[3:]} ")
    assert not house.run_write(second_factors.check_code, alice, code)
    clock.advance(STEP)
    assert not house.run_write(second_factors.check_code, alice, code)
    late = totp.at(clock.now())
    clock.advance(STEP * 2)
    assert not house.run_write(second_factors.check_code, alice, late)


def test_an_authenticator_counts_only_when_confirmed(house: Database, alice: int, clock: FixedClock) -> None:
    first = house.run_write(second_factors.start_totp, alice, "alice")
    second = house.run_write(second_factors.start_totp, alice, "alice")
    assert not house.run_read(second_factors.has_any, alice)
    assert not house.run_write(second_factors.check_code, alice, pyotp.TOTP(second.secret).at(clock.now()))
    for wrong in (pyotp.TOTP(first.secret).at(clock.now()), "\u0661\u0662\u0663\u0664\u0665\u0666"):
        with pytest.raises(Invalid):
            house.run_write(second_factors.confirm_totp, alice, wrong, "")
    house.run_write(second_factors.confirm_totp, alice, pyotp.TOTP(second.secret).at(clock.now()), "")
    assert house.run_read(second_factors.has_any, alice)


def test_secrets_are_not_readable_in_the_database(house: Database, alice: int, tmp_path: Path) -> None:
    enrolment = house.run_write(second_factors.start_totp, alice, "alice")
    codes = house.run_write(second_factors.new_codes, alice)
    cookie = begin(house, alice)
    link = house.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
    raw = b"".join(file.read_bytes() for file in tmp_path.glob("consilium.sqlite*"))
    for secret in (enrolment.secret, codes[0], codes[0].replace("-", ""), cookie, link):
        assert secret.encode() not in raw


def test_recovery_codes(house: Database, alice: int) -> None:
    bob = add_person(house, "bob", password=None)
    codes = house.run_write(second_factors.new_codes, alice)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", code) for code in codes)
    assert not house.run_write(second_factors.check_code, bob, codes[0])
    assert house.run_write(second_factors.check_code, alice, codes[0].upper())
    assert not house.run_write(second_factors.check_code, alice, codes[0])
    assert house.run_read(second_factors.codes_left, alice) == 9
    house.run_write(second_factors.new_codes, alice)
    assert not house.run_write(second_factors.check_code, alice, codes[1])


def test_what_no_passkey_made_is_refused(house: Database, alice: int) -> None:
    context = house.context
    for answer in (
        "",
        "{}",
        "[]",
        "null",
        '{"id":"x"}',
        '{"id":"eA","rawId":"eA","type":"public-key","response":{}}',
        "\0",
    ):
        challenge = second_factors.assertion(context, "signin", [])
        assert (
            house.run_write(
                lambda unit, s=challenge.sealed, a=answer: second_factors.check_passkey(
                    unit, "signin", s, a, user_id=None
                )
            )
            is None
        )
        with pytest.raises(Invalid):
            second_factors.verify_registration(
                context, context.clock.now(), "signin", challenge.sealed, answer
            )


# -- one-time links --------------------------------------------------------------------------------------


def accept(house: Database, text: str, name: str, email: str = "") -> int:
    def unit_of_work(unit: Unit) -> int:
        user, _ = invitations.accept(
            unit, text, name=name, email=email, language="fr", password_hash=None, passkey=None
        )
        return user.id

    return house.run_write(unit_of_work)


def test_an_invitation_works_once(house: Database) -> None:
    text = house.run_write(
        lambda unit: invitations.make(
            unit, "command", purpose=Purpose.INVITE, role=Role.AUDITOR, email="B@x.example"
        )
    )
    user_id = accept(house, text, "bob", "someone-else@x.example")
    user = house.run_read(signin.get_user, user_id)
    assert (user.email, user.role, user.language) == ("b@x.example", Role.AUDITOR, "fr")
    assert user.accepted_terms_at is not None
    with pytest.raises(NotFound):
        accept(house, text, "carol", "c@x.example")


def test_a_name_that_is_taken_does_not_use_the_link_up(house: Database, alice: int) -> None:
    text = house.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
    with pytest.raises(Conflict):
        accept(house, text, "Alice", "new@x.example")
    with pytest.raises(Conflict):
        accept(house, text, "other", "alice@house.example")
    assert accept(house, text, "other", "new@x.example")


def test_links_end(house: Database, clock: FixedClock) -> None:
    text = house.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
    clock.advance(timedelta(days=14))
    for wrong in (text, "x" * 43, ""):
        with pytest.raises(NotFound) as refused:
            house.run_read(invitations.get, wrong)
        assert refused.value.message == invitations.OVER


def test_the_set_up_link_is_for_an_empty_house_and_the_newest_counts(house: Database) -> None:
    def make(unit: Unit) -> str:
        return invitations.make(unit, "command", purpose=Purpose.SETUP, role=Role.ADMIN)

    old, new = house.run_write(make), house.run_write(make)
    with pytest.raises(NotFound):
        house.run_read(invitations.get, old)
    third = house.run_read(invitations.get, new)
    assert third.role is Role.ADMIN
    add_person(house, "alice", password=None)
    with pytest.raises(NotFound):
        house.run_read(invitations.get, new)


def test_withdrawn_and_listed(house: Database) -> None:
    text = house.run_write(
        lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE, email="b@x.example")
    )
    [one] = house.run_read(invitations.open_ones)
    assert one.email == "b@x.example"
    house.run_write(invitations.withdraw, "user:1", one.id)
    assert house.run_read(invitations.open_ones) == []
    with pytest.raises(NotFound):
        house.run_read(invitations.get, text)


def test_a_new_password_ends_sessions_and_tokens(house: Database, alice: int) -> None:
    cookie = begin(house, alice)
    user = house.run_read(signin.get_user, alice)
    first = house.run_write(lambda unit: invitations.reset_link(unit, "command", user)).rpartition("/")[2]
    second = house.run_write(lambda unit: invitations.reset_link(unit, "command", user)).rpartition("/")[2]
    hashed = signin.hash_password(PASSWORD)
    with pytest.raises(NotFound):
        house.run_write(invitations.reset, first, hashed)
    house.run_write(invitations.reset, second, hashed)
    assert not believed(house, cookie)
    assert signin.check_password(house.run_read(signin.get_user, alice).password_hash, PASSWORD)
    with pytest.raises(NotFound):
        house.run_write(invitations.reset, second, hashed)


def test_tokens_of_apps_end_unused_after_a_month_and_in_any_case_after_a_year(
    house: Database, alice: int, clock: FixedClock
) -> None:
    def mint(unit: Unit) -> tokens.Minted:
        user = signin.get_user(unit, alice)
        return tokens.mint(
            unit, tokens.command_app(unit), ("read",), user_id=alice, account_id=user.account_id
        )

    unused, used = house.run_write(mint), house.run_write(mint)
    for _ in range(12):
        clock.advance(timedelta(days=29))
        assert house.run_read(tokens.believe, used.text) is not None
        house.run_write(tokens.touched, used.id)
    assert house.run_read(tokens.believe, unused.text) is None
    assert house.run_read(tokens.believe, used.text) is not None
    clock.advance(timedelta(days=20))
    assert house.run_read(tokens.believe, used.text) is None
