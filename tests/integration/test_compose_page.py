"""Writing on our own pages, without JavaScript: looked at first, sent once, refused with everything that was typed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation.types import Origin
from server.domain.accounts import Account
from server.domain.groups import MembershipRole
from server.domain.pages import Page
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.domain.verification import Method
from server.domain.viewers import Member
from server.services import accounts, groups, instances, media, timelines, verification
from server.services.groups import Settings
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.verification import Claim, Decision
from tests.support.member_pages import (
    Visit,
    add_person,
    browser,
    form_token,
    make_application,
    opened,
    sign_in,
)
from tests.support.pictures import png
from tests.support.recordings import needs_ffmpeg, recording

pytestmark = pytest.mark.anyio


class World(Visit):
    """alice writes."""

    def posts(self) -> list[Post]:
        return self.run(timelines.home, Member(self.account("alice").id), Page(40))

    def attached(self, post: Post) -> list[str]:
        found = self.run(visible.load_parts, [post]).media.get(post.id, ())
        return [one.description for one in found]

    async def form(self, path: str = "/write") -> dict[str, str]:
        """What a browser would send back of the form as it is."""
        page = await self.client.get(path)
        assert page.status_code == 200, page.text
        return {"form_token": form_token(page), **hidden(page.text)}

    async def write(self, fields: dict[str, Any], status: int = 303, **rest: Any) -> httpx.Response:
        answer = await self.client.post("/write", data=fields, **rest)
        assert answer.status_code == status, answer.text
        return answer


@asynccontextmanager
async def world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    with opened(folder, **{"posts": "public", **settings}) as database:
        for name in ("alice", "bob"):
            add_person(database, name)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "alice")
            yield World(client, database)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(once|answered)" value="([^"]*)"', page))


def offered(page: str) -> list[str]:
    return re.findall(r'<option value="([a-z]+(?::\d+)?)"', page)


async def test_looked_at_then_sent_once(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        fields = {**await w.form(), "text": "A question", "audience": "followers", "warning": "Wound"}
        page = (await w.write({**fields, "act": "preview"}, 200)).text
        assert "Your followers, and the people whom you name." in page
        assert "It does not leave this institution." in page
        assert ">A question</textarea>" in page and 'value="Wound"' in page
        assert w.posts() == []
        again = {**fields, **hidden(page), "act": "send"}
        first, second = await w.write(again), await w.write(again)
        [made] = w.posts()
        assert first.headers["location"] == second.headers["location"] == f"/posts/{made.id}"
        assert (made.source, made.summary, made.visibility) == ("A question", "Wound", Visibility.FOLLOWERS)
        await w.write({**again, "text": "Something else"})  # an old form with other words is another post
        assert len(w.posts()) == 2


async def test_who_gets_it_is_said_with_the_rule(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.run(instances.set_trust, "test", Origin("there.example"), Trust.ALLOWED)
        fields = {**await w.form(), "text": "Hello", "audience": "direct", "act": "preview"}
        page = (await w.write(fields, 200)).text
        assert "Nobody is named yet: only you would see it." in page
        assert "Connected, but nobody is meant there: there.example" in page
        page = (await w.write({**fields, "text": "@bob look"}, 200)).text
        assert "Named: bob" in page and "Nobody is named yet" not in page


async def test_a_picture_is_kept_while_the_post_is_looked_at(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        fields = {**await w.form(), "text": "Look", "audience": "followers"}
        first = {**fields, "act": "preview", "description": "An ECG"}
        page = (await w.write(first, 200, files={"picture": ("ecg.png", png(80, 60))})).text
        [number] = re.findall(r'name="media\[\]" value="(\d+)"', page)
        assert 'alt="An ECG"' in page
        described = {**fields, "media[]": number, f"description_{number}": "An ECG, twelve leads"}
        await w.write({**described, "act": "send"})
        [made] = w.posts()
        assert w.attached(made) == ["An ECG, twelve leads"]
        await w.write({**described, "act": "send"})
        assert len(w.posts()) == 1
        removed = {**fields, "text": "Without", f"remove_{number}": "on", "media[]": number, "act": "send"}
        await w.write(removed)
        assert w.attached(w.posts()[0]) == []
        answer = await w.write({**fields, "act": "send"}, 422, files={"picture": ("x.png", b"no picture")})
        assert ">Look</textarea>" in answer.text


async def test_a_picture_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        fields = {**await w.form(), "text": "Look", "audience": "followers"}
        page = await w.write({**fields, "act": "preview"}, 200, files={"picture": ("ecg.png", png(80, 60))})
        [number] = re.findall(r'name="media\[\]" value="(\d+)"', page.text)
        w.client.cookies.clear()
        await sign_in(w.client, "bob")
        mine = {**await w.form(), "text": "Look", "audience": "followers", "media[]": number}
        assert "ecg" not in (await w.write({**mine, "act": "send"}, 404)).text
        await w.write({**mine, "media[]": "99999999999999999999"}, 404)


async def test_refusals_come_back_with_what_was_typed(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        fields = await w.form()
        for wrong in (
            {"text": "  ", "audience": "followers"},
            {"text": "kept", "audience": "everyone"},
            {"text": "kept", "audience": "group:1"},
            {"text": "kept", "audience": "group:"},
            {"text": "kept" * 2000, "audience": "followers"},
        ):
            for act in ("preview", "send"):
                answer = await w.write({**fields, **wrong, "act": act}, 422)
                assert 'role="alert"' in answer.text and wrong["text"] in answer.text
        assert w.posts() == []
        assert (await w.client.post("/write", data={"text": "x"})).status_code == 403


@pytest.mark.parametrize(
    ("ceiling", "open_to"),
    [
        ("groups", ["direct"]),
        ("followers", ["followers", "direct"]),
        ("public", ["public", "unlisted", "followers", "direct"]),
    ],
)
async def test_only_what_the_house_allows_is_offered(
    tmp_path: Path, ceiling: str, open_to: list[str]
) -> None:
    async with world(tmp_path, posts=ceiling) as w:
        assert offered((await w.client.get("/write")).text) == open_to
        fields = {**await w.form(), "text": "Hello", "audience": "public", "act": "send"}
        await w.write(fields, 303 if ceiling == "public" else 422)


def in_group(w: World) -> Account:
    w.run(accounts.ensure_instance_actor)
    group = w.run(groups.create, "command", "cardio", Settings(title="Cardiology", listed=True), None)
    for name in ("alice", "bob"):
        decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 7", 300)
        claim = Claim("physician", ("cardiology",), "FR")
        w.run(verification.record, "command", w.account(name), claim, decision)
        w.run(groups.add, "command", group, w.account(name))
    w.run(groups.set_role, "command", group, w.account("bob"), MembershipRole.MODERATOR)
    return group


async def test_a_group_is_written_to_and_answered_in(tmp_path: Path) -> None:
    async with world(tmp_path, posts="groups") as w:
        group = in_group(w)
        audience = f"group:{group.id}"
        fields = {**await w.form(f"/write?group={group.id}"), "text": "An ECG", "audience": audience}
        page = (await w.write({**fields, "act": "preview"}, 200)).text
        assert "Members of the group, and nobody else." in page
        assert "this instance, house.localhost:8000" in page
        where = (await w.write({**fields, "act": "send"})).headers["location"]
        assert where.startswith(f"/groups/{group.id}/posts/")
        said = int(where.rpartition("/")[2])

        page = (await w.client.get(f"/write?answers={said}")).text
        assert offered(page) == [audience, "direct"]
        answer = {**await w.form(f"/write?answers={said}"), "text": "More of it", "audience": audience}
        await w.write({**answer, "act": "send"})
        page = (await w.client.get(where)).text
        assert "An ECG" in page and "More of it" in page


async def test_an_answer_is_no_wider_than_what_it_answers(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        open_post = w.run(
            publish, w.account("bob"), Draft(text="@alice between us", visibility=Visibility.DIRECT)
        )
        page = (await w.client.get(f"/write?answers={open_post.id}")).text
        assert "between us" in page and ">@bob </textarea>" in page
        assert '<option value="direct" selected>' in page
        secret = w.run(publish, w.account("bob"), Draft(text="to myself", visibility=Visibility.DIRECT))
        page = (await w.client.get(f"/write?answers={secret.id}")).text
        assert "to myself" not in page
        fields = {**await w.form(), "answered": str(secret.id), "text": "So?", "audience": "followers"}
        await w.write({**fields, "act": "send"}, 404)


@needs_ffmpeg
async def test_a_video_waits_until_it_is_ready_and_is_shown_with_a_player(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        fields = {**await w.form(), "text": "Look", "audience": "followers", "description": "A suture"}
        sent = {"picture": ("clip.mp4", recording("mp4"))}
        page = (await w.write({**fields, "act": "preview"}, 422, files=sent)).text
        assert "still being made ready" in page and "A video: it is being made ready" in page
        [number] = re.findall(r'name="media\[\]" value="(\d+)"', page)
        kept = {**fields, "media[]": number, f"description_{number}": "A suture"}
        await w.write({**kept, "act": "send"}, 422)
        assert w.posts() == []
        w.run(media.made, int(number), {"kind": "video", "mime": "video/mp4", "digest": "a" * 64})
        location = (await w.write({**kept, "act": "send"})).headers["location"]
        page = (await w.client.get(location)).text
        assert re.search(
            r'<video controls preload="none" playsinline poster="[^"]+" src="[^"]+" aria-label="A suture">',
            page,
        )
