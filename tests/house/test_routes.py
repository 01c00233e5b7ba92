"""Every route declares what it needs, and every route is called as those who must not get anything from it.

One member of the house writes what nobody else may read. Then each route of the table is called as nobody, as another
member, with tokens of wrong scopes, with an app's own token, with a suspended member's token, and with garbage in
path, query and body. No answer is a 5xx, none holds the member's words, and a route that wants somebody refuses nobody.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation.types import Origin
from server.app import Instance, running
from server.core.settings import load_settings
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.users import Purpose, Role
from server.services import accounts, instances, invitations, lists, sessions, tokens
from server.services.founding import open_database
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.web.kit.routing import Auth, Cache, Rate, Route, Sees
from server.web.routes import ROUTES
from tests.support.pictures import png
from tests.support.sockets import hanging_up

pytestmark = pytest.mark.anyio

SECRET = "zebra-crossing-7431"
"""In every text that only its author may read."""

TOKENS = {Auth.TOKEN, Auth.MAYBE_TOKEN}
PAGES = {Auth.SESSION, Auth.MAYBE_SESSION, Auth.FRESH_SESSION, Auth.STAFF}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
ALL = "read write follow push profile"
KNOWN_SCOPES = set(tokens.known_scopes())
CSRF_LATER: frozenset[str] = frozenset()


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


# -- what is declared ------------------------------------------------------------------------------------


def undeclared(route: Route) -> list[str]:
    """What is wrong with a declaration."""
    wrong = []
    if not isinstance(route.auth, Auth) or not isinstance(route.sees, Sees):
        wrong.append("auth or sees is not one of the declared kinds")
    if not isinstance(route.rate, Rate) or not isinstance(route.cache, Cache):
        wrong.append("rate or cache is not one of the declared kinds")
    if route.auth in TOKENS and not route.scope:
        wrong.append("a token route without a scope")
    if route.scope and not set(route.scope.split("|")) <= KNOWN_SCOPES:
        wrong.append(f"an unknown scope: {route.scope}")
    if route.scope and route.auth not in TOKENS:
        wrong.append("a scope that nothing checks")
    if route.auth in PAGES and route.method in WRITES and not route.csrf:
        wrong.append("a form without its protection")
    if route.csrf and route.auth not in PAGES:
        wrong.append("form protection that nothing checks")
    if route.auth is Auth.STAFF and not set(route.roles) <= {role.value for role in Role}:
        wrong.append("unknown roles")
    if (route.auth is Auth.STAFF) != bool(route.roles):
        wrong.append("roles and Auth.STAFF go together")
    if route.auth is not Auth.NONE and route.cache is not Cache.NEVER:
        wrong.append(f"needs a caller but may be kept: {route.cache.value}")
    if route.method in WRITES and route.cache is not Cache.NEVER:
        wrong.append("a write that may be kept")
    if route.auth is Auth.NONE and route.sees in {Sees.OWN, Sees.VIEWER, Sees.PEER, Sees.STAFF}:
        wrong.append("shows what depends on a caller to anybody")
    if route.rate is Rate.FREE and not route.path.startswith(("/healthz", "/readyz", "/metrics")):
        wrong.append("is not counted")
    if route.auth in PAGES and route.cors:
        wrong.append("a page that other sites may read")
    if (route.endless or route.socket) and (route.auth is not Auth.TOKEN or route.method != "GET"):
        wrong.append("stays open for somebody without a token")
    if not 0 < route.max_body <= 64 * 1024 * 1024:
        wrong.append("no bound for its body")
    return wrong


def test_every_route_declares_what_it_needs() -> None:
    wrong = {name_of(route): problems for route in ROUTES if (problems := undeclared(route))}
    assert not wrong, "\n" + "\n".join(
        f"{name:<60} {'; '.join(problems)}" for name, problems in wrong.items()
    )


def test_the_judge_of_declarations_can_fail() -> None:
    plain = ROUTES[0].handler
    breaches = [
        Route("GET", "/x", plain, Auth.TOKEN, Sees.OWN, Rate.API),
        Route("GET", "/x", plain, Auth.TOKEN, Sees.OWN, Rate.API, Cache.SHORT, scope="read"),
        Route("GET", "/x", plain, Auth.TOKEN, Sees.OWN, Rate.API, scope="reed"),
        Route("POST", "/x", plain, Auth.SESSION, Sees.OWN, Rate.PAGES),
        Route("GET", "/x", plain, Auth.STAFF, Sees.STAFF, Rate.PAGES),
        Route("GET", "/x", plain, Auth.NONE, Sees.VIEWER, Rate.PAGES),
        Route("GET", "/x", plain, Auth.NONE, Sees.PUBLIC, Rate.FREE),
        Route("GET", "/x", plain, Auth.NONE, Sees.PUBLIC, Rate.API, endless=True),
    ]
    assert all(undeclared(breach) for breach in breaches)


def test_no_two_routes_claim_one_place() -> None:
    names = [name_of(route) for route in ROUTES]
    assert len(names) == len(set(names))


# -- what is answered ------------------------------------------------------------------------------------


@dataclass
class Seeded:
    """The house with one member's private things. ids: by the beginning of the path that takes them."""

    instance: Instance
    http: httpx.AsyncClient
    owner: str
    other: str
    suspended: str
    app: str
    other_cookie: str
    staff_cookie: str
    names: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def path(self, route: Route, filler: str | None = None) -> str:
        """The route's path with ids of the owner's things, or with the filler everywhere."""
        segments = []
        for segment in route.path.split("/"):
            at, _, name = segment.partition("{")
            if not name:
                segments.append(segment)
                continue
            segments.append(at + (filler if filler is not None else self._value(route.path, name[:-1])))
        return "/".join(segments)

    def _value(self, path: str, name: str) -> str:
        fitting = [key for key in self.ids if path.startswith(key)]
        if name in {"id", "digest"} and fitting:
            return self.ids[max(fitting, key=len)]
        return self.names.get(name, "1")


