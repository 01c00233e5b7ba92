"""Pages of every list, forwards and back by the links that the answer gives: each entry once, in order, no parameter lost."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.api.conftest import Api, Caller
from tests.support.pictures import png

pytestmark = pytest.mark.anyio
S = "/api/v1/statuses"
A = "/api/v1/accounts"
MANY = 7


async def _statuses(who: Caller) -> list[str]:
    return [(await who.say(f"number {n}", visibility="public"))["id"] for n in range(MANY)]


async def _people(api: Api) -> list[Caller]:
    return [await api.member(f"p{n}") for n in range(MANY)]


async def _favourites(api: Api, ana: Caller) -> str:
    for one in await _statuses(await api.member("ben")):
        await ana.post(f"{S}/{one}/favourite")
    return "/api/v1/favourites"


async def _bookmarks(api: Api, ana: Caller) -> str:
    for one in await _statuses(await api.member("ben")):
        await ana.post(f"{S}/{one}/bookmark")
    return "/api/v1/bookmarks"


async def _blocks(api: Api, ana: Caller) -> str:
    for one in await _people(api):
        await ana.post(f"{A}/{one.id}/block")
    return "/api/v1/blocks"


async def _mutes(api: Api, ana: Caller) -> str:
    for one in await _people(api):
        await ana.post(f"{A}/{one.id}/mute")
    return "/api/v1/mutes"


async def _followers(api: Api, ana: Caller) -> str:
    for one in await _people(api):
        await one.post(f"{A}/{ana.id}/follow")
    return f"{A}/{ana.id}/followers"


async def _following(api: Api, ana: Caller) -> str:
    for one in await _people(api):
        await ana.post(f"{A}/{one.id}/follow")
    return f"{A}/{ana.id}/following"


async def _listed(api: Api, ana: Caller) -> str:
    made = await ana.post("/api/v1/lists", title="ward")
    for one in await _people(api):
        await ana.post(f"{A}/{one.id}/follow")
        await ana.ask("POST", f"/api/v1/lists/{made['id']}/accounts", data={"account_ids[]": one.id})
    return f"/api/v1/lists/{made['id']}/accounts"


async def _favoured(api: Api, ana: Caller) -> str:
    [said, *_] = await _statuses(ana)
    for one in await _people(api):
        await one.post(f"{S}/{said}/favourite")
    return f"{S}/{said}/favourited_by"


async def _boosted(api: Api, ana: Caller) -> str:
    [said, *_] = await _statuses(ana)
    for one in await _people(api):
        await one.post(f"{S}/{said}/reblog", visibility="public")
    return f"{S}/{said}/reblogged_by"


async def _told(api: Api, ana: Caller) -> str:
    await _followers(api, ana)
    return "/api/v1/notifications"


async def _conversations(api: Api, ana: Caller) -> str:
    for one in await _people(api):
        await one.say(f"@{ana.name} a word", visibility="direct")
    return "/api/v1/conversations"


async def _home(_api: Api, ana: Caller) -> str:
    await _statuses(ana)
    return "/api/v1/timelines/home"


async def _public(_api: Api, ana: Caller) -> str:
    await _statuses(ana)
    return "/api/v1/timelines/public?local=true"


LISTS = [
    _favourites, _bookmarks, _blocks, _mutes, _followers, _following, _listed, _favoured, _boosted, _told,
    _conversations, _home, _public,
]  # fmt: skip


@pytest.mark.parametrize("fill", LISTS, ids=lambda fill: fill.__name__.strip("_"))
async def test_every_list_is_walked_both_ways(api: Api, fill: Callable[..., Awaitable[str]]) -> None:
    ana = await api.member("ana")
    path = await fill(api, ana)
    whole = _ids(await ana.get(_with(path, "limit=40")))
    assert len(whole) == len(set(whole)) == MANY
    forwards, last = await _walk(ana, _with(path, "limit=3"), "next")
    assert forwards == whole
    back, _ = await _walk(ana, last, "prev")
    assert sorted(back) == sorted(whole[: len(back)])
    assert len(back) in {MANY - 1, MANY - 3}, "all but what stood on the page that the way back began at"


async def _walk(who: Caller, url: str, rel: str) -> tuple[list[str], str]:
    """All ids, and the address of the last page that held any."""
    found: list[str] = []
    wanted = parse_qs(urlsplit(url).query)
    last, first = url, rel == "prev"
    while url:
        answer = await who.answer("GET", url)
        assert answer.status_code == 200
        held = _ids(answer.json())
        found += [] if first else held
        last, first = (url if held else last), False
        match = re.search(rf'<([^>]+)>; rel="{rel}"', answer.headers.get("link", ""))
        url = match[1] if match and held else ""
        kept = {name: value for name, value in wanted.items() if not name.endswith("_id")}
        assert not url or kept.items() <= parse_qs(urlsplit(url).query).items()
    return found, last


def _with(path: str, parameter: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{parameter}"


def _ids(many: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in many]


async def test_rows_that_succeed(api: Api) -> None:
    """What an app calls now and then: each answer is held against its shape, and against what decoders ask for."""
    ana, ben = await api.member("ana"), await api.member("ben")
    files = {"file": ("scan.png", png(32, 24), "image/png")}
    made = await ana.ask("POST", "/api/v1/media", files=files)
    assert made["url"]
    said = await ana.say("with a picture", **{"media_ids[]": made["id"], "visibility": "public"})
    assert [one["id"] for one in await ana.get(S, **{"id[]": said["id"]})] == [said["id"]]
    assert [one["id"] for one in await ana.get(A, **{"id[]": ben.id})] == [ben.id]
    await ana.post(f"{S}/{said['id']}/pin")
    assert (await ana.post(f"{S}/{said['id']}/unpin"))["pinned"] is False
    kept = await ana.post("/api/v1/lists", title="ward")
    assert [one["id"] for one in await ana.get("/api/v1/lists")] == [kept["id"]]
    assert (await ana.get(f"/api/v1/lists/{kept['id']}"))["title"] == "ward"
    await ana.ask("PATCH", f"{A}/update_credentials", data={"locked": "true"})
    assert (await ben.post(f"{A}/{ana.id}/follow"))["requested"]
    assert (await ana.post(f"/api/v1/follow_requests/{ben.id}/reject"))["followed_by"] is False
    assert (await ana.get("/api/v1/profile"))["id"] == ana.id
    assert (await ana.ask("PATCH", "/api/v1/profile", data={"display_name": "Ana"}))["display_name"] == "Ana"
    for page in ("extended_description", "privacy_policy"):
        assert "content" in await ana.get(f"/api/v1/instance/{page}")
    assert (await ana.get(f"{A}/familiar_followers", **{"id[]": ben.id}))[0]["id"] == ben.id
