"""What a hostile but allowed peer has shown to members: markup in every text that is not a post's own, and pictures that are none.

Texts are looked at as an app gets them and as they stand in our own pages; pictures through the links that apps load.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image, PngImagePlugin

from federation.testing.loopback import (
    Behaviour,
    answer,
    document,
    drip,
    endless,
    gzip_bomb,
    hang_up,
    redirect,
)
from server.services import accounts, sessions
from server.services.founding import open_database
from server.store.session import Unit
from tests.support.hostile import (
    PUBLIC,
    FakeActor,
    LoopbackPeer,
    activity,
    change,
    create,
    note,
    number,
    outcome,
    post,
    rows,
)
from tests.support.instances import LiveAccount, LiveInstance, eventually
from tests.support.members import settings_of
from tests.support.pictures import png
from tests.support.recordings import THERE, recording
from tests.support.surroundings import surrounded

pytestmark = pytest.mark.slow

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)></svg><a href='javascript:alert(1)'>a</a>"
SCRIPTED = "javascript:alert(1)"


@dataclass
class World:
    target: LiveInstance
    dora: LiveAccount
    pages: httpx.Client
    peer: LoopbackPeer
    canary: LoopbackPeer
    stranger: LoopbackPeer

    def takes(self, actor: FakeActor, sent: dict[str, Any]) -> None:
        assert post(self.target, actor, sent).status_code == 202
        assert outcome(self.target, sent) == "applied"

    def works_on(self) -> None:
        honest = self.peer.actor(f"honest{number()}")
        self.takes(honest, create(honest, self.addressed(honest)))

    def addressed(self, author: FakeActor, content: str = "Hello", **more: Any) -> dict[str, Any]:
        """A note that tells Dora of itself."""
        mention = {"type": "Mention", "href": self.dora.uri, "name": "@dora"}
        return note(author, content, **{"to": [PUBLIC, self.dora.uri], "tag": [mention]} | more)

    def told(self) -> list[dict[str, Any]]:
        """Posts that name Dora, the newest first."""
        found = self.dora.client.get("/api/v1/notifications", params={"limit": 80, "types[]": "mention"})
        return [one["status"] for one in found.raise_for_status().json()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with surrounded(tmp_path_factory.mktemp("shown")) as around:
        pages = around.target.client(headers={"cookie": signed_in(around.target)}, timeout=40)
        yield World(around.target, around.dora, pages, around.peer, around.canary, around.stranger)


def signed_in(target: LiveInstance) -> str:
    """Dora's browser."""

    def begin(unit: Unit) -> str:
        user = accounts.owner(unit, accounts.get_local(unit, "dora"))
        assert user is not None
        return sessions.begin(unit, user.id, full=True, agent="", address="")

    database = open_database(settings_of(target))
    try:
        return f"consilium={database.run_write(begin)}"
    finally:
        database.close()


# -- texts -----------------------------------------------------------------------------------------------