def _member(unit: Any, name: str, role: Role = Role.MEMBER) -> tuple[int, int, str]:
    user, account = accounts.create_user(
        unit, "command", name, f"{name}@mail.test", password_hash=None, role=role, language="en"
    )
    app = tokens.command_app(unit)
    minted = tokens.mint(unit, app, tokens.check_scopes(ALL), user_id=user.id, account_id=account.id)
    return user.id, account.id, minted.text


def _seed(unit: Any) -> dict[str, Any]:
    owner_user, owner_id, owner = _member(unit, "owner")
    other_user, other_id, other = _member(unit, "other")
    suspended_user, suspended_id, suspended = _member(unit, "gone")
    staff_user, _, _ = _member(unit, "boss", Role.ADMIN)
    friend_user, friend_id, friend = _member(unit, "friend")
    author = accounts.get(unit, owner_id)
    private = publish(unit, author, Draft(text=f"{SECRET} private", visibility=Visibility.FOLLOWERS))
    direct = publish(unit, author, Draft(text=f"{SECRET} @friend", visibility=Visibility.DIRECT))
    holder = lists.make(unit, owner_id, f"{SECRET} list")
    accounts.suspend(unit, "command", accounts.get(unit, suspended_id))
    app = tokens.mint(unit, tokens.command_app(unit), ("read",), user_id=None, account_id=None)
    instances.set_trust(unit, "command", Origin("peer.example"), Trust.ALLOWED)
    del friend_user, friend, suspended_user, owner_user
    return {
        "owner": owner,
        "other": other,
        "suspended": suspended,
        "app": app.text,
        "other_cookie": sessions.begin(unit, other_user, full=True, agent="", address=""),
        "staff_cookie": sessions.begin(unit, staff_user, full=True, agent="", address=""),
        "private": str(private.id),
        "direct": str(direct.id),
        "owner_id": str(owner_id),
        "friend_id": str(friend_id),
        "other_id": str(other_id),
        "public_id": author.uri.rsplit("/", 1)[1],
        "list": str(holder.id),
        "invitation": invitations.make(unit, "command", purpose=Purpose.INVITE, role=Role.MEMBER),
    }


