"""What waits for devices: when it goes, when it rests, when it ends; and what it may say of a group."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from server.core.errors import NotFound
from server.core.i18n import Catalogue, Translator
from server.core.settings import Push
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.push import PushPolicy
from server.domain.users import Role
from server.services import accounts, notifications, push, sessions, signin, tokens, upkeep
from server.services.push import Message
from server.store import accounts as account_rows
from server.store import memberships, posts, users
from server.store import push as rows
from server.store.session import Unit
from tests.support.groups import a_group, a_member
from tests.support.house import House, open_house
from tests.support.push import Device, b64
from tests.unit.server.test_groups_in_apps import said

TRANSLATORS: dict[str, Translator] = {
    "": Catalogue().translator("en"),
    "fr": Catalogue().translator("fr"),
}


@dataclass
class Phone:
    """A member with an app that subscribed."""

    user_id: int
    account: Account
    token_id: int
    token: str


def _phone(house: House, **alerts: bool) -> Phone:
    def made(unit: Unit) -> Phone:
        user, account = accounts.create_user(
            unit, "command", "ana", "ana@mail.test", password_hash=None, role=Role.MEMBER
        )
        minted = tokens.mint(
            unit, tokens.command_app(unit), ("push",), user_id=user.id, account_id=account.id
        )
        device = Device()
        at = push.device("https://push.example/x", b64(device.public), b64(device.auth), minted.text)
        push.subscribe(
            unit,
            minted.id,
            account.id,
            at,
            standard=True,
            alerts=alerts or {"follow": True},
            policy=PushPolicy.ALL,
        )
        return Phone(user.id, account, minted.id, minted.text)

    return house.run(made)


def _followed(house: House, phone: Phone, name: str) -> None:
    assert house.run(notifications.notify, [phone.account.id], NotificationKind.FOLLOW, house.remote(name).id)


def _due(house: House) -> list[Message]:
    return house.run(push.due, TRANSLATORS)


def _said(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.text)
    return found


def test_what_is_being_sent_is_left_alone_and_comes_again_after_a_crash(any_house: House) -> None:
    phone = _phone(any_house)
    assert not any_house.read(push.any_due)
    _followed(any_house, phone, "ben")
    assert any_house.read(push.any_due)
    [message] = _due(any_house)
    assert _due(any_house) == []
    any_house.clock.advance(push.LEASE)
    [again] = _due(any_house)
    assert again.notification_id == message.notification_id
    any_house.run(push.arrived, again)
    any_house.clock.advance(push.LEASE)
    assert _due(any_house) == []


def test_an_endpoint_that_fails_is_asked_ever_later_and_then_never_again(house: House) -> None:
    phone = _phone(house)
    for pause in push.BACKOFF:
        _followed(house, phone, f"follower{pause}")
        [message] = _due(house)
        house.run(push.failed, message)
        house.run(push.failed, message)  # a second one in flight counts once
        house.clock.advance(timedelta(seconds=pause - 10))
        assert _due(house) == []
        house.clock.advance(timedelta(seconds=70))
    _followed(house, phone, "last")
    [message] = _due(house)
    house.run(push.failed, message)
    assert _due(house) == []
    with pytest.raises(NotFound):
        house.read(push.get, phone.token_id)


def test_an_endpoint_that_works_again_is_told_all_that_waited(house: House) -> None:
    phone = _phone(house)
    _followed(house, phone, "ben")
    _followed(house, phone, "cleo")
    first, second = _due(house)
    house.run(push.failed, first, 500)
    house.clock.advance(timedelta(seconds=490))
    assert _due(house) == []
    house.clock.advance(timedelta(seconds=60))
    [probe] = _due(house)
    house.run(push.arrived, probe)
    [other] = _due(house)
    assert {probe.notification_id, other.notification_id} == {first.notification_id, second.notification_id}


def test_what_is_a_day_old_is_not_told(house: House) -> None:
    phone = _phone(house)
    _followed(house, phone, "ben")
    house.clock.advance(push.KEEP + timedelta(minutes=1))
    assert _due(house) == []
    _followed(house, phone, "cleo")
    house.clock.advance(push.KEEP + timedelta(minutes=1))
    house.run(upkeep.forget)
    assert not house.read(push.any_due)


def test_quiet_hours_wait_and_everything_comes_afterwards(house: House) -> None:
    phone = _phone(house)
    # it is 9:00 UTC, 10:00 in Paris
    house.run(
        signin.change_settings,
        phone.user_id,
        language="fr",
        timezone="Europe/Paris",
        quiet=("09:30", "10:30"),
    )
    _followed(house, phone, "ben")
    assert _due(house) == []
    assert not house.read(push.any_due)
    house.clock.advance(timedelta(minutes=31))
    [message] = _due(house)
    assert (
        _said(message)["body"]
        == TRANSLATORS["fr"].raw("You have a new follower")
        != "You have a new follower"
    )
    assert _said(message)["preferred_locale"] == "fr"


def test_what_was_taken_back_is_not_told(house: House) -> None:
    phone = _phone(house)
    ben = house.remote("ben")
    house.run(notifications.notify, [phone.account.id], NotificationKind.FOLLOW, ben.id)
    house.run(notifications.withdraw, phone.account.id, NotificationKind.FOLLOW, ben.id)
    assert not house.read(push.any_due)


def test_a_member_who_may_not_sign_in_is_told_nothing(house: House) -> None:
    phone = _phone(house)
    _followed(house, phone, "ben")
    house.run(lambda unit: users.change(unit, phone.user_id, {"disabled_at": unit.now}))
    assert _due(house) == []


def test_the_token_is_in_the_message_and_nowhere_in_the_rows(house: House) -> None:
    phone = _phone(house)
    _followed(house, phone, "ben")
    [message] = _due(house)
    assert _said(message)["access_token"] == phone.token
    assert phone.token not in repr(message)
    folder = house.database.context.settings.data_dir
    held = b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert b"push_subscription" in held
    assert phone.token.encode() not in held
    assert b"push.example" not in held


def test_an_instance_may_keep_the_token_out_or_send_nothing(tmp_path: Any) -> None:
    with open_house(tmp_path / "without", push=Push.WITHOUT_TOKEN) as house:
        phone = _phone(house)
        _followed(house, phone, "ben")
        [message] = _due(house)
        assert _said(message)["access_token"] == ""
        assert phone.token.encode() not in message.text


@pytest.mark.parametrize(
    ("listed", "access", "body"),
    [
        (True, "closed", "Hearts of the North: You were mentioned"),
        (False, "closed", "You were mentioned"),
        (True, "secret", "You were mentioned"),
    ],
)
def test_a_group_is_named_where_everybody_may_find_it_and_its_posts_are_silent(
    house: House, *, listed: bool, access: str, body: str
) -> None:
    phone = _phone(house, mention=True)
    author = house.local("zebrafinch")
    group = a_group(house, listed=listed, access=access)
    house.run(lambda unit: account_rows.change(unit, group.id, {"display_name": "Hearts of the North"}))
    for one in (author, phone.account):
        a_member(house, group, one)
    post_id = said(house, author, group, content="<p>canary-77</p>")

    def told(unit: Unit) -> None:
        post = posts.find(unit, post_id)
        assert notifications.notify(unit, [phone.account.id], NotificationKind.MENTION, author.id, post)

    house.run(told)
    [message] = _due(house)
    assert _said(message)["body"] == body
    assert b"canary" not in message.text
    assert b"zebrafinch" not in message.text


def test_what_its_reader_may_not_see_any_more_is_not_told(house: House) -> None:
    phone = _phone(house, mention=True)
    author, group = house.local("ben"), a_group(house)
    for one in (author, phone.account):
        a_member(house, group, one)
    post_id = said(house, author, group)
    house.run(
        lambda unit: notifications.notify(
            unit, [phone.account.id], NotificationKind.MENTION, author.id, posts.find(unit, post_id)
        )
    )

    def leave(unit: Unit) -> None:
        known = memberships.find(unit, group.id, phone.account.id)
        assert known is not None
        memberships.change(unit, known.id, {"state": "left"})

    house.run(leave)
    assert _due(house) == []


@pytest.mark.parametrize("setting", [Push.WITHOUT_TOKEN, Push.OFF])
def test_a_token_that_was_sealed_before_is_erased_where_none_may_leave(house: House, setting: Push) -> None:
    phone = _phone(house)
    assert house.run(upkeep.forget_push_tokens) == 0, "here they are needed"
    settings = house.database.context.settings.model_copy(update={"push": setting})
    house.database.context = replace(house.database.context, settings=settings)
    assert phone.token in _sealed(house, phone)
    assert house.run(upkeep.forget_push_tokens) == 1
    assert phone.token not in _sealed(house, phone)
    assert house.run(upkeep.forget_push_tokens) == 0
    known = house.read(push.get, phone.token_id)
    assert known.endpoint == "https://push.example/x", "the device itself stays"


def _sealed(house: House, phone: Phone) -> str:
    """What the row holds, opened."""

    def opened(unit: Unit) -> str:
        kept = rows.find(unit, phone.token_id)
        assert kept is not None
        return unit.context.sealer.open(f"push:{phone.token_id}", kept.sealed).decode()

    return house.read(opened)


@pytest.mark.parametrize("days", [31, 366])
def test_a_token_that_is_over_leaves_with_its_device(any_house: House, days: int) -> None:
    phone = _phone(any_house)
    app_alone = any_house.run(_app_token)
    _followed(any_house, phone, "ben")
    for day in range(0, 360, 20) if days > 365 else ():
        any_house.clock.advance(timedelta(days=20))
        any_house.run(tokens.touched, phone.token_id)
        assert any_house.run(tokens.end_dead) == 0, day
    any_house.clock.advance(timedelta(days=29) if days < 365 else timedelta(0))
    assert any_house.run(tokens.end_dead) == 0, "not yet"
    assert len(any_house.read(sessions.apps_of, phone.user_id)) == 1
    any_house.clock.advance(timedelta(days=days - 29) if days < 365 else timedelta(days=6))
    any_house.run(upkeep.forget)
    assert any_house.read(sessions.apps_of, phone.user_id) == []
    assert any_house.read(rows.find, phone.token_id) is None
    assert any_house.read(tokens.believe, phone.token) is None
    assert any_house.run(tokens.revoke, "command", token_id=phone.token_id) == 0, "revoked it is already"
    alone = any_house.read(tokens.believe, app_alone)
    assert (alone is None) is (days > 365), "an app's own token ends with the year alone"


def _app_token(unit: Unit) -> str:
    return tokens.mint(unit, tokens.command_app(unit), ("read",), user_id=None, account_id=None).text
