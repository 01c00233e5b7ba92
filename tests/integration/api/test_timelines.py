"""Timelines, their pages, notifications, conversations and search."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.api.conftest import Api, Caller

pytestmark = pytest.mark.anyio
HOME = "/api/v1/timelines/home"


def ids(many: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in many]


async def walk(who: Caller, path: str, **params: str) -> list[str]:
    """All ids, by following the Link header."""
    found: list[str] = []
    url: str | None = path
    while url:
        answer = await who.answer("GET", url, params=params if url == path else None)
        assert answer.status_code == 200
        found += ids(answer.json())
        match = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = match[1] if match else None
    return found


async def test_pages_visit_each_status_once_and_in_order(api: Api) -> None:
    ana = await api.member("ana")
    said = [(await ana.say(f"number {n}", visibility="public"))["id"] for n in range(7)][::-1]
    assert await walk(ana, HOME, limit="3") == said
    assert await walk(ana, f"/api/v1/accounts/{ana.id}/statuses", limit="2") == said
    assert ids(await ana.get(HOME, max_id=said[2], limit=2)) == said[3:5]
    assert ids(await ana.get(HOME, since_id=said[4], limit=2)) == said[0:2]
    assert ids(await ana.get(HOME, min_id=said[4], limit=2)) == said[2:4]
    assert ids(await ana.get(HOME, limit=1000)) == said
    await ana.get(HOME, 400, max_id="x")
    await ana.get(HOME, 400, limit="-1")


async def test_public_timelines_hold_public_statuses_for_members(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    public = await ana.say("public #icu", visibility="public")
    await ana.say("unlisted #icu", visibility="unlisted")
    await ana.say("private #icu", visibility="private")
    for params in ({}, {"local": "true"}):
        assert ids(await ben.get("/api/v1/timelines/public", **params)) == [public["id"]]
    assert await ben.get("/api/v1/timelines/public", remote="true") == []
    assert ids(await ben.get("/api/v1/timelines/tag/ICU")) == [public["id"]]
    assert await ben.get("/api/v1/timelines/tag/icu", **{"none[]": "icu"}) == []
    await api.visitor.get("/api/v1/timelines/public", 401)
    await api.visitor.get("/api/v1/timelines/tag/icu", 401)
    await api.visitor.get(f"/api/v1/statuses/{public['id']}", 404)


@pytest.mark.parametrize("settings_of", [{"public_pages": True}])
async def test_visitors_read_public_statuses_where_pages_are_public(api: Api) -> None:
    ana = await api.member("ana")
    public = await ana.say("public", visibility="public")
    unlisted = await ana.say("unlisted", visibility="unlisted")
    assert ids(await api.visitor.get("/api/v1/timelines/public")) == [public["id"]]
    seen = await api.visitor.get(f"/api/v1/statuses/{public['id']}")
    assert (seen["favourited"], seen["poll"]) == (False, None)
    await api.visitor.get(f"/api/v1/statuses/{unlisted['id']}", 404)
    access = (await api.visitor.get("/api/v2/instance"))["configuration"]["timelines_access"]
    assert access["live_feeds"] == access["hashtag_feeds"] == {"local": "public", "remote": "authenticated"}


async def test_a_followed_tag_comes_home(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    assert (await ana.post("/api/v1/tags/Icu/follow"))["following"] is True
    assert [tag["name"] for tag in await ana.get("/api/v1/followed_tags")] == ["icu"]
    said = await ben.say("about #ICU", visibility="public")
    await ben.say("hidden #icu", visibility="private")
    assert ids(await ana.get(HOME)) == [said["id"]]
    assert (await ana.get("/api/v1/tags/icu"))["following"] is True
    assert (await ana.post("/api/v1/tags/icu/unfollow"))["following"] is False
    await ben.say("again #icu", visibility="public")
    assert ids(await ana.get(HOME)) == [said["id"]]


async def test_notifications_tell_filter_and_are_dismissed(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("look", visibility="public")
    await ben.post(f"/api/v1/accounts/{ana.id}/follow")
    await ben.post(f"/api/v1/statuses/{made['id']}/favourite")
    await ben.post(f"/api/v1/statuses/{made['id']}/reblog")
    mention = await ben.say("@ana hello", visibility="public")
    told = await ana.get("/api/v1/notifications")
    assert [one["type"] for one in told] == ["mention", "reblog", "favourite", "follow"]
    assert told[0]["status"]["id"] == mention["id"]
    assert told[1]["status"]["id"] == made["id"]
    assert {one["account"]["id"] for one in told} == {ben.id}
    assert (await ana.get("/api/v1/notifications/unread_count")) == {"count": 4}
    only = await ana.get("/api/v1/notifications", **{"types[]": ["mention", "admin.sign_up"]})
    assert [one["type"] for one in only] == ["mention"]
    without = await ana.get("/api/v1/notifications", **{"exclude_types[]": ["mention", "follow"]})
    assert [one["type"] for one in without] == ["reblog", "favourite"]
    assert await walk(ana, "/api/v1/notifications", limit="1") == ids(told)
    assert await ana.get(f"/api/v1/notifications/{told[2]['id']}") == told[2]
    await ben.get(f"/api/v1/notifications/{told[2]['id']}", 404)
    await ana.post(f"/api/v1/notifications/{told[2]['id']}/dismiss")
    assert ids(await ana.get("/api/v1/notifications")) == [told[0]["id"], told[1]["id"], told[3]["id"]]
    await ana.post("/api/v1/notifications/clear")
    assert await ana.get("/api/v1/notifications") == []


async def test_a_conversation_is_read_and_taken_off_the_list(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    said = await ana.say("@ben secret", visibility="direct")
    (talk,) = await ben.get("/api/v1/conversations")
    assert (talk["unread"], talk["last_status"]["id"]) == (True, said["id"])
    assert ids(talk["accounts"]) == [ana.id]
    for mark, unread in (("read", False), ("unread", True)):
        assert (await ben.post(f"/api/v1/conversations/{talk['id']}/{mark}"))["unread"] is unread
        await ana.post(f"/api/v1/conversations/{talk['id']}/{mark}", 404)
    assert [one["unread"] for one in await ben.get("/api/v1/conversations")] == [True]
    await ben.ask("DELETE", f"/api/v1/conversations/{talk['id']}")
    assert await ben.get("/api/v1/conversations") == []


async def test_search_finds_posts_by_their_words(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    first, second = [await ana.say(f"Un œdème {n}", visibility="public") for n in (1, 2)]
    hidden = await ana.say("Un œdème @ana", visibility="direct")
    search = "/api/v2/search"
    found = await ben.get(search, q="OEDEME")
    assert [one["id"] for one in found["statuses"]] == [second["id"], first["id"]]
    assert (found["accounts"], found["hashtags"]) == ([], [])
    assert ids((await ana.get(search, q="oedeme"))["statuses"]) == [hidden["id"], second["id"], first["id"]]
    asked = {"q": "from:ana oedeme", "type": "statuses", "limit": "1"}
    assert ids((await ben.get(search, **asked))["statuses"]) == [second["id"]]
    assert ids((await ben.get(search, **asked, offset="1"))["statuses"]) == [first["id"]]
    assert ids((await ben.get(search, **asked, max_id=second["id"]))["statuses"]) == [first["id"]]
    assert ids((await ben.get(search, q="oedeme", account_id=ben.id))["statuses"]) == []
    assert (await ben.get(search, q="oedeme", type="accounts"))["statuses"] == []


async def test_search_finds_accounts_tags_and_addresses_within_sight(api: Api) -> None:
    ana, ben, eve = [await api.member(name) for name in ("ana", "ben", "eve")]
    await ben.post(f"/api/v1/accounts/{ana.id}/follow")
    said = await ana.say("for followers #rare", visibility="private")
    search = "/api/v2/search"
    assert ids((await eve.get(search, q="ana"))["accounts"]) == [ana.id]
    assert ids((await eve.get(search, q="@ana@med.test", resolve="true"))["accounts"]) == [ana.id]
    assert ids((await eve.get(search, q="https://med.test/@ana"))["accounts"]) == [ana.id]
    assert [tag["name"] for tag in (await ben.get(search, q="#rar"))["hashtags"]] == ["rare"]
    assert (await eve.get(search, q="#rar"))["hashtags"] == []
    for address in (said["url"], said["uri"]):
        assert ids((await ben.get(search, q=address, resolve="true"))["statuses"]) == [said["id"]]
        assert (await eve.get(search, q=address, resolve="true"))["statuses"] == []
    assert (await eve.get(search, q="ana", type="statuses"))["accounts"] == []
    assert (await eve.get(search, q="x@unknown.example", resolve="true"))["accounts"] == []
    assert ids((await ben.get(search, q="an", following="true"))["accounts"]) == [ana.id]
    assert (await eve.get(search, q="an", following="true"))["accounts"] == []
    await eve.get(search, 400)