@pytest.fixture
async def seeded(tmp_path: Path) -> AsyncIterator[Seeded]:
    settings = load_settings(
        domain="inventory.test", scheme="https", data_dir=tmp_path, posts="public", rate_limits=False
    )
    database = open_database(settings)
    async with AsyncExitStack() as stack:
        stack.callback(database.close)
        instance = await stack.enter_async_context(running(database))
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(hanging_up(instance, "/api/v1/streaming")),
                base_url=settings.base,
            )
        )
        made = await database.write(_seed)
        house = Seeded(
            instance,
            http,
            made["owner"],
            made["other"],
            made["suspended"],
            made["app"],
            made["other_cookie"],
            made["staff_cookie"],
        )
        as_owner = {"Authorization": f"Bearer {made['owner']}"}
        uploaded = await http.post(
            "/api/v2/media",
            headers=as_owner,
            files={"file": ("x.png", png(), "image/png")},
            data={"description": f"{SECRET} picture"},
        )
        assert uploaded.status_code in {200, 202}, uploaded.text
        polled = await http.post(
            "/api/v1/statuses",
            headers=as_owner,
            json={
                "status": f"{SECRET} poll",
                "visibility": "private",
                "poll": {"options": [f"{SECRET} a", "b"], "expires_in": 3600},
            },
        )
        assert polled.status_code == 200, polled.text
        house.names = {
            "name": "owner",
            "token": made["invitation"],
            "tag": "tag",
            "kind": "avatar",
            "key": "x",
        }
        house.ids = {
            "/api/v1/statuses": made["private"],
            "/api/v1/accounts": made["owner_id"],
            "/api/v1/lists": made["list"],
            "/api/v1/timelines/list": made["list"],
            "/api/v1/media": uploaded.json()["id"],
            "/api/v1/polls": polled.json()["poll"]["id"],
            "/api/v1/follow_requests": made["owner_id"],
            "/objects": made["private"],
            "/actors": made["public_id"],
            "/@": made["direct"],
        }
        yield house


def _wrong_scope(route: Route) -> str:
    """A scope that no scope of the route is satisfied by."""
    wanted = set((route.scope or "").split("|"))
    return "push" if "push" not in wanted else "read:blocks"


async def _scoped(house: Seeded, scope: str) -> str:
    def make(unit: Any) -> str:
        account = accounts.get_local(unit, "other")
        user = accounts.owner(unit, account)
        assert user is not None
        app = tokens.command_app(unit)
        return tokens.mint(unit, app, (scope,), user_id=user.id, account_id=account.id).text

    return await house.instance.database.write(make)


