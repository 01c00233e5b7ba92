"""Other people on our own pages: found, followed, muted, blocked, answered; and what a member is told of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server.domain.accounts import Account, AccountKind, Relationship
from server.domain.boundary import GroupAccess
from server.domain.posts import Visibility
from server.services import accounts, groups, interactions, markers, profiles, relationships
from server.services.groups import Settings
from server.store import accounts as rows
from server.store.session import Database, Unit
from tests.support.member_pages import (
    Visit,
    add_person,
    browser,
    make_application,
    opened,
    sign_in,
)

pytestmark = pytest.mark.anyio


class World(Visit):
    """bob uses the pages; alice and carl live here, ruth at there.example."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        super().__init__(client, database)
        self.ruth = self.run(_remote)

    def relation(self, other: Account) -> Relationship:
        [found] = self.run(relationships.relationships, self.account("bob").id, [other.id])
        return found


def _remote(unit: Unit) -> Account:
    uri = "https://there.example/users/ruth"
    values = {
        "id": unit.new_id(),
        "created_at": unit.now,
        "username": "ruth",
        "domain": "there.example",
        "uri": uri,
        "url": uri,
        "kind": AccountKind.PERSON.value,
        "display_name": "Ruth",
        "inbox": f"{uri}/inbox",
        "followers_url": f"{uri}/followers",
    }
    rows.add(unit, values)
    return accounts.get(unit, values["id"])


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    with opened(folder, posts="public") as database:
        for name in ("alice", "bob", "carl"):
            add_person(database, name)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "bob")
            yield World(client, database)


@pytest.mark.parametrize(
    ("act", "undo", "field"),
    [("mute", "unmute", "muting"), ("block", "unblock", "blocking")],
)
async def test_people_are_muted_and_blocked(tmp_path: Path, act: str, undo: str, field: str) -> None:
    async with world(tmp_path) as w:
        for other, page in ((w.account("alice"), "/@alice"), (w.ruth, f"/people/{w.ruth.id}")):
            assert f'value="{act}"' in await w.page(page)
            await w.send(f"/people/{other.id}/relation", act=act, back=page)
            assert getattr(w.relation(other), field)
            assert f'value="{undo}"' in await w.page(page)
            await w.send(f"/people/{other.id}/relation", act=undo)
            assert not getattr(w.relation(other), field)
        bob = w.account("bob")
        assert 'value="follow"' not in await w.page("/@bob")
        await w.send(f"/people/{bob.id}/relation", 403, act=act)
        await w.send(f"/people/{w.ruth.id}/relation", 422, act="adore")


async def test_people_are_followed_here_and_elsewhere(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        alice = w.account("alice")
        w.post("alice", "Good morning")
        assert "Ruth" in await w.page(f"/people/{w.ruth.id}")
        assert (await w.client.get(f"/people/{alice.id}")).headers["location"] == "/@alice"
        await w.send(f"/people/{alice.id}/relation", act="follow")
        assert w.relation(alice).following
        assert "Good morning" in await w.page("/home")
        await w.send(f"/people/{w.ruth.id}/relation", act="follow")
        assert w.relation(w.ruth).requested
        assert "Take the request to follow back" in await w.page(f"/people/{w.ruth.id}")
        for other in (alice, w.ruth):
            await w.send(f"/people/{other.id}/relation", act="unfollow")
            assert w.relation(other) == Relationship(other.id)
        await w.page("/people/123", 404)
        w.client.cookies.clear()
        assert (await w.client.get(f"/people/{w.ruth.id}")).headers["location"].startswith("/signin")


async def test_a_request_to_follow_is_answered(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        bob, alice, carl = (w.account(name) for name in ("bob", "alice", "carl"))
        w.run(profiles.change, bob.id, profiles.Change(locked=True))
        for one in (alice, carl):
            w.run(lambda unit, by=one: relationships.follow(unit, by, accounts.get(unit, bob.id)))
        page = await w.page("/notifications")
        assert page.count("Somebody asks to follow you") == 2
        await w.send(f"/people/{alice.id}/relation", act="accept", back="/notifications")
        await w.send(f"/people/{carl.id}/relation", act="reject", back="/notifications")
        assert (w.relation(alice).followed_by, w.relation(carl).followed_by) == (True, False)
        page = await w.page("/notifications")
        assert "Somebody asks to follow you" not in page and "You have new followers" in page
        await w.send(f"/people/{carl.id}/relation", 404, act="accept")


async def test_notifications_stand_together_and_are_marked_as_read(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        mine = w.post("bob", "A finding of mine")
        for name in ("alice", "carl"):
            w.run(interactions.favourite, w.account(name), mine.id)
        w.post("alice", "@bob have a look")
        page = await w.page("/notifications")
        assert page.count("Your post was marked as a favourite") == 1
        assert re.search(r'<a href="/@carl">carl</a>, <a href="/@alice">alice</a>', page)
        assert "A finding of mine" in page and "have a look" in page
        assert page.count(">New</span>") == 2
        [up_to] = re.findall(r'name="up_to" value="(\d+)"', page)
        await w.send("/notifications/read", up_to=up_to)
        page = await w.page("/notifications")
        assert ">New</span>" not in page and "Mark all as read" not in page
        await w.send("/notifications/read", up_to="1")  # never back
        await w.send("/notifications/read", up_to="x")
        [marker] = w.run(markers.get, w.account("bob").id, ["notifications"]).values()
        assert marker.last_read_id == int(up_to)


async def test_what_was_withdrawn_is_told_no_more(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.post("alice", "@bob between us", visibility=Visibility.DIRECT)
        assert "between us" in await w.page("/notifications")
        w.run(relationships.block, w.account("alice"), w.account("bob"))
        assert "between us" not in await w.page("/notifications")


async def test_search_finds_what_the_member_may_see(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        shown = w.post("alice", "An unusual cardiomyopathy #amyloid")
        w.post("carl", "Cardiomyopathy for my followers", visibility=Visibility.FOLLOWERS)
        w.run(accounts.ensure_instance_actor)
        secret = Settings(title="Amyloid board", access=GroupAccess.SECRET)
        w.run(groups.create, "command", "amyloidboard", secret, None)
        page = await w.page("/search?q=cardiomyopathy")
        assert "An unusual" in page and "for my followers" not in page
        assert 'href="/tags/amyloid"' in await w.page("/search?q=%23amyloid")
        assert "Amyloid board" not in await w.page("/search?q=amyloidboard")
        assert f'href="/people/{w.ruth.id}"' in await w.page("/search?q=ruth")
        assert 'href="/@alice"' in await w.page("/search?q=alice")
        assert "An unusual" in await w.page(f"/search?q={shown.url}")
        assert "Nothing was found." in await w.page("/search?q=nothingofthekind")
        assert "Nothing was found." not in await w.page("/search")
        page = await w.page("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
        assert "<script>alert" not in page
