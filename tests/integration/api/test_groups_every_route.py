"""Every route with an id in it, by every method, as everybody who is not in a group: with ids of what is there, and of what never was.

Whoever was in it, asks to be, is invited or interrupted, is in another group, or has a role in the house gets the same answer for both, and no answer
holds a word of what members said. Of a secret group its own id is one of these, and its name, title, handle and rules are such words.
In the end every table is read: the words are where posts are kept, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipState
from server.domain.users import Role
from server.services import accounts, groups, sessions
from server.services.groups import Settings, standing
from server.store import tables, users
from server.store.session import Unit
from server.web.kit import csrf
from server.web.kit.routing import Auth, Route
from server.web.kit.sessions import cookie_name
from server.web.routes import ROUTES
from tests.integration.api.conftest import Api, Caller
from tests.support.pictures import png

pytestmark = pytest.mark.anyio

WORDS = (
    *("numbatecg", "numbatwarning", "numbatpicture", "numbatchoice", "numbatanswer", "numbatbefore"),
    "numbattag",
)
NAME = "zwetschge"
"""Of a secret group: its handle, and in its title, what it is about and its rules."""
PAGES = {Auth.SESSION, Auth.MAYBE_SESSION, Auth.FRESH_SESSION, Auth.STAFF}
APPS = {Auth.TOKEN, Auth.MAYBE_TOKEN}
CALLED = [
    route
    for route in ROUTES
    if "{" in route.path and route.auth in PAGES | APPS and not (route.endless or route.socket)
]
READING = [route for route in CALLED if route.method == "GET"]
CHANGING = re.compile(r'(nonce|value|content)="[A-Za-z0-9_\-.:=]{16,}"|\d{4}-\d\d-\d\dT[\d:.]+Z|"\d{17,19}"')
"""Nonces, proofs of forms, moments and ids of what a call has just made."""
BODY = {
    "status": "hello",
    "comment": "x",
    "title": "x",
    "text": "hello",
    "choices[]": "0",
    "choice": "0",
    "act": "add",
    "reason": "x",
    "agreed": "1",
    "rules_version": "1",
    "phrase": "x",
}
STATES = [one for one in MembershipState if one is not MembershipState.ACTIVE]
KNOWS = {MembershipState.INVITED, MembershipState.REQUESTED, MembershipState.SUSPENDED}
"""Who may know that a secret group exists."""


THOROUGH = {None, MembershipState.REMOVED}
"""As whom every method is called; as the others, what is read."""


@pytest.fixture
def settings_of() -> dict[str, Any]:
    return {"rate_limits": False}


@dataclass
class Planted:
    """ids: by what they are of."""

    api: Api
    group: Account
    ids: dict[str, str] = field(default_factory=dict)

    def calls(self, route: Route, *, named: bool) -> Iterator[tuple[str, str, str]]:
        """The path for what is there, the one for what never was, and the id that differs. named: with the group's own id as well."""
        wanted = [self._kind(route.path)]
        if named:
            wanted += ["group", "name"] if "{name}" in route.path else ["group"]
        for kind in wanted:
            value = self.ids[kind]
            other = missing(value)
            path = route.path.replace("{id}", self.ids["group"]) if "{post}" in route.path else route.path
            yield re.sub(r"{\w+}", value, path), re.sub(r"{\w+}", other, path), value

    @staticmethod
    def _kind(path: str) -> str:
        if "{tag}" in path or "/tags/" in path:
            return "tag"
        return "poll" if "/polls/" in path else "media" if "/media/" in path else "post"


def missing(value: str) -> str:
    """What never was, of the same shape."""
    return str(int(value) + 5) if value.isdigit() else f"{value[:-1]}x"


def _made(unit: Unit, members: list[str], access: GroupAccess) -> Account:
    settings = Settings(
        title=NAME.capitalize(), about=f"About {NAME}", rules=f"Rules of {NAME}", access=access
    )
    group = groups.create(unit, "command", NAME, settings)
    for one in members:
        standing.settle(unit, group, accounts.get(unit, int(one)), MembershipState.ACTIVE)
    return group


async def planted(api: Api, access: GroupAccess) -> Planted:
    anna, ben = await api.member("anna"), await api.member("ben")
    group = await api.instance.database.write(_made, [anna.id, ben.id], access)
    files = {"file": ("x.png", png(), "image/png")}
    media = await anna.ask("POST", "/api/v2/media", files=files, data={"description": WORDS[2]})
    said = await anna.say(f"@{NAME} numbatbefore #numbattag", **{"media_ids[]": media["id"]})
    changed = {
        "status": f"@{NAME} numbatecg #numbattag",
        "spoiler_text": "numbatwarning",
        "media_ids": [media["id"]],
    }
    await anna.ask("PUT", f"/api/v1/statuses/{said['id']}", json=changed)
    poll = {"options": ["numbatchoice", "no"], "expires_in": 3600}
    asked = await anna.ask("POST", "/api/v1/statuses", json={"status": f"@{NAME} numbatecg", "poll": poll})
    await ben.say("numbatanswer", in_reply_to_id=said["id"])
    await ben.post(f"/api/v1/statuses/{said['id']}/favourite")
    ids = {
        "post": said["id"],
        "poll": asked["poll"]["id"],
        "media": media["id"],
        "group": str(group.id),
        "name": NAME,
        "tag": WORDS[-1],
    }
    return Planted(api, group, ids)