class Found(HTMLParser):
    """What a browser would take for more than words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.harm: list[str] = []
        self._within: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        if tag in {"svg", "iframe", "object", "embed", "math", "base"} or (tag, ("src", "x")) in [
            (tag, one) for one in attributes
        ]:
            self.harm.append(f"<{tag} {attributes}>")
        for name, value in attributes:
            spoken = "".join((value or "").split()).lower()
            if name.startswith("on") or spoken.startswith(("javascript:", "data:", "vbscript:")):
                self.harm.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] in {"script", "style"} and "alert(1)" in data:
            self.harm.append(f"a script: {data}")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass


def test_the_judge_sees_what_is_harmful() -> None:
    assert len(Found(f"<p>{EVIL}</p>").harm) == 6
    assert Found("<p>&lt;script&gt;alert(1)&lt;/script&gt; <a href='https://x.example'>a</a></p>").harm == []


def evil_actor(world: World) -> FakeActor:
    """Markup in everything that an actor says of itself."""
    actor = world.peer.actor(f"mallory{number()}")
    changed = actor.document() | {
        "name": EVIL,
        "summary": f"<p>{EVIL}</p>",
        "url": SCRIPTED,
        "attachment": [
            {"type": "PropertyValue", "name": EVIL, "value": EVIL},
            {"type": "PropertyValue", "name": "Home", "value": SCRIPTED},
        ],
        "icon": {"type": "Image", "mediaType": EVIL, "url": SCRIPTED, "name": EVIL},
        "tag": [
            {"type": "Emoji", "name": f":{EVIL}:", "icon": {"type": "Image", "url": SCRIPTED}},
            {"type": "Emoji", "name": ":shown:", "icon": {"type": "Image", "url": "data:text/html,x"}},
        ],
    }
    world.peer.behaviours[f"/actors/{actor.name}"] = document(changed)
    return actor


def evil_posts(world: World, actor: FakeActor) -> dict[str, dict[str, Any]]:
    """One of each kind, by the text that it hides markup in."""
    mention = {"type": "Mention", "href": world.dora.uri, "name": EVIL}
    tags = [
        mention,
        {"type": "Hashtag", "name": f"#{EVIL}", "href": SCRIPTED},
        {"type": "Emoji", "name": f":{EVIL}:", "icon": {"type": "Image", "url": SCRIPTED}},
    ]
    picture = {"type": "Image", "mediaType": "image/png", "url": f"{world.peer.base}/x.png", "name": EVIL}
    options = [{"type": "Note", "name": EVIL}, {"type": "Note", "name": "b", "content": EVIL}]
    kinds: dict[str, dict[str, Any]] = {
        "summary": {"summary": EVIL},
        "title": {"type": "Article", "name": EVIL, "summary": EVIL},
        "poll": {"type": "Question", "oneOf": options, "votersCount": 1},
        "picture": {"attachment": [picture]},
        "tags": {"tag": tags},
        "page": {"url": SCRIPTED},
        "language": {"contentMap": {EVIL: EVIL, "en": f"<p>{EVIL}</p>"}},
        "generator": {"generator": {"type": "Application", "name": EVIL, "url": SCRIPTED}},
    }
    return {where: world.addressed(actor, **{"tag": [mention]} | more) for where, more in kinds.items()}


@pytest.fixture(scope="module")
def said(world: World) -> dict[str, dict[str, Any]]:
    """What apps get of them, by the same words."""
    actor = evil_actor(world)
    sent = evil_posts(world, actor)
    for thing in sent.values():
        world.takes(actor, create(actor, thing))
    by_uri = {one["uri"]: one for one in world.told()}
    return {where: by_uri[thing["id"]] for where, thing in sent.items()}


def test_apps_get_harmless_html_and_texts_as_they_were_written(said: dict[str, dict[str, Any]]) -> None:
    """What an app shows as HTML holds nothing; what it shows as text is what was said, which apps escape."""
    for where, one in said.items():
        assert Found(one["content"]).harm == [], where
        assert one["url"].startswith("http://"), where
        assert (one["emojis"], one["application"]) == ([], None), where
        assert one["language"] in {None, "en"} or "<" not in one["language"], where
        for linked in (*one["mentions"], *one["tags"]):
            assert linked["url"].startswith("http://"), where
        for tag in one["tags"]:
            assert not set("<>\"'& ") & set(tag["name"]), where
    assert said["summary"]["spoiler_text"] == EVIL
    assert said["poll"]["poll"]["options"][0]["title"] == EVIL
    assert said["poll"]["poll"]["emojis"] == []
    assert "&lt;script&gt;" in said["title"]["content"], "a title is text, made HTML by us"
    [picture] = said["picture"]["media_attachments"]
    assert picture["description"] == EVIL
    author = said["summary"]["account"]
    assert (author["display_name"], author["emojis"]) == (EVIL, [])
    assert author["url"].startswith("http://")
    assert Found(author["note"]).harm == []
    assert [field["name"] for field in author["fields"]] == [EVIL, "Home"]
    for field in author["fields"]:
        assert Found(field["value"]).harm == []
    for face in ("avatar", "avatar_static", "header", "header_static"):
        assert author[face].startswith("http://target.localhost")


def test_our_own_pages_show_the_words_and_nothing_more(world: World, said: dict[str, dict[str, Any]]) -> None:
    author = said["summary"]["account"]
    world.dora.client.post(f"/api/v1/accounts/{author['id']}/follow").raise_for_status()
    paths = [f"/posts/{one['id']}" for one in said.values()]
    paths += [
        "/notifications",
        "/home",
        f"/people/{author['id']}",
        f"/search?q={author['acct']}",
        "/messages",
    ]
    shown = {path: world.pages.get(path) for path in paths}
    for path, page in shown.items():
        assert page.status_code == 200, path
        assert Found(page.text).harm == [], path
    for where in ("summary", "title", "poll", "picture"):
        assert "alert(1)" in shown[f"/posts/{said[where]['id']}"].text, (
            f"{where} is not shown: nothing was tried"
        )
    for path in ("/notifications", f"/people/{author['id']}"):
        assert "alert(1)" in shown[path].text, path


def test_an_edit_and_an_update_are_made_harmless_as_well(world: World) -> None:
    actor = world.peer.actor(f"later{number()}")
    thing = world.addressed(actor)
    world.takes(actor, create(actor, thing))
    changed = thing | {"content": EVIL, "summary": EVIL, "updated": "2099-01-01T00:00:00Z"}
    world.takes(actor, activity(actor, "Update", changed))
    [shown] = [one for one in world.told() if one["uri"] == thing["id"]]
    assert (shown["spoiler_text"], Found(shown["content"]).harm) == (EVIL, [])
    history = world.dora.client.get(f"/api/v1/statuses/{shown['id']}/history").json()
    assert [Found(one["content"]).harm for one in history] == [[], []]
    renamed = actor.document() | {"name": EVIL, "summary": EVIL}
    world.peer.behaviours[f"/actors/{actor.name}"] = document(renamed)
    world.takes(actor, activity(actor, "Update", renamed))
    author = world.dora.client.get(f"/api/v1/accounts/{shown['account']['id']}").json()
    assert (author["display_name"], Found(author["note"]).harm) == (EVIL, [])


def test_what_came_into_the_tables_all_the_same_leaves_them_harmless(world: World) -> None:
    """Made harmless when it came, and again when it is shown: an older version may have let something in."""
    actor = world.peer.actor(f"stored{number()}")
    thing = world.addressed(actor)
    world.takes(actor, create(actor, thing))
    changed = thing | {"content": "Hello again", "updated": "2099-01-01T00:00:00Z"}
    world.takes(actor, activity(actor, "Update", changed))
    [(post_id, account_id)] = rows(world.target, "select id, account_id from post where uri = ?", thing["id"])
    fields = json.dumps([["Home", EVIL, ""]])
    change(world.target, "update post set content = ?, version = version + 1 where id = ?", EVIL, post_id)
    change(world.target, "update revision set content = ? where post_id = ?", EVIL, post_id)
    change(
        world.target,
        "update account set note = ?, fields = ?, version = version + 1 where id = ?",
        EVIL,
        fields,
        account_id,
    )
    world.target.restart()
    one = world.dora.client.get(f"/api/v1/statuses/{post_id}").json()
    shown = [one["content"], one["account"]["note"], *(each["value"] for each in one["account"]["fields"])]
    history = world.dora.client.get(f"/api/v1/statuses/{post_id}/history").json()
    shown += [each["content"] for each in history]
    assert len(shown) == 5
    shown += [world.pages.get(path).text for path in (f"/posts/{post_id}", f"/people/{account_id}")]
    for html in shown:
        assert "alert(1)" not in html or "&lt;" in html
        assert Found(html).harm == [], html[:300]


# -- pictures --------------------------------------------------------------------------------------------

SECRET = b"<script>alert('MUSTERMANN')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def png_of_size(width: int, height: int) -> bytes:
    """A small file that says it is large."""
    real = bytearray(png(1, 1))
    real[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    real[29:33] = zlib.crc32(bytes(real[12:29])).to_bytes(4, "big")
    return bytes(real)


def annotated() -> bytes:
    """A picture with a page in its comment and after its end."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", SECRET.decode())
    out = BytesIO()
    Image.new("RGB", (40, 30), (1, 2, 3)).save(out, "PNG", pnginfo=said)
    return out.getvalue() + SECRET


