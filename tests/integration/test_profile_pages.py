"""One's own pictures and e-mail address, changed on pages without JavaScript."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.core.clock import FixedClock, SystemClock
from server.core.i18n import Catalogue
from server.domain.accounts import Account
from server.domain.users import Purpose
from server.media.vault import Vault
from server.services import accounts, invitations, mail, signin
from server.services.mail import Letter
from server.store import users
from server.store.session import Database
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in
from tests.support.pictures import png

pytestmark = pytest.mark.anyio

PROFILE, PICTURES, EMAIL = "/settings/profile", "/settings/profile/pictures", "/settings/email"


class World:
    def __init__(self, client: httpx.AsyncClient, database: Database, clock: FixedClock, application: Any):
        self.client, self.database, self.clock, self.application = client, database, clock, application

    def account(self, name: str = "alice") -> Account:
        return self.database.run_read(accounts.get_local, name)

    def events(self) -> int:
        from server.store import events as event_rows

        return len(self.database.run_read(event_rows.due, 100))

    def letters(self) -> list[Letter]:
        words = {"": Catalogue().translator("en")}
        return self.database.run_write(mail.due, words)

    async def post(self, path: str, page: str, **rest: Any) -> httpx.Response:
        token = form_token(await self.client.get(page))
        data = {"form_token": token, **rest.pop("data", {})}
        return await self.client.post(path, data=data, **rest)


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    clock = FixedClock(SystemClock().now())
    with opened(folder, clock, **settings) as database:
        for name in ("alice", "bob"):
            add_person(database, name)
        application = make_application(database)
        async with browser(application, database) as client:
            await sign_in(client, "alice")
            yield World(client, database, clock, application)


async def test_pictures_are_cleaned_kept_and_removed(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        sent = png(800, 600)
        answer = await w.post(PICTURES, PROFILE, files={"avatar": ("me.png", sent), "header": ("", b"")})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PROFILE}?done=pictures")
        changed = w.account()
        assert (len(changed.avatar), changed.header) == (64, "")
        kept = Vault(tmp_path / "media", reserve_bytes=0).read(changed.avatar)
        assert kept is not None and kept != sent  # decoded and encoded anew
        page = await w.client.get(f"{PROFILE}?done=pictures")
        assert "remove_avatar" in page.text and "remove_header" not in page.text
        before = w.events()
        await w.post(PICTURES, PROFILE, files={"avatar": ("", b"")})
        assert (w.account().avatar, w.events()) == (changed.avatar, before)  # nothing chosen, nothing changed
        await w.post(PICTURES, PROFILE, data={"remove_avatar": "on"})
        assert w.account().avatar == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture at all", b"%PDF-1.7 a document", png(10, 10)[:40], b"<svg xmlns='x'/>"],
    ids=["empty", "text", "pdf", "cut", "svg"],
)
async def test_what_is_no_picture_changes_nothing(tmp_path: Path, content: bytes) -> None:
    async with world(tmp_path) as w:
        before = w.events()
        good = ("good.png", png(20, 20))
        answer = await w.post(PICTURES, PROFILE, files={"avatar": good, "header": ("x.png", content)})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert (w.account().avatar, w.account().header, w.events()) == ("", "", before)


async def test_an_address_is_changed_at_once_where_no_mail_is_sent(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        answer = await w.post(EMAIL, EMAIL, data={"email": " New@House.example "})
        assert answer.headers["location"] == f"{EMAIL}?done=changed"
        assert "new@house.example" in (await w.client.get(answer.headers["location"])).text
        assert w.database.run_read(signin.find, "new@house.example") is not None
        assert w.database.run_read(signin.find, "alice@house.example") is None


@pytest.mark.parametrize(
    "email", ["", "nonsense", "bob@house.example", "BOB@house.example", "alice@house.example"]
)
async def test_an_address_that_cannot_be_is_refused(tmp_path: Path, email: str) -> None:
    async with world(tmp_path) as w:
        answer = await w.post(EMAIL, EMAIL, data={"email": email})
        assert answer.status_code in {409, 422}
        assert 'role="alert"' in answer.text
        assert w.database.run_read(signin.find, "alice") is not None
        assert w.database.run_read(signin.find, "alice@house.example") is not None


async def test_trying_addresses_ends(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        for number in range(11):
            answer = await w.post(EMAIL, EMAIL, data={"email": f"nonsense-{number}@house.example"})
        assert answer.status_code == 429


async def test_changing_an_address_wants_a_fresh_proof(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.clock.advance(timedelta(minutes=16))
        answer = await w.client.get(EMAIL)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin/confirm")


async def test_a_new_address_proves_itself_and_the_old_one_is_told(tmp_path: Path) -> None:
    smtp = {"smtp_url": "smtp://127.0.0.1:1", "mail_from": "house@house.example"}
    async with world(tmp_path, **smtp) as w:
        lost = w.database.run_read(signin.find, "alice")
        assert lost is not None
        reset = w.database.run_write(invitations.reset_link, "test", lost)
        await w.post(EMAIL, EMAIL, data={"email": "old-wish@house.example"})
        [first] = w.letters()
        answer = await w.post(EMAIL, EMAIL, data={"email": "new@house.example"})
        assert answer.headers["location"] == f"{EMAIL}?done=mailed"
        assert w.database.run_read(signin.find, "new@house.example") is None  # not before the link is used
        w.clock.advance(timedelta(seconds=1))
        letter = next(one for one in w.letters() if one.address == "new@house.example")
        path = _path(letter)
        # the link makes no account, is nobody else's, and the newest one counts
        assert (await w.client.get(path.replace("/settings/email/", "/invitation/"))).status_code == 404
        assert (await w.client.get(_path(first))).status_code == 404
        async with browser(w.application, w.database) as other:
            assert (await other.get(path)).headers["location"].startswith("/signin")
            await sign_in(other, "bob")
            assert (await other.get(path)).status_code == 404
        assert "new@house.example" in (await w.client.get(path)).text
        assert w.database.run_read(signin.find, "new@house.example") is None
        await w.post(path, path)
        assert w.database.run_read(signin.find, "new@house.example") is not None
        assert (await w.client.get(path)).status_code == 404
        assert (await w.client.get(reset.removeprefix(w.database.context.settings.base))).status_code == 404
        told = next(one for one in w.letters() if one.address == "alice@house.example")
        assert "new@house.example" not in told.text
        assert "tell an administrator" in told.text


async def test_a_link_ends_after_an_hour_and_never_takes_anothers_address(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        alice = w.database.run_read(signin.find, "alice")
        assert alice is not None

        def link(email: str) -> str:
            made = w.database.run_write(
                invitations.make, "test", purpose=Purpose.EMAIL, email=email, user_id=alice.id
            )
            return f"{EMAIL}/{made}"

        taken, late = link("carol@house.example"), link("late@house.example")
        page = form_token(await w.client.get(taken))
        add_person(w.database, "carol")
        assert (await w.client.post(taken, data={"form_token": page})).status_code == 409
        w.clock.advance(timedelta(hours=1))
        assert (await w.client.get(late)).status_code == 404
        assert w.database.run_read(signin.find, "alice@house.example") is not None


def _path(letter: Letter) -> str:
    found = re.search(r"http://house\.localhost:8000(/settings/email/\S+)", letter.text)
    assert found, letter.text
    return found[1]


async def test_quiet_hours_are_kept_both_or_not_at_all(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        user_id = w.database.run_read(accounts.get_local, "alice").id
        user = w.database.run_read(users.find_by_account, user_id)
        assert user is not None
        fields = {"display_name": "Alice", "visibility": "followers", "locked": "on"}
        quiet = {"quiet_from": "22:00", "quiet_until": "06:30"}
        answer = await w.post(PROFILE, PROFILE, data=fields | quiet)
        assert answer.status_code == 200
        page = await w.client.get(PROFILE)
        assert 'value="22:00"' in page.text
        assert 'value="06:30"' in page.text
        for wrong in ({"quiet_from": "22:00"}, {"quiet_from": "25:00", "quiet_until": "06:30"}):
            answer = await w.post(PROFILE, PROFILE, data=fields | wrong)
            assert answer.status_code == 422
            kept = w.database.run_read(signin.get_user, user.id)
            assert (kept.quiet_from, kept.quiet_until) == ("22:00", "06:30")
        await w.post(PROFILE, PROFILE, data=fields)
        kept = w.database.run_read(signin.get_user, user.id)
        assert (kept.quiet_from, kept.quiet_until) == (None, None)
