"""The page of the rules: filled-in forms, shown before they are kept; a second person for what opens something."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from server.domain.users import Role
from server.services import policies
from tests.support.member_pages import add_person, browser, form_token, make_application, sign_in
from tests.support.staff_pages import Clerk, office

pytestmark = pytest.mark.anyio
HERE = "/admin/policies"
ADDED = {
    "change": "link",
    "rule": "house.silent",
    "template": "template.peer-receives-nothing",
    "peer": "PEER.example",
}
GONE = {"change": "unlink", "rule": "house.silent"}


async def test_a_rule_is_tried_kept_and_taken_away_by_two(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        tried = await admin.send(HERE, 200, act="try", **ADDED)
        assert "Add the rule house.silent</h1>" in tried.text
        assert "It opens nothing, and is in force at once." in tried.text
        assert "it would have stopped 0, let 0 wait" in tried.text and "Cannot be undone:" in tried.text
        assert not database.run_read(policies.own_rules).links
        await admin.send(HERE, act="keep", note="they asked for it", **ADDED)
        for role in (Role.ADMIN, Role.AUDITOR):
            assert "peer.example receives nothing. [house.silent]" in await clerks[role].page(HERE)
        tried = await admin.send(HERE, 200, act="try", **GONE)
        assert "Take away the rule house.silent</h1>" in tried.text
        assert "Nothing changes yet: it waits for a second person." in tried.text
        await admin.send(HERE, act="keep", **GONE)
        assert database.run_read(policies.own_rules).links
        page = await admin.page(HERE)
        assert "waits for a second person" in page and "Show what they would do" in page
        version = str(database.run_read(policies.history)[0].id)
        looked = await admin.send(HERE, 200, act="look", version=version)
        assert "You proposed them" in looked.text and 'value="approve"' not in looked.text
        await admin.send(HERE, 403, act="approve", version=version)
        add_person(database, "second", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "second")
            second = Clerk(client)
            looked = await second.send(HERE, 200, act="look", version=version)
            assert "Take the proposed rules into force</h1>" in looked.text and "house.silent" in looked.text
            assert "They are in force at once." in looked.text and 'value="approve"' in looked.text
            await second.send(HERE, act="approve", version=version)
            await second.send(HERE, 409, act="refuse", version=version)
            await second.send(HERE, 409, act="look", version=version)
        assert not database.run_read(policies.own_rules).links


WRONG_FORMS: list[tuple[dict[str, str], int]] = [
    ({"act": "burn"}, 422),
    ({"act": "try"}, 422),
    ({"act": "keep", **ADDED, "peer": ""}, 422),
    ({"act": "keep", **ADDED, "peer": "not a host"}, 422),
    ({"act": "keep", **ADDED, "rule": "Not an id"}, 422),
    ({"act": "keep", **ADDED, "rule": "base.mine"}, 422),
    ({"act": "keep", **ADDED, "group": "nobody"}, 404),
    ({"act": "keep", **GONE}, 404),
    ({"act": "approve", "version": "9999999999999999999999"}, 404),
    ({"act": "refuse", "version": "x"}, 404),
]


async def test_what_is_wrong_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        for fields, status in WRONG_FORMS:
            answer = await clerks[Role.ADMIN].send(HERE, status, **fields)
            assert 'class="problem"' in answer.text, fields
        await clerks[Role.AUDITOR].send(HERE, 403, act="keep", **ADDED)
        unproven = await clerks[Role.ADMIN].client.post(HERE, data={"act": "keep", **ADDED})
        assert unproven.status_code == 403
        assert database.run_read(policies.history) == []


# -- rules as text ---------------------------------------------------------------------------------------

TEXT = '@id("house.quiet")\nforbid (principal, action, resource)\nwhen { context.peer.tier < 2 };\n'
WRONG = f'// é; "\n{TEXT}@id("house.two")\npermit (principal action, resource);\n@id("house.three") permit (principal, action, resource)\nwhen {{ context.foo == 3 }};'


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


async def test_rules_are_written_as_text_tried_and_kept(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        await admin.send(HERE, act="keep", **ADDED)
        opened = await admin.page(f"{HERE}/text")
        assert "house.silent" in opened, "what forms made stays beside it"
        rest = {name: _hidden(opened, name) for name in ("change", "base", "links")}
        wrong = await admin.send(HERE, 422, act="try", text=WRONG.replace("\n", "\r\n"), **rest)
        assert "Line 6, column 19" in wrong.text and "unexpected token" in wrong.text
        assert "Line 8, column 16" in wrong.text and "attribute `foo` not found" in wrong.text
        assert "house.three" in wrong.text and _hidden(wrong.text, "links") == rest["links"], (
            "nothing typed is lost"
        )
        tried = await admin.send(HERE, 200, act="try", text=TEXT.replace("\n", "\r\n"), **rest)
        assert "It opens nothing" in tried.text
        carried = {name: _hidden(tried.text, name) for name in ("change", "base", "links", "text")}
        await admin.send(HERE, act="keep", **carried)
        own = database.run_read(policies.own_rules)
        assert own.text == TEXT and [one.rule_id for one in own.links] == ["house.silent"]
        again = await admin.send(HERE, 409, act="keep", **carried)
        assert "house.quiet" in again.text, "the same a second time, or on top of what changed: it comes back"
        assert len(database.run_read(policies.history)) == 2
        opening = {**carried, "base": _hidden(again.text, "base"), "text": ""}
        assert "it waits for a second person." in (await admin.send(HERE, 200, act="try", **opening)).text
        await admin.send(HERE, act="keep", **opening)
        assert database.run_read(policies.own_rules).text == TEXT


async def test_a_file_is_saved_and_read_again(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        await admin.send(HERE, act="keep", **ADDED)
        saved = await clerks[Role.AUDITOR].client.get(f"{HERE}/export")
        assert saved.status_code == 200 and "attachment" in saved.headers["content-disposition"]
        assert [one["rule_id"] for one in saved.json()["links"]] == ["house.silent"]
        token = form_token(await admin.client.get("/settings/profile"))

        async def read(content: bytes, name: str = "rules.json") -> httpx.Response:
            fields = {"form_token": token, "act": "read"}
            return await admin.client.post(HERE, data=fields, files={"file": (name, content)})

        exported = json.dumps({**saved.json(), "cedar": TEXT, "links": []}).encode()
        page = await read(exported)
        assert page.status_code == 200 and "house.quiet" in page.text and "house.silent" not in page.text
        page = await read(b"\xef\xbb\xbf" + TEXT.encode())
        assert page.status_code == 200 and "house.quiet" in page.text and "house.silent" in page.text
        for bad in (
            b"\xff\xfe\x00",
            b"{",
            b'{"cedar": 3, "links": []}',
            b'{"cedar": "", "links": [{"rule_id": 7, "template": "x"}]}',
            b'{"cedar": "\\ud800", "links": []}',
            b"{" + b"[" * 50_000,
            b"/" * 200_001,
            b"// \x00",
        ):
            assert (await read(bad)).status_code == 422, bad[:40]
        assert (await read(b"x" * (5 * 2**20))).status_code == 413
        assert len(database.run_read(policies.history)) == 1, "reading changes nothing"


WRONG_TEXTS = (
    {"text": "// \0"},
    {"text": "/" * 200_001},
    {"links": "{"},
    {"links": "[3]"},
    {"links": '[{"rule_id": "house.x", "template": "nothing"}]'},
    {"text": '@id("base.mine") forbid (principal, action, resource);'},
)


async def test_text_that_cannot_be_is_refused_whole(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        base = database.run_read(policies.version_in_force)
        for fields in WRONG_TEXTS:
            for act in ("try", "keep"):
                await admin.send(HERE, 422, act=act, change="rules", base=base, **fields)
        await admin.send(HERE, 409, act="keep", change="rules", base="else", text=TEXT)
        assert database.run_read(policies.history) == []
