"""Profiles and posts in a browser: visitors see public posts where the instance says so, members what they may see."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.core.settings import PostsCeiling
from server.domain.posts import Post, Visibility
from server.services import accounts
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Database, Unit
from tests.support.member_pages import PASSWORD, add_person, browser, make_application, opened

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def world(
    folder: Path, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Database, dict[str, Post]]]:
    with opened(folder, posts=PostsCeiling.PUBLIC, **settings) as database:
        add_person(database, "alice")
        add_person(database, "bob")

        def write(unit: Unit) -> dict[str, Post]:
            alice = accounts.get_local(unit, "alice")
            return {
                each.value: publish(unit, alice, Draft(f"words for {each.value} <b>&", visibility=each))
                for each in Visibility
            }

        posts = database.run_write(write)
        async with browser(make_application(database), database) as client:
            yield client, database, posts


async def sign_in(client: httpx.AsyncClient, login: str) -> None:
    page = await client.get("/signin?again=1")
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert found
    await client.post("/signin", data={"form_token": found[1], "login": login, "password": PASSWORD})


async def seen(client: httpx.AsyncClient, posts: dict[str, Post]) -> tuple[set[str], set[str]]:
    """Which posts their own pages show, and which the profile."""
    pages = set()
    for name, post in posts.items():
        answer = await client.get(f"/@alice/{post.id}")
        if answer.status_code == 200:
            assert f"words for {name} &lt;b&gt;&amp;" in answer.text
            pages.add(name)
        else:
            assert answer.status_code in {303, 404}
            assert "words for" not in answer.text
    profile = await client.get("/@alice")
    return pages, set(re.findall(r"words for (\w+)", profile.text))


async def test_visitors_without_public_pages(tmp_path: Path) -> None:
    async with world(tmp_path) as (client, _, posts):
        assert await seen(client, posts) == (set(), set())


async def test_visitors_with_public_pages(tmp_path: Path) -> None:
    async with world(tmp_path, public_pages=True) as (client, database, posts):
        pages, profile = await seen(client, posts)
        assert (pages, profile) == ({"public"}, {"public"})
        assert (await client.get("/@nobody")).status_code == 404
        assert (await client.get("/@instance")).status_code == 404
        assert (await client.get(f"/@bob/{posts['public'].id}")).status_code == 404
        for odd in ("x", "-1", "9" * 19, "9" * 40):
            assert (await client.get(f"/@alice/{odd}")).status_code == 404
        database.run_write(lambda unit: accounts.suspend(unit, "command", accounts.get_local(unit, "alice")))
        assert await seen(client, posts) == (set(), set())


async def test_members(tmp_path: Path) -> None:
    async with world(tmp_path) as (client, _, posts):
        await sign_in(client, "bob")
        assert await seen(client, posts) == ({"public", "unlisted"}, {"public", "unlisted"})
        await sign_in(client, "alice")
        pages, profile = await seen(client, posts)
        assert pages == {"public", "unlisted", "followers", "direct"}
        assert {"public", "unlisted", "followers"} <= profile


async def test_software_is_sent_to_the_documents(tmp_path: Path) -> None:
    async with world(tmp_path) as (client, database, posts):
        accept = {"Accept": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}
        actor = await client.get("/@alice", headers=accept)
        alice = database.run_read(lambda unit: accounts.get_local(unit, "alice"))
        assert (actor.status_code, actor.headers["location"]) == (302, alice.uri)
        note = await client.get(f"/@alice/{posts['direct'].id}", headers=accept)
        assert note.headers["location"] == f"http://house.localhost:8000/objects/{posts['direct'].id}"
