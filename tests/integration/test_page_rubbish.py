"""Nothing, far too much and what is none of it, in every field of every form and page: an answer with a sentence, never a defect."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from server.domain.users import Role
from server.web.admin.routes import ROUTES as ADMIN
from server.web.site.routes import ROUTES as SITE
from tests.support.every_page import World, filled, pages, world
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
RUBBISH = (
    "",
    "\0",
    "²",
    "-1",
    str((1 << 63) - 1),
    str(1 << 63),
    "9" * 5000,
    "x" * 70_000,
    "é [::1 %(x)s <b>&{{ ../..",
)
BROKEN = "%F0%28%8C%28"
"""No UTF-8."""
LEAVES = {"/signout"}
"""After which nothing else would be asked."""


@dataclass
class Form:
    """As a browser would send it. acts: its buttons that say something."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    acts: list[dict[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Form] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form":
            action = (given.get("action") or self.path).partition("?")[0].partition("#")[0]
            self.found.append(Form(action, given.get("method", "get").lower()))
            self.inside = True
        elif self.inside and name and tag == "button":
            self.found[-1].acts.append({name: value})
        elif self.inside and name and tag in {"input", "select", "textarea"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.found[-1].fields[name] = value
            else:
                self.found[-1].fields.setdefault(name, "")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def sentence(asked: str, answer: httpx.Response) -> None:
    """A page, a way on, or a page of error with its words."""
    assert answer.status_code < 500, (asked, answer.status_code, answer.text[:500])
    if answer.status_code >= 400 and "text/html" in answer.headers.get("content-type", ""):
        assert re.search(r"<h1|role=\"alert\"", answer.text), (asked, answer.text[:500])


async def forms_on(client: httpx.AsyncClient, made: World) -> list[Form]:
    found: dict[tuple[str, str, tuple[str, ...]], Form] = {}
    for path in pages(made):
        reader = Forms(path)
        reader.feed((await client.get(path)).text)
        for form in reader.found:
            known = found.setdefault((form.method, form.action, tuple(sorted(form.fields))), form)
            known.acts += [act for act in form.acts if act not in known.acts]
    return list(found.values())


@asynccontextmanager
async def signed_in(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, World, str]]:
    """Alice's browser; she administers. What there is to see, and the token of her forms."""
    with opened(folder) as database:
        for name, role in (("alice", Role.ADMIN), ("bob", Role.MEMBER), ("erin", Role.AUDITOR)):
            add_person(database, name, role=role)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "alice")
            made = database.run_write(world)
            token = form_token(await client.get("/settings/profile"))
            yield client, made, token


async def test_every_field_of_every_form(tmp_path: Path) -> None:
    async with signed_in(tmp_path) as (client, made, token):
        forms = [one for one in await forms_on(client, made) if one.action not in LEAVES]
        assert len({one.action for one in forms if one.method == "post"}) > 40, "the forms are found"
        for form in forms:
            for act in form.acts or [{}]:
                await fill(client, form, act, token)
        assert (await client.get("/admin")).status_code == 200, "alice is signed in to the end"


async def fill(client: httpx.AsyncClient, form: Form, act: dict[str, str], token: str) -> None:
    """Each field in turn holds rubbish, the others what stands in them."""
    for name in {*form.fields, *act} - {"form_token"}:
        for value in RUBBISH:
            fields = {**form.fields, **act, name: value, "form_token": token}
            asked = f"{form.method} {form.action} {act} {name}={value[:20]!r}"
            if form.method == "post":
                sentence(asked, await client.post(form.action, data=fields))
            else:
                sentence(
                    asked,
                    await client.get(form.action, params={one: said[:5000] for one, said in fields.items()}),
                )


async def test_every_route_with_nothing_too_much_and_no_text(tmp_path: Path) -> None:
    async with signed_in(tmp_path) as (client, made, token):
        for route in (*SITE, *ADMIN):
            for path in (filled(made).get(route.path), *odd(route.path)):
                if path is None or path in LEAVES:
                    continue
                if route.method == "GET":
                    query = "&".join(f"{one}={BROKEN}" for one in ("max_id", "q", "limit", "after", "before"))
                    sentence(path, await client.get(f"{path}?{query}"))
                else:
                    await without_form(client, path, token)
        assert (await client.get("/admin")).status_code == 200


def odd(path: str) -> list[str]:
    """The path with what is no id in each of its places."""
    if "{" not in path:
        return [path]
    return [
        re.sub(r"\{[a-z_]+\}", quote(each), path) for each in ("999", "9" * 400, "\0", "²", "-1", "x" * 3000)
    ]


async def without_form(client: httpx.AsyncClient, path: str, token: str) -> None:
    """Nothing but the token; a file where words are; bytes that are no form."""
    sentence(path, await client.post(path, data={"form_token": token}))
    file: Any = {"act": ("x.bin", b"\0\xff" * 100)}
    sentence(path, await client.post(path, data={"form_token": token}, files=file))
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"):
        for content in (b"", b"[]", b"\xff\xfe", f"form_token={token}&act={BROKEN}".encode()):
            sentence(path, await client.post(path, content=content, headers={"content-type": kind}))
