"""What members read on our own pages: home, a discussion, a tag, bookmarks; and the marks they leave, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.domain.filters import FilterAction, FilterContext
from server.domain.posts import Post, Visibility
from server.domain.viewers import Member
from server.services import filters, interactions, relationships, timelines
from server.services.filters import FilterChange, KeywordChange
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
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
    """bob reads; alice, whom he follows, and carl write."""

    def flags(self, post: Post) -> Any:
        return self.run(timelines.flags, Member(self.account("bob").id), [post.id]).get(post.id)

    async def mark(self, post: Post, act: str, status: int = 303, back: str = "/home") -> httpx.Response:
        return await self.send(f"/posts/{post.id}/marks", status, act=act, back=back)


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    with opened(folder, posts="public", **settings) as database:
        for name in ("alice", "bob", "carl"):
            add_person(database, name)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "bob")
            made = World(client, database)
            made.run(relationships.follow, made.account("bob"), made.account("alice"))
            yield made


async def test_home_is_read_page_by_page(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert "Nothing to see here yet" in await w.page("/home")
        posts = [w.post("alice", f"Round number {number:03}") for number in range(45)]
        first = await w.page("/home")
        assert _numbers(first) == list(range(44, 24, -1))
        assert 'href="?min_id=' not in first  # nothing is newer
        second = await w.page("/home" + _link(first, "max_id"))
        assert _numbers(second) == list(range(24, 4, -1))
        last = await w.page("/home" + _link(second, "max_id"))
        assert _numbers(last) == [4, 3, 2, 1, 0]
        assert 'href="?max_id=' not in last
        assert _numbers(await w.page("/home" + _link(last, "min_id"))) == list(range(24, 4, -1))
        await w.page("/home?max_id=x", 400)
        assert w.account("alice").id == posts[0].account_id


async def test_home_shows_warnings_folded_boosts_and_what_is_filtered(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.post("alice", "the finding itself", summary="Wound")
        boosted = w.post("carl", "worth a look")
        w.run(interactions.boost, w.account("alice"), boosted.id)
        w.post("alice", "about pineapples")
        w.post("alice", "about bananas")
        for word, action in (("pineapples", FilterAction.HIDE), ("bananas", FilterAction.WARN)):
            wanted = FilterChange(
                title=f"No {word}",
                contexts=(FilterContext.HOME,),
                action=action,
                keywords=(KeywordChange(keyword=word),),
            )
            w.run(filters.make, w.account("bob").id, wanted)
        page = await w.page("/home")
        assert re.search(r"<summary>Wound</summary>\s*<div[^>]*><p>the finding itself</p>", page)
        assert "Boosted by alice" in page and "worth a look" in page
        assert "pineapples" not in page
        assert re.search(r"<summary>You filter this: No bananas</summary>", page)


async def test_marks_are_left_and_taken_back(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        post = w.post("alice", "Hello")
        back = f"/home#post-{post.id}"
        assert f'value="{back}"' in await w.page("/home")
        for act, name in (("favourite", "favourited"), ("boost", "boosted"), ("bookmark", "bookmarked")):
            assert (await w.mark(post, act, back=back)).headers["location"] == back
            await w.mark(post, act)
            assert getattr(w.flags(post), name)
            assert f'value="un{act}"' in await w.page("/home")
        assert "Hello" in await w.page("/bookmarks")
        for act in ("unfavourite", "unboost", "unbookmark"):
            await w.mark(post, act)
        assert w.flags(post) is None
        assert "Hello" not in await w.page("/bookmarks")
        assert (await w.mark(post, "favourite", back="//elsewhere.example")).headers["location"] == "/"
        await w.mark(post, "explode", 422)
        answer = await w.client.post(f"/posts/{post.id}/marks", data={"act": "boost"})
        assert answer.status_code == 403


async def test_what_is_for_others_has_no_page_and_no_marks(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        hidden = w.post("carl", "for followers", visibility=Visibility.FOLLOWERS)
        shown = w.post("alice", "a question #cardiology")
        w.run(
            publish,
            w.account("carl"),
            Draft(text="open answer", in_reply_to_id=shown.id, visibility=Visibility.PUBLIC),
        )
        w.run(
            publish,
            w.account("alice"),
            Draft(text="@carl between us", in_reply_to_id=shown.id, visibility=Visibility.DIRECT),
        )
        page = await w.page(f"/posts/{shown.id}")
        assert "a question" in page and "open answer" in page and "between us" not in page
        await w.page(f"/posts/{hidden.id}", 404)
        await w.page("/posts/nonsense", 404)
        await w.mark(hidden, "favourite", 404)
        only_followers = w.post("alice", "for my followers", visibility=Visibility.FOLLOWERS)
        assert 'value="boost"' not in await w.page(f"/posts/{only_followers.id}")
        await w.mark(only_followers, "boost", 422)
        assert "a question" in await w.page("/tags/Cardiology")
        await w.page("/tags/a%20b", 404)


async def test_the_settings_page_leads_to_every_setting(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        assert (await w.client.get("/")).headers["location"] == "/home"
        page = await w.page("/settings")
        for path in re.findall(r'<li><a href="([^"]+)"', page):
            answer = await w.client.get(path)
            assert answer.status_code in {200, 303}, path
        assert "/settings/profile" in page and "/settings/sessions" in page and "/settings/files" in page


async def test_visitors_are_led_to_sign_in(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        post = w.post("alice", "Hello")
        w.client.cookies.clear()
        for path in ("/home", "/bookmarks", "/settings", "/tags/x", f"/posts/{post.id}"):
            assert (await w.client.get(path)).headers["location"].startswith("/signin?"), path


def _numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r"Round number (\d{3})", page)]


def _link(page: str, name: str) -> str:
    found = re.search(rf'href="(\?{name}=\d+)"', page)
    assert found, page
    return found[1]


async def test_the_first_page_is_light(tmp_path: Path) -> None:
    """A full home of long posts, with everything that the page loads beside pictures."""
    async with world(tmp_path) as w:
        for number in range(20):
            w.post("alice", f"{number} " + "What would you do in this case? " * 40)
        page = await w.client.get("/home")
        assert len(_posts(page.text)) == 20
        weight = len(page.content)
        for address in set(re.findall(r'(?:src|href)="(/[^"]+\.(?:css|js|webmanifest))"', page.text)):
            loaded = await w.client.get(address)
            assert loaded.status_code == 200, address
            weight += len(loaded.content)
        assert weight < 200_000


def _posts(page: str) -> list[str]:
    return re.findall(r'<article class="post"', page)
