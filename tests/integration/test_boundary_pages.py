"""The pages on which the staff let institutions in and ask why something crosses, over a real house."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.types import Origin
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import accounts, audit, instances
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Unit
from tests.support.staff_pages import office

pytestmark = pytest.mark.anyio
STRANGER = Origin("stranger.example")
OTHER = Origin("other.example")
PEER = Origin("peer.example")


def knocks(unit: Unit) -> None:
    for _ in range(3):
        instances.knock(unit, STRANGER)
    instances.knock(unit, OTHER)


async def test_who_knocked_is_let_in_or_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        admin = clerks[Role.ADMIN]
        assert "Who knocked" not in await admin.page("/admin/partners")
        database.run_write(knocks)
        page = await admin.page("/admin/partners")
        assert 'href="/admin/knocks/stranger.example"' in page and "Requests: 3" in page
        page = await admin.page("/admin/knocks/STRANGER.example")
        assert page.count("<strong>Now:</strong>") == page.count("<strong>Cannot be undone:</strong>") == 2
        await admin.send(f"/admin/knocks/{STRANGER}", 422, act="marry")
        await admin.send("/admin/knocks/nobody.example", 404, act="allow")
        answer = await admin.client.post(f"/admin/knocks/{STRANGER}", data={"act": "allow"})
        assert answer.status_code == 403
        assert database.run_read(instances.trusts) == {}
        answer = await admin.send(f"/admin/knocks/{STRANGER}", act="allow")
        assert answer.headers["location"] == f"/admin/partners/{STRANGER}"
        await admin.send(f"/admin/knocks/{OTHER}", act="block", reason="nobody knows them")
        assert database.run_read(instances.trusts) == {STRANGER: Trust.ALLOWED, OTHER: Trust.BLOCKED}
        assert database.run_read(instances.get, OTHER).reason == "nobody knows them"
        assert database.run_read(audit.of_target, OTHER, 1)[0]["actor"].startswith("user:")
        assert "Who knocked" not in await admin.page("/admin/partners")


async def test_what_is_decided_already_is_not_decided_here(tmp_path: Path) -> None:
    """Two administrators at once: whoever comes second does not undo what the first one did."""
    async with office(tmp_path) as (database, clerks):
        database.run_write(knocks)
        database.run_write(instances.set_trust, "command", STRANGER, Trust.BLOCKED)
        await clerks[Role.ADMIN].send(f"/admin/knocks/{STRANGER}", 404, act="allow")
        assert database.run_read(instances.trusts) == {STRANGER: Trust.BLOCKED}
        for role in (Role.MODERATOR, Role.AUDITOR, Role.MEMBER):
            await clerks[role].page(f"/admin/knocks/{OTHER}", 403)
            await clerks[role].send(f"/admin/knocks/{OTHER}", 403, act="allow")
        assert OTHER not in database.run_read(instances.trusts)


def said(unit: Unit) -> Post:
    instances.set_trust(unit, "command", PEER, Trust.ALLOWED)
    author = accounts.get_local(unit, "members")
    return publish(unit, author, Draft(text="A heron", visibility=Visibility.PUBLIC))


async def test_why_a_post_crosses_or_stays(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        post = database.run_write(said)
        auditor = clerks[Role.AUDITOR]
        page = f"{database.context.settings.base}/@members/{post.id}"
        for named in (str(post.id), post.uri, page):
            shown = await auditor.page(f"/admin/explain?post={named}&peer=PEER.example")
            assert shown.count("<strong>let through</strong>") == 2 and "[base." in shown
            assert "The post is not meant for anybody there." in shown
            assert "heron" not in shown
        shown = await auditor.page(f"/admin/explain?post={post.id}&peer=nobody.example")
        assert shown.count("<strong>stopped</strong>") == 2
        assert 'value="peer.example"' in await clerks[Role.ADMIN].page("/admin/explain")
        for role in (Role.MODERATOR, Role.MEMBER):
            await clerks[role].page(f"/admin/explain?post={post.id}&peer=peer.example", 403)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("post=1&peer=peer.example", 404),
        ("post=99999999999999999999&peer=peer.example", 404),
        ("post=%00&peer=peer.example", 404),
        ("post=1", 422),
        ("peer=peer.example", 422),
    ],
)
async def test_what_cannot_be_explained_is_said(tmp_path: Path, query: str, status: int) -> None:
    async with office(tmp_path) as (_, clerks):
        assert 'class="problem"' in await clerks[Role.ADMIN].page(f"/admin/explain?{query}", status)


async def test_a_name_that_is_no_host_is_said(tmp_path: Path) -> None:
    async with office(tmp_path) as (database, clerks):
        post = database.run_write(said)
        page = await clerks[Role.ADMIN].page(f"/admin/explain?post={post.id}&peer=not%20a%20host", 422)
        assert "is not a host name" in page