def hostile_pictures(world: World) -> dict[str, Behaviour]:
    return {
        "a page": answer(200, b"<html>" + SECRET, "text/html"),
        "a page that says it is a picture": answer(200, b"<html>" + SECRET, "image/png"),
        "a drawing with a script": answer(200, SVG, "image/svg+xml"),
        "a drawing that says it is a picture": answer(200, SVG, "image/png"),
        "a document": answer(200, b"%PDF-1.7 " + SECRET, "image/png"),
        "a picture that is a document": answer(200, png()[:33] + b"%PDF-1.7 " + SECRET, "image/png"),
        "a playlist": answer(200, b"#EXTM3U\nfile:///etc/passwd", "image/png"),
        "a recipe for a converter": answer(
            200, b"push graphic-context\nfill 'url(file:///etc/passwd)'", "image/png"
        ),
        "huge dimensions": answer(200, png_of_size(60_000, 60_000), "image/png"),
        "more than fits": answer(200, png_of_size(2**31 - 1, 2**31 - 1), "image/png"),
        "dimensions without pixels": answer(200, png_of_size(3000, 3000), "image/png"),
        "half a picture": answer(200, png()[:60], "image/png"),
        "nothing": answer(200, b"", "image/png"),
        "too many bytes": answer(200, png() + b"\0" * (17 * 1024 * 1024), "image/png"),
        "a bomb": gzip_bomb(200),
        "an endless body": endless,
        "a drip": drip,
        "a hang-up": hang_up,
        "an error": answer(500, png(), "image/png"),
        "a way to an internal service": redirect(f"{world.canary.base}/x.png"),
        "a way by its address": redirect(f"http://127.0.0.1:{world.canary.port}/x.png"),
        "a way to the cloud's own address": redirect("http://169.254.169.254/x.png"),
        "a way to a stranger": redirect(f"{world.stranger.base}/x.png"),
        "a way to a file": redirect("file:///etc/passwd"),
    }


