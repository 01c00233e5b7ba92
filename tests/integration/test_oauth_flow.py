"""Apps register, a person lets them in, tokens come and go: over HTTP, on a real database."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from server.core.clock import FixedClock, SystemClock
from server.services import apps, tokens
from server.store.session import Database
from server.web.kit import responses
from server.web.kit.routing import Auth, Rate, Route, Sees
from tests.support.member_pages import PASSWORD, add_person, browser, make_application, opened

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALLBACK = "icecubesapp://"
VERIFIER = "v" * 43
OOB = "urn:ietf:wg:oauth:2.0:oob"


async def _who(call: Any) -> Any:
    return responses.json({"account": call.account_id})


WHO = Route("GET", "/who", _who, Auth.TOKEN, Sees.OWN, Rate.API, scope="read:accounts", cors=True)


@dataclass
class World:
    client: httpx.AsyncClient
    database: Database
    clock: FixedClock

    async def register(
        self, redirect: str = CALLBACK, scopes: str = "read write follow push"
    ) -> dict[str, Any]:
        body = {"client_name": "App", "redirect_uris": redirect, "scopes": scopes}
        answer = await self.client.post("/api/v1/apps", data=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def sign_in(
        self, login: str = "alice@house.example", password: str = PASSWORD, where: str = "/"
    ) -> httpx.Response:
        page = await self.client.get("/signin?again=1")
        return await self.client.post(
            "/signin",
            data={"form_token": form_token(page), "login": login, "password": password, "next": where},
        )

    async def ask(self, app: dict[str, Any], **change: str | None) -> httpx.Response:
        query = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": app["redirect_uris"][0],
            "scope": " ".join(app["scopes"]),
            "state": "st&te=1",
        } | change
        return await self.client.get(
            "/oauth/authorize", params={k: v for k, v in query.items() if v is not None}
        )

    async def allow(self, page: httpx.Response, decision: str = "allow") -> httpx.Response:
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
        return await self.client.post("/oauth/authorize", data={**fields, "decision": decision})

    async def code(self, app: dict[str, Any], **change: str | None) -> str:
        answer = await self.allow(await self.ask(app, **change))
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    async def exchange(self, app: dict[str, Any], code: str, **change: str | None) -> httpx.Response:
        body = {
            "grant_type": "authorization_code",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "redirect_uri": app["redirect_uris"][0],
            "code": code,
        } | change
        return await self.client.post("/oauth/token", data={k: v for k, v in body.items() if v is not None})

    async def who(self, token: str) -> int:
        return (await self.client.get("/who", headers={"Authorization": f"Bearer {token}"})).status_code


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    clock = FixedClock(SystemClock().now())
    with opened(folder, clock, **settings) as database:
        add_person(database, "alice")
        add_person(database, "bob")
        async with browser(make_application(database, WHO), database) as client:
            yield World(client, database, clock)


async def test_the_whole_way(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        first = await w.ask(app)
        assert first.status_code == 303
        where = parse_qs(urlsplit(first.headers["location"]).query)["next"][0]
        signed = await w.sign_in(where=where)
        assert signed.status_code == 303
        page = await w.client.get(signed.headers["location"])
        assert page.status_code == 200
        assert "App" in page.text
        policy = page.headers["content-security-policy"]
        assert "form-action" not in policy
        assert "script-src 'self'" in policy
        assert "cross-origin-opener-policy" not in page.headers
        answer = await w.allow(page)
        assert answer.headers["location"].startswith("icecubesapp://?code=")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query["state"] == ["st&te=1"]
        token = await w.exchange(app, query["code"][0])
        body = token.json()
        assert token.status_code == 200
        assert body["token_type"] == "Bearer"
        assert body["scope"] == "read write follow push"
        assert isinstance(body["created_at"], int)
        assert token.headers["cache-control"] == "private, no-store"
        assert await w.who(body["access_token"]) == 200


async def test_a_code_that_comes_twice_takes_its_token_with_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        code = await w.code(app)
        token = (await w.exchange(app, code)).json()["access_token"]
        assert await w.who(token) == 200
        again = await w.exchange(app, code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert await w.who(token) == 401


async def test_a_code_ends_after_ten_minutes_and_is_for_one_app_and_one_address(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register(redirect=f"{CALLBACK}\nhttps://app.example/cb")
        other = await w.register()
        await w.sign_in()
        code = await w.code(app)
        for change in (
            {"client_id": other["client_id"], "client_secret": other["client_secret"]},
            {"redirect_uri": "https://app.example/cb"},
            {"code": code + "x"},
        ):
            refused = await w.exchange(app, **{"code": code, **change})
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), change
        wrong = await w.exchange(app, code, client_secret="x" * 43)
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        w.clock.advance(timedelta(minutes=10, seconds=1))
        assert (await w.exchange(app, code)).json()["error"] == "invalid_grant"


async def test_a_challenge_is_verified_when_it_was_sent(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        challenge = {"code_challenge": apps.challenge_of(VERIFIER), "code_challenge_method": "S256"}
        code = await w.code(app, **challenge)
        for verifier in (None, "w" * 43, "v" * 42, "é" * 43):
            assert (await w.exchange(app, code, code_verifier=verifier)).json()["error"] == "invalid_grant"
        assert (await w.exchange(app, code, code_verifier=VERIFIER)).status_code == 200
        plain = await w.code(app)
        assert (await w.exchange(app, plain, code_verifier=VERIFIER)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "read admin:write"}, "invalid_scope"),
        ({"scope": "read push"}, "invalid_scope"),
    ],
)
async def test_refusals_go_back_to_the_app(tmp_path: Path, change: dict[str, str | None], error: str) -> None:
    async with world(tmp_path) as w:
        app = await w.register(scopes="read write")
        await w.sign_in()
        answer = await w.ask(app, **change)
        assert answer.status_code == 302
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert answer.headers["location"].startswith(CALLBACK)
        assert (query["error"], query["state"]) == ([error], ["st&te=1"])


@pytest.mark.parametrize(
    "redirect",
    [
        "http://evil.example/cb",
        "https://app.example/cb/",
        "https://app.example/cb?x=1",
        "https://app.example/CB",
        "https://app.example:443/cb",
        "https://app.example/cb#f",
        "https://app.example@evil.example/cb",
        "",
        OOB,
    ],
)
async def test_nothing_goes_to_an_address_that_was_not_registered(tmp_path: Path, redirect: str) -> None:
    async with world(tmp_path) as w:
        app = await w.register(redirect="https://app.example/cb")
        for _ in range(2):
            answer = await w.ask(app, redirect_uri=redirect)
            assert answer.status_code == 400
            assert "location" not in answer.headers
            assert "evil" not in answer.text
            await w.sign_in()
        page = await w.ask(app)
        fields = {
            "form_token": form_token(page),
            "client_id": app["client_id"],
            "response_type": "code",
            "decision": "allow",
        }
        posted = await w.client.post("/oauth/authorize", data={**fields, "redirect_uri": redirect})
        assert posted.status_code == 400
        assert "location" not in posted.headers


@pytest.mark.parametrize(
    "redirect",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://x.example/#f",
        "/relative",
        "https:///nohost",
        "https://a:b@x.example/",
        "h ttp://x",
        "http://exämple.test/",
    ],
)
async def test_addresses_that_no_app_may_register(tmp_path: Path, redirect: str) -> None:
    async with world(tmp_path) as w:
        answer = await w.client.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": redirect})
        assert answer.status_code == 422
        assert answer.json()["error"]


async def test_the_three_body_formats_register_alike(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        uris = ["https://app.example/a", OOB]
        bodies: list[dict[str, Any]] = [
            {"data": {"client_name": "x", "redirect_uris": "\n".join(uris)}},
            {"data": {"client_name": "x", "redirect_uris[]": uris}},
            {"json": {"client_name": "x", "redirect_uris": uris}},
            {"json": {"client_name": "x", "redirect_uris": "\n".join(uris)}},
            {"files": {"client_name": (None, "x"), "redirect_uris": (None, "\r\n".join(uris))}},
        ]
        for body in bodies:
            answer = (await w.client.post("/api/v1/apps", **body)).json()
            assert answer["redirect_uris"] == uris, body
            assert answer["redirect_uri"] == "\n".join(uris)
            assert answer["scopes"] == ["read"]
            assert answer["client_secret_expires_at"] == 0
            assert answer["website"] is None
            assert len(base64.urlsafe_b64decode(answer["vapid_key"] + "=")) == 65
        for wrong in ({}, {"client_name": "x"}, {"client_name": "x", "redirect_uris": OOB, "scopes": "root"}):
            refused = await w.client.post("/api/v1/apps", data=wrong)
            assert (refused.status_code, "error" in refused.json()) == (422, True)


async def test_an_app_of_its_own(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register(scopes="read")
        basic = {
            "Authorization": "Basic "
            + base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
        }
        answer = await w.client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic)
        token = answer.json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        verified = await w.client.get("/api/v1/apps/verify_credentials", headers=bearer)
        assert verified.json()["name"] == "App"
        assert "client_secret" not in verified.json()
        assert await w.who(token) == 401
        wide = await w.client.post(
            "/oauth/token", data={"grant_type": "client_credentials", "scope": "write"}, headers=basic
        )
        assert wide.json()["error"] == "invalid_scope"
        bad = await w.client.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": "Basic !!"}
        )
        assert (bad.status_code, bad.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("refresh_token", "unsupported_grant_type"),
        ("", "invalid_request"),
    ],
)
async def test_other_grants_are_refused(tmp_path: Path, grant: str, error: str) -> None:
    async with world(tmp_path) as w:
        body = {"grant_type": grant, "username": "alice@house.example", "password": PASSWORD}
        answer = await w.client.post("/oauth/token", data=body)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert answer.json()["error_description"]


async def test_revoking(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app, other = await w.register(), await w.register()
        await w.sign_in()
        token = (await w.exchange(app, await w.code(app))).json()["access_token"]

        def body(of: dict[str, Any], text: str) -> dict[str, str]:
            return {"client_id": of["client_id"], "client_secret": of["client_secret"], "token": text}

        foreign = await w.client.post("/oauth/revoke", data=body(other, token))
        assert foreign.status_code == 403
        assert await w.who(token) == 200
        assert (
            await w.client.post("/oauth/revoke", data={**body(app, token), "client_secret": "x"})
        ).status_code == 401
        assert (await w.client.post("/oauth/revoke", data=body(app, token))).status_code == 200
        assert await w.who(token) == 401
        assert (await w.client.post("/oauth/revoke", data=body(app, "unknown"))).status_code == 200


async def test_a_blocked_app_signs_nobody_in_and_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        token = (await w.exchange(app, await w.code(app))).json()["access_token"]
        asked, code = await w.ask(app), await w.code(app)
        w.database.run_write(apps.block, "command", w.database.run_read(apps.in_use)[0].id)
        refused = await w.client.get("/who", headers={"Authorization": f"Bearer {token}"})
        assert refused.status_code == 403
        assert refused.json()["error"] == "The administrators of this instance have blocked the app App"
        for page in (await w.ask(app), await w.allow(asked)):
            assert page.status_code == 403
            assert "have blocked the app App: nobody can sign in with it" in page.text
        assert (await w.exchange(app, code)).json()["error"] == "invalid_client"
        body = {"client_name": "App", "redirect_uris": CALLBACK, "scopes": "read"}
        assert (await w.client.post("/api/v1/apps", data=body)).status_code == 403
        w.database.run_write(apps.unblock, "command", w.database.run_read(apps.in_use)[0].id)
        assert await w.who(token) == 200
        assert (await w.ask(app)).status_code == 200


async def test_out_of_band(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register(redirect=OOB)
        await w.sign_in()
        answer = await w.allow(await w.ask(app))
        assert answer.headers["location"].startswith("/oauth/authorize/native?code=")
        page = await w.client.get(answer.headers["location"])
        shown = re.search(r'readonly value="([^"]+)"', page.text)
        assert shown
        assert (await w.exchange(app, shown[1])).status_code == 200
        assert (await w.client.get("/oauth/authorize/native?code=" + "<b>" * 20)).status_code == 404


async def test_no_means_no(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        answer = await w.allow(await w.ask(app), decision="deny")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (query["error"], "code" in query) == (["access_denied"], False)


async def test_force_login_shows_the_form_to_whoever_is_signed_in(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        assert (await w.ask(app)).status_code == 200
        forced = await w.ask(app, force_login="true")
        form = await w.client.get(forced.headers["location"])
        assert form.status_code == 200
        assert 'type="password"' in form.text
        where = re.search(r'name="next" value="([^"]+)"', form.text)
        assert where
        assert "force_login" not in where[1]
        signed = await w.sign_in("bob@house.example", where=where[1].replace("&amp;", "&"))
        assert "@bob@" in (await w.client.get(signed.headers["location"])).text


async def test_the_consent_form_is_taken_from_our_page_only(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        await w.sign_in()
        page = await w.ask(app)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)) | {
            "decision": "allow"
        }
        without = {k: v for k, v in fields.items() if k != "form_token"}
        assert (await w.client.post("/oauth/authorize", data=without)).status_code == 403
        assert (
            await w.client.post("/oauth/authorize", data={**fields, "form_token": "0" * 48})
        ).status_code == 403
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
        ):
            assert (
                await w.client.post("/oauth/authorize", data=fields, headers=headers)
            ).status_code == 403, headers
        assert (await w.client.post("/oauth/authorize", data=fields)).status_code == 302


async def test_a_parameter_given_twice_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register()
        query = urlencode({"response_type": "code", "client_id": app["client_id"], "redirect_uri": CALLBACK})
        answer = await w.client.get(f"/oauth/authorize?{query}&redirect_uri=https://evil.example/")
        assert answer.status_code == 400


async def test_metadata(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        answer = await w.client.get("/.well-known/oauth-authorization-server")
        body = answer.json()
        assert answer.headers["access-control-allow-origin"] == "*"
        assert body["issuer"] == "http://house.localhost:8000/"
        assert body["code_challenge_methods_supported"] == ["S256"]
        assert body["response_types_supported"] == ["code"]
        assert "password" not in body["grant_types_supported"]
        assert set(body["scopes_supported"]) == set(tokens.known_scopes())


async def test_userinfo_wants_a_user_and_a_scope(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        app = await w.register(scopes="profile push")
        await w.sign_in()
        profile = (await w.exchange(app, await w.code(app, scope="profile"))).json()["access_token"]
        push = (await w.exchange(app, await w.code(app, scope="push"))).json()["access_token"]
        answer = await w.client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {profile}"})
        assert answer.json()["preferred_username"] == "alice"
        assert (
            await w.client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {push}"})
        ).status_code == 403
        assert (await w.client.get("/oauth/userinfo")).status_code == 401