@dataclass
class Outsider:
    """Somebody with an app and a browser."""

    app: httpx.AsyncClient
    cookie: dict[str, str]
    proof: str

    async def ask(self, route: Route, path: str, about: str) -> httpx.Response:
        fields = {**BODY, "account_ids[]": about, "status_ids[]": about, "id": about, "post": about}
        page = route.auth in PAGES
        headers = {"cookie": "; ".join(f"{k}={v}" for k, v in self.cookie.items())} if page else {}
        data = {**fields, csrf.FIELD: self.proof} if page else fields
        sends = {} if route.method in {"GET", "DELETE"} else {"data": data}
        return await self.app.request(route.method, path, headers=headers, **sends)


async def outsider(api: Api, who: Caller, role: Role = Role.MEMBER) -> Outsider:
    def enter(unit: Unit) -> str:
        user = users.find_by_account(unit, int(who.id))
        assert user is not None
        users.change(unit, user.id, {"role": role.value, "language": "en"})
        return sessions.begin(unit, user.id, full=True, agent="", address="")

    cookie = await api.instance.database.write(enter)
    context = api.instance.house.context
    return Outsider(who.http, {cookie_name(context.settings): cookie}, csrf.of_cookie(context.sealer, cookie))


async def told_apart(what: Planted, who: Outsider, *, named: bool, routes: list[Route] = CALLED) -> list[str]:
    """Each route whose answer tells what is there from what never was, or holds what only members may read."""
    wrong, canaries = [], (*WORDS, *((NAME, NAME.capitalize()) if named else ()))
    for route in routes:
        for there, never, value in what.calls(route, named=named):
            one, other = await who.ask(route, there, value), await who.ask(route, never, missing(value))
            line = f"{route.method} {there}: {one.status_code}"
            if _shape(one, value) != _shape(other, missing(value)):
                wrong.append(f"{line}, {other.status_code} for what never was: {one.text[:200]}")
            held = [word for word in canaries if word in one.text.replace(value, "ID")]
            if held or one.status_code >= 500:
                wrong.append(f"{line} holds {held}")
    return wrong


def _shape(answered: httpx.Response, value: str) -> tuple[int, str, str]:
    where = answered.headers.get("location", "")
    return (
        answered.status_code,
        where.replace(value, "ID"),
        CHANGING.sub("", answered.text.replace(value, "ID")),
    )


async def test_a_member_is_told(api: Api) -> None:
    """The test can fail."""
    what = await planted(api, GroupAccess.SECRET)
    cleo = await api.member("cleo")
    await api.instance.database.write(_settle, what.group, cleo.id, MembershipState.ACTIVE)
    told = await told_apart(what, await outsider(api, cleo), named=True, routes=READING)
    for kind in ("post", "poll", "group"):
        assert any(f"{what.ids[kind]}: 200" in line for line in told), kind
    assert any("GET /groups/" in line for line in told), "pages as well"


@pytest.mark.parametrize("state", [None, *STATES])
async def test_whatever_they_are_to_the_group(api: Api, state: MembershipState | None) -> None:
    what = await planted(api, GroupAccess.SECRET)
    cleo = await api.member("cleo")
    if state is not None:
        await api.instance.database.write(_settle, what.group, cleo.id, state)
    routes = CALLED if state in THOROUGH else READING
    who, named = await outsider(api, cleo), state not in KNOWS
    assert await told_apart(what, who, named=named, routes=routes) == []
    assert await leftovers(api) == {}


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR, Role.ADMIN])
async def test_whatever_they_are_in_the_house(api: Api, role: Role) -> None:
    what = await planted(api, GroupAccess.SECRET)
    cleo = await api.member("cleo")
    who = await outsider(api, cleo, role)
    routes = [route for route in CALLED if route.method == "GET" or route.auth is Auth.STAFF]
    assert await told_apart(what, who, named=True, routes=routes) == []


async def test_members_of_another_group(api: Api) -> None:
    what = await planted(api, GroupAccess.CLOSED)
    cleo = await api.member("cleo")

    def another(unit: Unit) -> None:
        settings = Settings(title="Cardio", access=GroupAccess.CLOSED)
        group = groups.create(unit, "command", "cardio", settings)
        standing.settle(unit, group, accounts.get(unit, int(cleo.id)), MembershipState.ACTIVE)

    await api.instance.database.write(another)
    assert await told_apart(what, await outsider(api, cleo), named=False, routes=READING) == []


def _settle(unit: Unit, group: Account, member: str, state: MembershipState) -> None:
    standing.settle(unit, group, accounts.get(unit, int(member)), state)


KEPT = {"activity", "post_words", "media", "poll", "revision", "post_tag"}
"""Tables that hold what members said, beside the posts themselves. Of activities nothing is read but by who may see the post."""


async def leftovers(api: Api) -> dict[str, list[str]]:
    """Of every other table, the words that it holds: queues, pushes, mails, decisions, the audit log."""

    def read(unit: Unit) -> dict[str, list[str]]:
        found = {}
        for table in tables.metadata.sorted_tables:
            text = repr([tuple(row) for row in unit.all(select(table))])
            held = [word for word in WORDS if word in text]
            if held:
                found[table.name] = held
        assert found.pop("post"), "the search finds what is there"
        return {name: held for name, held in found.items() if name not in KEPT}

    return await api.instance.database.read(read)