def offered(
    world: World, behaviours: dict[str, Behaviour], kind: str = "Image", mime: str = "image/png"
) -> dict[str, tuple[str, str]]:
    """What each becomes for Dora's app: the addresses of the file and of its preview here."""
    actor = world.peer.actor(f"pictures{number()}")
    uris = {}
    for what, behaviour in behaviours.items():
        path = f"/pictures/{number()}.png"
        world.peer.behaviours[path] = behaviour
        shown = {"type": kind, "mediaType": mime, "url": f"{world.peer.base}{path}"}
        thing = world.addressed(actor, attachment=[shown])
        world.takes(actor, create(actor, thing))
        uris[what] = thing["id"]
    by_uri = {one["uri"]: one["media_attachments"] for one in world.told()}
    return {what: (by_uri[uri][0]["url"], by_uri[uri][0]["preview_url"]) for what, uri in uris.items()}


def test_what_is_no_picture_is_not_handed_on(world: World) -> None:
    """All of them at once, each within its time, and none of them reaches what must not be dialled."""
    links = offered(world, hostile_pictures(world))
    all_refused(world, links)
    for _, preview in links.values():
        status, took = loaded(world, preview)
        assert status == 404
        assert took < 5, "it is not asked for again with every reader"
    world.works_on()
    assert (world.canary.connections, world.stranger.connections) == (0, 0)


