"""The pages of signing in, joining and settings, over HTTP: what they refuse, and what they carry."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from server.core.clock import FixedClock, SystemClock
from server.domain.users import Purpose, Role
from server.services import invitations, second_factors, signin
from server.store.session import Database
from server.web.admin.routes import ROUTES as ADMIN
from server.web.kit.routing import Auth, Sees
from server.web.oauth.routes import ROUTES as OAUTH
from server.web.signin.routes import ROUTES as SIGNIN
from server.web.site.routes import ROUTES as SITE
from tests.support.member_pages import (
    PASSWORD,
    add_person,
    browser,
    form_token,
    make_application,
    opened,
    sign_in,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PAGES = {Auth.SESSION, Auth.MAYBE_SESSION, Auth.FRESH_SESSION, Auth.STAFF}
FORMS = [
    route for route in (*OAUTH, *SIGNIN, *SITE, *ADMIN) if route.method == "POST" and route.auth in PAGES
]
NO_PAGES = {
    "/manifest.webmanifest",
    "/service-worker.js",
    "/admin/partners/card",
    "/admin/policies/export",
    "/admin/audit/file",
    "/admin/decisions/file",
}
"""Files that browsers and people take away."""
SHOWN = [
    route
    for route in (*SIGNIN, *SITE, *ADMIN)
    if route.method == "GET" and "{" not in route.path and route.path not in NO_PAGES
]


@dataclass
class World:
    client: httpx.AsyncClient
    database: Database
    clock: FixedClock
    application: Any

    def other(self) -> httpx.AsyncClient:
        return browser(self.application, self.database)

    async def sign_in(
        self, login: str = "alice", password: str = PASSWORD, where: str = "/"
    ) -> httpx.Response:
        return await sign_in(self.client, login, password, where)


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    clock = FixedClock(SystemClock().now())
    with opened(folder, clock, **settings) as database:
        add_person(database, "alice")
        application = make_application(database)
        async with browser(application, database) as client:
            yield World(client, database, clock, application)


async def test_signing_in_and_out(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        answer = await w.sign_in(where="/settings/sessions")
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sessions")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("consilium=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        page = await w.client.get("/settings/sessions")
        assert page.status_code == 200
        assert page.headers["cache-control"] == "private, no-store"
        await w.client.post("/signout", data={"form_token": form_token(page)})
        assert (await w.client.get("/settings/sessions")).headers[
            "location"
        ] == "/signin?next=%2Fsettings%2Fsessions"


async def test_cookies_over_https(tmp_path: Path) -> None:
    async with world(tmp_path, scheme="https", domain="house.example") as w:
        page = await w.client.get("/signin")
        answer = await w.sign_in()
        for cookie in (*page.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")):
            assert cookie.startswith("__Host-consilium")
            assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
            assert "Domain" not in cookie
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_wrong_and_unknown_look_the_same(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        pages = []
        for login, password in (("alice", "wrong wrong wrong"), ("nobody", PASSWORD), ("alice", "")):
            answer = await w.sign_in(login, password)
            assert answer.status_code == 422
            assert 'role="alert"' in answer.text
            pages.append(re.sub(r'(value|data-options)="[^"]*"', "", answer.text))
        assert len(set(pages)) == 1


async def test_guessing_ends_with_a_sentence(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        for login in ("alice", "@alice", "alice@house.example", "ALICE") * 3:
            answer = await w.sign_in(login, "wrong wrong wrong")
        assert answer.status_code == 429
        assert "Too many attempts" in answer.text
        assert (await w.sign_in()).status_code == 429
        w.clock.advance(timedelta(minutes=15, seconds=1))
        assert (await w.sign_in()).status_code == 303


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/ü",
        "x",
        "/" + "a" * 5000,
    ],
)
async def test_nobody_is_led_elsewhere(tmp_path: Path, where: str) -> None:
    async with world(tmp_path) as w:
        assert (await w.sign_in(where=where)).headers["location"] == "/"
        again = await w.client.get("/signin", params={"next": where})
        assert again.headers["location"] == "/"


@pytest.mark.parametrize("route", FORMS, ids=lambda route: str(route.path))
async def test_no_form_is_taken_without_its_token(tmp_path: Path, route: Any) -> None:
    assert route.csrf
    async with world(tmp_path) as w:
        bob = add_person(w.database, "bob", role=Role.ADMIN)
        text = w.database.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
        await w.sign_in("bob")
        path = re.sub(
            r"\{\w+\}", "1", route.path.replace("{token}", text if "invitation" in route.path else "1")
        )
        for fields in ({}, {"form_token": ""}, {"form_token": "f" * 48}, {"form_token[]": "x"}):
            answer = await w.client.post(path, data=fields)
            assert answer.status_code == 403, (path, fields)
        async with w.other() as other:
            stranger = form_token(await other.get("/signin"))
        assert (await w.client.post(path, data={"form_token": stranger})).status_code == 403
        assert bob


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: str(route.path))
async def test_each_page_is_ours_alone(tmp_path: Path, route: Any) -> None:
    path = route.path
    async with world(tmp_path) as w:
        add_person(w.database, "bob", role=Role(route.roles[0]) if route.roles else Role.ADMIN)
        await w.sign_in("bob")
        page = await w.client.get(path + ("?again=1" if path == "/signin" else ""))
        assert page.status_code in {200, 303}, page.text
        if page.status_code == 303:
            return
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert ("form-action" in policy) is not path.startswith(
            ("/signin", "/oauth")
        ) or path == "/signin/lost"
        assert "cross-origin-opener-policy" not in page.headers
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "no patient data" in page.text
        assert not re.search(r"<script(?! src)|<style|style=|onclick=", page.text)


async def test_what_belongs_to_members_leads_to_signing_in(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        for route in (*SITE, *ADMIN):
            if route.auth in {Auth.SESSION, Auth.FRESH_SESSION, Auth.STAFF} and route.method == "GET":
                answer = await w.client.get(route.path)
                assert answer.headers["location"].startswith("/signin?next="), route.path


async def test_staff_pages_are_for_staff(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        for name, role in (("mo", Role.MODERATOR), ("au", Role.AUDITOR)):
            add_person(w.database, name, role=role)
        for name in ("alice", "mo", "au"):
            await w.sign_in(name)
            page = await w.client.get("/admin/invitations")
            assert page.status_code == 403
            token = form_token(page)
            answer = await w.client.post("/admin/invitations", data={"form_token": token, "role": "admin"})
            assert answer.status_code == 403
        assert w.database.run_read(invitations.open_ones) == []
        assert all(route.sees is Sees.STAFF for route in ADMIN)


async def test_half_a_session_opens_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        user = w.database.run_read(signin.find, "alice")
        assert user is not None
        totp = protect(w, user.id)
        answer = await w.sign_in(where="/settings/profile")
        assert answer.headers["location"].startswith("/signin/second?")
        for path in ("/settings/profile", "/settings/security", "/welcome"):
            assert (await w.client.get(path)).headers["location"].startswith("/signin/second?")
        assert "Sign out" not in (await w.client.get("/")).text
        page = await w.client.get("/signin/second?next=/settings/profile")
        token = form_token(page)
        forbidden = await w.client.post("/settings/profile", data={"form_token": token, "display_name": "x"})
        assert forbidden.status_code == 303
        wrong = await w.client.post("/signin/second", data={"form_token": token, "code": "000000"})
        assert wrong.status_code == 422
        w.clock.advance(timedelta(seconds=30))
        fields = {"form_token": token, "code": totp.at(w.clock.now()), "next": "/settings/profile"}
        right = await w.client.post("/signin/second", data=fields)
        assert right.headers["location"] == "/settings/profile"
        assert (await w.client.get("/settings/profile")).status_code == 200


async def test_guessing_the_second_factor_ends(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        user = w.database.run_read(signin.find, "alice")
        assert user is not None
        totp = protect(w, user.id)
        await w.sign_in()
        token = form_token(await w.client.get("/signin/second"))
        for _ in range(10):
            assert (
                await w.client.post("/signin/second", data={"form_token": token, "code": "000000"})
            ).status_code == 422
        w.clock.advance(timedelta(seconds=30))
        answer = await w.client.post(
            "/signin/second", data={"form_token": token, "code": totp.at(w.clock.now())}
        )
        assert answer.status_code == 429


def protect(w: World, user_id: int) -> pyotp.TOTP:
    enrolment = w.database.run_write(second_factors.start_totp, user_id, "alice")
    totp = pyotp.TOTP(enrolment.secret)
    w.database.run_write(second_factors.confirm_totp, user_id, totp.at(w.clock.now()), "")
    return totp


async def test_what_matters_wants_a_fresh_factor(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.sign_in()
        assert (await w.client.get("/settings/security")).status_code == 200
        w.clock.advance(timedelta(minutes=15, seconds=1))
        sent = await w.client.get("/settings/security")
        assert sent.headers["location"] == "/signin/confirm?next=%2Fsettings%2Fsecurity"
        page = await w.client.get(sent.headers["location"])
        token = form_token(page)
        lost = await w.client.post("/settings/lost-phone", data={"form_token": token, "factors": "on"})
        assert lost.headers["location"].startswith("/signin/confirm?")
        wrong = await w.client.post("/signin/confirm", data={"form_token": token, "password": "wrong wrong"})
        assert wrong.status_code == 422
        fields = {"form_token": token, "password": PASSWORD, "next": "/settings/security"}
        right = await w.client.post("/signin/confirm", data=fields)
        assert right.headers["location"] == "/settings/security"
        assert (await w.client.get("/settings/security")).status_code == 200


async def test_a_changed_password_ends_the_other_sessions(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.sign_in()
        async with w.other() as other:
            await sign_in(other, "alice")
            token = form_token(await w.client.get("/settings/security"))
            fields = {
                "form_token": token,
                "password": "seven quiet herons",
                "password_again": "seven quiet herons",
            }
            assert (
                await w.client.post("/settings/security/password", data={**fields, "password_again": "x"})
            ).status_code == 422
            assert (await w.client.post("/settings/security/password", data=fields)).status_code == 200
            assert (await w.client.get("/settings/sessions")).status_code == 200
            assert (await other.get("/settings/sessions")).status_code == 303
            assert (await sign_in(other, "alice")).status_code == 422
            assert (await sign_in(other, "alice", "seven quiet herons")).status_code == 303


async def test_joining_keeps_what_was_typed(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        text = w.database.run_write(lambda unit: invitations.make(unit, "command", purpose=Purpose.INVITE))
        where = f"/invitation/{text}"
        token = form_token(await w.client.get(where))
        good = {
            "form_token": token,
            "language": "fr",
            "name": "bob",
            "email": "bob@house.example",
            "password": PASSWORD,
            "password_again": PASSWORD,
            "terms": "on",
        }
        for change in (
            {"name": "alice"},
            {"name": "<b>"},
            {"email": "alice@house.example"},
            {"email": "nonsense"},
            {"password": "short", "password_again": "short"},
            {"password_again": "different"},
            {"password": "", "password_again": ""},
            {"terms": ""},
            {"answer": "{}"},
        ):
            answer = await w.client.post(where, data=good | change)
            assert answer.status_code in {409, 422}, change
            assert 'role="alert"' in answer.text
            assert '<html lang="fr">' in answer.text
            assert PASSWORD not in answer.text
            assert "<b>" not in answer.text
        answer = await w.client.post(where, data=good)
        assert answer.headers["location"] == "/welcome"
        assert (await w.client.get("/welcome")).status_code == 200
        assert (await w.client.get(where)).status_code == 404


async def test_a_new_password_by_an_administrators_link(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        user = w.database.run_read(signin.find, "alice")
        assert user is not None
        link = w.database.run_write(lambda unit: invitations.reset_link(unit, "command", user))
        where = link.removeprefix("http://house.localhost:8000")
        token = form_token(await w.client.get(where))
        fields = {
            "form_token": token,
            "password": "seven quiet herons",
            "password_again": "seven quiet herons",
        }
        assert (await w.client.post(where, data=fields)).headers["location"] == "/"
        assert (await w.client.get("/settings/sessions")).status_code == 200
        assert (await w.client.get(where)).status_code == 404


async def test_lost_passwords_tell_nobody_who_is_here(tmp_path: Path) -> None:
    async with world(tmp_path, smtp_url="smtp://127.0.0.1:1") as w:
        token = form_token(await w.client.get("/signin/lost"))
        answers = []
        for email in ("alice@house.example", "nobody@house.example"):
            answer = await w.client.post("/signin/lost", data={"form_token": token, "email": email})
            answers.append((answer.status_code, answer.text))
        assert answers[0] == answers[1]
        assert answers[0][0] == 200


async def test_static_files_and_nothing_else(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        style = await w.client.get("/static/consilium.css")
        assert style.headers["content-type"].startswith("text/css")
        assert (
            (await w.client.get("/static/passkey.js")).headers["content-type"].startswith("text/javascript")
        )
        for name in ("..%2f..%2fpyproject.toml", "x.css", "consilium.css%00"):
            assert (await w.client.get(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize("name", ["alice", "nobody", "instance", "alice/1"])
async def test_visitors_learn_nothing_of_members(tmp_path: Path, name: str) -> None:
    async with world(tmp_path) as w:
        answer = await w.client.get(f"/@{name}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?next=")
