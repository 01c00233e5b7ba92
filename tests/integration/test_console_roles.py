"""Which role sees which page of the staff: each route is called as each role, and the navigation offers what opens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.domain.users import Role
from server.web.admin.routes import ROUTES
from server.web.kit.routing import Route
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in

pytestmark = pytest.mark.anyio
ADMIN = frozenset({Role.ADMIN})
MODERATOR = ADMIN | {Role.MODERATOR}
AUDITOR = ADMIN | {Role.AUDITOR}
EXPECTED = {
    "GET /admin": MODERATOR | AUDITOR,
    "GET /admin/access": frozenset({Role.AUDITOR}),
    "POST /admin/access": frozenset({Role.AUDITOR}),
    "GET /admin/apps": ADMIN,
    "GET /admin/apps/{id}": ADMIN,
    "POST /admin/apps/{id}": ADMIN,
    "GET /admin/audit": AUDITOR,
    "GET /admin/audit/file": AUDITOR,
    "GET /admin/decisions": AUDITOR,
    "GET /admin/decisions/file": AUDITOR,
    "GET /admin/explain": AUDITOR,
    "GET /admin/groups": ADMIN,
    "POST /admin/groups": ADMIN,
    "GET /admin/groups/{id}": ADMIN,
    "POST /admin/groups/{id}": ADMIN,
    "GET /admin/incidents": AUDITOR,
    "GET /admin/incidents/{id}": AUDITOR,
    "GET /admin/incidents/{id}/record": AUDITOR,
    "GET /admin/invitations": ADMIN,
    "POST /admin/invitations": ADMIN,
    "POST /admin/invitations/{invitation}/withdraw": ADMIN,
    "GET /admin/knocks/{domain}": ADMIN,
    "POST /admin/knocks/{domain}": ADMIN,
    "GET /admin/lists": ADMIN,
    "GET /admin/lists/{key}": ADMIN,
    "POST /admin/lists/{key}": ADMIN,
    "GET /admin/members": ADMIN,
    "GET /admin/members/{id}": ADMIN,
    "POST /admin/members/{id}": ADMIN,
    "GET /admin/openings": MODERATOR | AUDITOR,
    "POST /admin/openings": MODERATOR,
    "GET /admin/openings/{id}": MODERATOR,
    "POST /admin/openings/{id}": MODERATOR,
    "GET /admin/openings/{id}/posts/{post}": MODERATOR,
    "GET /admin/partners": ADMIN,
    "POST /admin/partners": ADMIN,
    "GET /admin/partners/card": ADMIN,
    "GET /admin/partners/{domain}": ADMIN,
    "POST /admin/partners/{domain}": ADMIN,
    "GET /admin/policies": AUDITOR,
    "POST /admin/policies": ADMIN,
    "GET /admin/policies/export": AUDITOR,
    "GET /admin/policies/text": ADMIN,
    "GET /admin/purges": AUDITOR,
    "GET /admin/reports": MODERATOR,
    "POST /admin/reports/{id}": MODERATOR,
    "GET /admin/requests": MODERATOR,
    "GET /admin/review": MODERATOR,
    "GET /admin/review/{id}": MODERATOR,
    "POST /admin/review/{id}": MODERATOR,
    "GET /admin/settings": ADMIN,
    "GET /admin/verifications": ADMIN,
    "GET /admin/verifications/{id}": ADMIN,
    "POST /admin/verifications/{id}": ADMIN,
    "GET /admin/verifications/{id}/document": ADMIN,
}
"""Written by hand, after section 8 of the design: what gives a role more must be given here too."""


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_route_is_here() -> None:
    assert {_name(route) for route in ROUTES} == set(EXPECTED)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_its_pages_and_no_other(tmp_path: Path, role: Role) -> None:
    with opened(tmp_path) as database:
        add_person(database, "ada", role=role)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "ada")
            token = form_token(await client.get("/settings/profile"))
            for route in ROUTES:
                path = re.sub(r"\{[a-z]+\}", "999", route.path)
                fields = {"form_token": token} if route.method == "POST" else None
                answer = await client.request(route.method, path, data=fields)
                if role in EXPECTED[_name(route)]:
                    assert answer.status_code in {200, 303, 404, 409, 422}, (_name(route), answer.text)
                else:
                    assert answer.status_code == 403, (_name(route), answer.status_code)
                    assert "This page is for the staff of this instance" in answer.text


@pytest.mark.parametrize("role", list(Role))
async def test_the_navigation_offers_what_opens(tmp_path: Path, role: Role) -> None:
    with opened(tmp_path) as database:
        add_person(database, "ada", role=role)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "ada")
            page = (await client.get("/settings/profile")).text
            offered = re.findall(r'<li><a href="(/admin[^"]*)"', page)
            assert bool(offered) is any(role in roles for roles in EXPECTED.values())
            for path in offered:
                assert role in EXPECTED[f"GET {path}"]
                opened_page = await client.get(path)
                assert opened_page.status_code == 200, (path, opened_page.text)
                assert f'<a href="{path}" aria-current="page">' in opened_page.text