def all_refused(world: World, links: dict[str, tuple[str, str]]) -> None:
    """Asked for side by side, each within its time."""
    with ThreadPoolExecutor(len(links)) as pool:
        answers = pool.map(lambda link: loaded(world, link), [url for url, _ in links.values()])
        got = dict(zip(links, answers, strict=True))
    assert {what: status for what, (status, _) in got.items() if status != 404} == {}
    assert max(took for _, took in got.values()) < 45


def loaded(world: World, link: str) -> tuple[int, float]:
    """The status, and how many seconds it took."""
    began = time.monotonic()
    got = httpx.get(
        link.replace(world.target.base, f"http://127.0.0.1:{world.target.port}"),
        headers={"host": world.target.origin},
        timeout=60,
    )
    assert b"MUSTERMANN" not in got.content
    assert b"root:" not in got.content
    return got.status_code, time.monotonic() - began


@pytest.mark.skipif(not THERE, reason="no ffmpeg on this machine")
def test_what_is_no_recording_is_not_handed_on(world: World) -> None:
    """What would have ffmpeg read other files, or is none of its kinds; the control is a video that is one."""
    real = recording("mp4")
    files = {
        "a page": b"<html>" + SECRET,
        "a playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        "a playlist of parts": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "a playlist inside": real[:64] + b"\n#EXTM3U\nfile:///etc/passwd\n",
        "half a video": real[: len(real) // 2],
        "a picture": png(),
        "a script": b"#!/bin/sh\ncat /etc/passwd\n",
    }
    behaviours = {what: answer(200, data, "video/mp4") for what, data in files.items()}
    behaviours |= {
        "a way to an internal service": redirect(f"{world.canary.base}/x.mp4"),
        "a way to a file": redirect("file:///etc/passwd"),
        "an endless body": endless,
    }
    all_refused(world, offered(world, behaviours, "Video", "video/mp4"))
    [(url, _)] = offered(world, {"honest": answer(200, real, "video/mp4")}, "Video", "video/mp4").values()
    assert eventually(lambda: loaded(world, url)[0] == 200, within=60)
    assert (world.canary.connections, world.stranger.connections) == (0, 0)


def test_of_a_picture_its_pixels_are_handed_on_and_nothing_else(world: World) -> None:
    """Its type is what our decoder made, whatever its host said; no page hidden in it comes out."""
    links = offered(
        world,
        {
            "honest": answer(200, png(), "image/png"),
            "said to be a page": answer(200, png(33, 44), "text/html"),
            "with a page inside": answer(200, annotated(), "image/png"),
        },
    )
    assert SECRET in annotated()
    for what, addresses in links.items():
        for link in addresses:
            got = world.dora.client.get(link.removeprefix(world.target.base), headers={"authorization": ""})
            assert got.status_code == 200, what
            assert got.headers["content-type"] == "image/png", what
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in got.headers["content-security-policy"]
            assert b"MUSTERMANN" not in got.content, what
            Image.open(BytesIO(got.content)).load()


def test_a_face_that_is_none_is_not_shown(world: World) -> None:
    faces = {name: world.peer.actor(f"{name}{number()}") for name in ("avatar", "header")}
    for field, actor in zip(("icon", "image"), faces.values(), strict=True):
        path = f"/faces/{number()}.png"
        world.peer.behaviours[path] = answer(200, b"<html>" + SECRET, "image/png")
        shown = {field: {"type": "Image", "mediaType": "image/png", "url": f"{world.peer.base}{path}"}}
        world.peer.behaviours[f"/actors/{actor.name}"] = document(actor.document() | shown)
        world.takes(actor, create(actor, world.addressed(actor)))
    for kind, actor in faces.items():
        [author] = [one["account"] for one in world.told() if one["account"]["uri"] == actor.id]
        got = world.dora.client.get(author[kind].removeprefix(world.target.base))
        assert b"MUSTERMANN" not in got.content
        assert got.status_code == 302, kind
        assert got.headers["location"].startswith(f"{world.target.base}/static/"), kind