class Table:
    """What was answered, and what of it must not have been."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.calls = 0

    def judge(
        self, who: str, route: Route, answer: httpx.Response, allowed: range | set[int] | None = None
    ) -> None:
        self.calls += 1
        line = f"{who:<14} {answer.status_code} {name_of(route)}"
        if answer.status_code >= 500 and not (route.path == "/readyz" and answer.status_code == 503):
            self.wrong.append(f"{line}: {answer.text[:120]}")
        if SECRET in answer.text:
            self.wrong.append(f"{line}: holds the member's words")
        if allowed is not None and answer.status_code not in allowed:
            self.wrong.append(f"{line}: expected {sorted(allowed)}")
        self._headers(line, route, answer)

    def _headers(self, line: str, route: Route, answer: httpx.Response) -> None:
        headers = answer.headers
        if headers.get("x-content-type-options") != "nosniff" or "content-security-policy" not in headers:
            self.wrong.append(f"{line}: lacks its protecting headers")
        if "max-age=" not in headers.get("strict-transport-security", ""):
            self.wrong.append(f"{line}: does not insist on TLS")
        if "access-control-allow-credentials" in headers:
            self.wrong.append(f"{line}: lets other sites use cookies")
        if not route.cors and "access-control-allow-origin" in headers and route.auth is not Auth.NONE:
            self.wrong.append(f"{line}: may be read by other sites")
        kept = headers.get("cache-control", "")
        if (answer.status_code >= 400 or route.auth is not Auth.NONE) and "no-store" not in kept:
            self.wrong.append(f"{line}: may be kept ({kept!r})")
        if "traceback" in answer.text.lower():
            self.wrong.append(f"{line}: a traceback")

    def check(self) -> None:
        assert not self.wrong, f"\n{len(self.wrong)} of {self.calls} calls\n" + "\n".join(self.wrong)


BODY = {"status": "hello", "comment": "x", "account_ids[]": "1", "title": "x", "choices[]": "0"}


async def _call(house: Seeded, route: Route, path: str | None = None, **rest: Any) -> httpx.Response:
    if route.method in {"POST", "PUT", "PATCH"}:
        rest.setdefault("data", BODY)
    return await house.http.request(route.method, path or house.path(route), **rest)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_owner_reads_what_the_others_must_not(seeded: Seeded) -> None:
    """The control: the words are there, for the one who wrote them."""
    shown = await seeded.http.get(
        seeded.path(next(r for r in ROUTES if name_of(r) == "GET /api/v1/statuses/{id}")),
        headers=_bearer(seeded.owner),
    )
    assert shown.status_code == 200
    assert SECRET in shown.text


async def test_nobody_gets_nothing(seeded: Seeded) -> None:
    table = Table()
    for route in ROUTES:
        answer = await _call(seeded, route)
        refused: set[int] | None = None
        if route.auth in {Auth.TOKEN, Auth.APP}:
            refused = {401}
        elif route.auth in {Auth.SESSION, Auth.FRESH_SESSION, Auth.STAFF}:
            refused = {302, 303, 401, 403}
        elif route.auth is Auth.SIGNATURE:
            refused = {401}
        elif route.auth is Auth.METRICS:
            refused = {404}
        table.judge("nobody", route, answer, refused)
    table.check()


async def test_an_invalid_token_gets_nothing(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.auth in {Auth.TOKEN, Auth.MAYBE_TOKEN, Auth.APP}):
        for header in ("Bearer nonsense", "Bearer " + "x" * 5000, "Bearer \u00e9".encode("latin-1")):
            answer = await _call(
                seeded,
                route,
                headers=[(b"Authorization", header if isinstance(header, bytes) else header.encode())],
            )
            table.judge("wrong token", route, answer, {401})
    table.check()


async def test_another_member_sees_nothing_of_it(seeded: Seeded) -> None:
    table = Table()
    for route in ROUTES:
        if route.auth in PAGES:
            cookies = {"Cookie": f"__Host-consilium={seeded.other_cookie}"}
            allowed = {302, 303, 403} if route.auth is Auth.STAFF or route.csrf else None
            table.judge("other, page", route, await _call(seeded, route, headers=cookies), allowed)
        else:
            table.judge("other", route, await _call(seeded, route, headers=_bearer(seeded.other)))
    table.check()


async def test_the_staff_reads_no_content(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.auth in PAGES and route.method == "GET"):
        cookies = {"Cookie": f"__Host-consilium={seeded.staff_cookie}"}
        table.judge("administrator", route, await _call(seeded, route, headers=cookies))
    table.check()


async def test_a_wrong_scope_is_refused(seeded: Seeded) -> None:
    table = Table()
    minted = {scope: await _scoped(seeded, scope) for scope in ("push", "read:blocks")}
    for route in (route for route in ROUTES if route.scope):
        answer = await _call(seeded, route, headers=_bearer(minted[_wrong_scope(route)]))
        table.judge("wrong scope", route, answer, {403})
    table.check()


async def test_reading_does_not_allow_writing(seeded: Seeded) -> None:
    table = Table()
    reader = await _scoped(seeded, "read")
    for route in (route for route in ROUTES if route.scope and route.scope.startswith("write")):
        table.judge("reader", route, await _call(seeded, route, headers=_bearer(reader)), {403})
    table.check()


async def test_an_apps_own_token_is_no_member(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.auth in TOKENS):
        answer = await _call(seeded, route, headers=_bearer(seeded.app))
        table.judge("app", route, answer, {401, 403, 404} if route.auth is Auth.TOKEN else None)
    table.check()


async def test_a_suspended_member_is_nobody(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.auth in TOKENS):
        table.judge(
            "suspended", route, await _call(seeded, route, headers=_bearer(seeded.suspended)), {401, 403}
        )
    table.check()


GARBAGE_IDS = (
    "0",
    "-1",
    "99999999999999999999999",
    "9223372036854775808",
    "abc",
    "%00",
    "%2e%2e%2f",
    "a%0d%0ab",
    "é",
    "'",
    "{id}",
)
GARBAGE_QUERIES = (
    "max_id=abc&since_id=&min_id=-1&limit=x",
    "limit=-5&offset=-1&max_id=99999999999999999999999999",
    "limit=1e9&ids[]=x&id[]=&id[]=0",
    "q=%00%ff&acct=%00&resource=%00&types[]=&types[]=x",
    "page=99999999999999999999&only_media=maybe&exclude_types[]=nonsense",
    "&&&=&==&%=%zz",
)


async def test_garbage_in_paths_and_queries_is_refused_in_words(seeded: Seeded) -> None:
    table = Table()
    for route in ROUTES:
        headers = _bearer(seeded.other)
        if route.auth in PAGES:
            headers = {"Cookie": f"__Host-consilium={seeded.other_cookie}"}
        if "{" in route.path:
            for bad in GARBAGE_IDS:
                answer = await _call(seeded, route, seeded.path(route, bad), headers=headers)
                table.judge(f"id {bad[:8]}", route, answer)
        if route.method == "GET":
            for query in GARBAGE_QUERIES:
                answer = await _call(seeded, route, f"{seeded.path(route)}?{query}", headers=headers)
                table.judge("query", route, answer)
    table.check()


GARBAGE_BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b'"text"'),
    ("application/json", b"null"),
    ("application/json", b"[" * 3000),
    ("application/json", b"\xff\xfe\x00"),
    (
        "application/json",
        b'{"status": {"a": 1}, "poll": [], "media_ids": 7, "choices": {}, "account_ids": "x"}',
    ),
    ("application/json", b'{"status": ["x"], "poll": {"options": 5}, "title": [], "comment": {}, "home": 3}'),
    (
        "application/json",
        b'{"poll": {"options": [[], {}], "expires_in": "x"}, "visibility": {}, "language": [1]}',
    ),
    (
        "application/json",
        b'{"status": "\\ud800", "title": "\\u0000", "fields_attributes": 3, "display_name": 7}',
    ),
    ("application/json", b'{"in_reply_to_id": {}, "status": "x", "sensitive": "maybe", "expires_in": 1e999}'),
    ("application/x-www-form-urlencoded", b"%ff=%00&status[]=x&poll[options]=x&a[b][c][d]=1&media_ids=-1"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(3000))),
    ("multipart/form-data; boundary=x", b"--x\r\nnothing"),
    ("multipart/form-data", b"--"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nGIF89a\r\n--x--\r\n',
    ),
    ("application/xml", b"<a/>"),
    ("", b"x"),
)


async def test_garbage_in_bodies_is_refused_in_words(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.method in WRITES):
        headers = _bearer(seeded.other)
        if route.auth in PAGES:
            headers = {"Cookie": f"__Host-consilium={seeded.other_cookie}"}
        for kind, body in GARBAGE_BODIES:
            answer = await _call(
                seeded,
                route,
                headers={**headers, **({"Content-Type": kind} if kind else {})},
                content=body,
                data=None,
            )
            table.judge(f"body {json.dumps(kind)[:30]}", route, answer)
    table.check()


async def test_too_large_a_body_is_refused(seeded: Seeded) -> None:
    table = Table()
    for route in (route for route in ROUTES if route.method in WRITES and route.max_body <= 1024 * 1024):
        answer = await _call(
            seeded, route, headers=_bearer(seeded.other), content=b"x" * (route.max_body + 1), data=None
        )
        table.judge("too large", route, answer, {401, 403, 413} if route.auth is not Auth.SESSION else None)
    table.check()


async def test_a_wrong_method_is_named(seeded: Seeded) -> None:
    for route in ROUTES:
        others = {r.method for r in ROUTES if r.path == route.path}
        if "TRACE" not in others:
            answer = await seeded.http.request("TRACE", seeded.path(route))
            assert answer.status_code in {404, 405}, f"{name_of(route)}: {answer.status_code}"
