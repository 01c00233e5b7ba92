"""Streams: who is told of what, by which way, and when they are told no more."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import pytest

from server.domain.groups import MembershipRole
from server.domain.verification import Method
from server.domain.viewers import Member
from server.services import accounts, apps, groups, tokens, verification
from server.services.posts import group_life, visible
from server.services.verification import Claim, Decision
from server.web.kit.unit import Unit
from tests.integration.api.conftest import Api, Caller
from tests.support.sockets import ClosedError, Event, Socket, event_stream, socket

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
STREAMING = "/api/v1/streaming"


def token(who: Caller) -> str:
    return who.http.headers["Authorization"].removeprefix("Bearer ")


def bearer(who: Caller) -> dict[str, str]:
    return {"Authorization": who.http.headers["Authorization"]}


async def listening(stack: AsyncExitStack, api: Api, who: Caller, *streams: dict[str, str]) -> Socket:
    """A socket of a member that has asked for some streams."""
    opened = await stack.enter_async_context(socket(api.instance, STREAMING, bearer(who)))
    for stream in streams:
        await opened.say(type="subscribe", **stream)
    await asyncio.sleep(0.1)  # the messages are read by the time that something happens
    return opened


async def befriend(one: Caller, other: Caller) -> None:
    await one.post(f"/api/v1/accounts/{other.id}/follow")


def of(events: list[Event]) -> set[tuple[str, str, str]]:
    """Stream, kind and what it is about."""
    found = set()
    for stream, kind, payload in events:
        about = payload if kind == "delete" else payload["id"] if kind != "notification" else payload["type"]
        found.add((stream[0], kind, str(about)))
    return found


async def test_home_hears_of_a_post_its_edit_and_its_end(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    await befriend(ben, ana)
    async with AsyncExitStack() as stack:
        ben_hears = await listening(stack, api, ben, {"stream": "user"})
        own = await listening(stack, api, ana, {"stream": "user"})
        cleo_hears = await listening(stack, api, cleo, {"stream": "user"}, {"stream": "public"})
        said = await ana.say("for my colleagues", visibility="private")
        for hears in (ben_hears, own):
            stream, kind, payload = await hears.event()
            if kind == "notification":  # of the follow, which was a moment ago
                stream, kind, payload = await hears.event()
            assert (stream, kind, payload["id"]) == (["user"], "update", said["id"])
            assert payload["content"] == said["content"]
            assert payload["visibility"] == "private"
        await ana.ask("PUT", f"/api/v1/statuses/{said['id']}", data={"status": "for my dear colleagues"})
        _, kind, payload = await ben_hears.event()
        assert (kind, payload["content"]) == ("status.update", "<p>for my dear colleagues</p>")
        assert payload["edited_at"]
        await ana.ask("DELETE", f"/api/v1/statuses/{said['id']}")
        assert await ben_hears.event() == (["user"], "delete", int(said["id"]))
        assert await cleo_hears.silent()


async def test_many_streams_on_one_socket(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await befriend(ben, ana)
    made = await ben.post("/api/v1/lists", title="ward")
    await ben.post(f"/api/v1/lists/{made['id']}/accounts", **{"account_ids[]": ana.id})
    async with AsyncExitStack() as stack:
        hears = await listening(
            stack,
            api,
            ben,
            {"stream": "user"},
            {"stream": "public"},
            {"stream": "public:local"},
            {"stream": "public:remote"},
            {"stream": "public:media"},
            {"stream": "hashtag", "tag": "Sepsis"},
            {"stream": "hashtag:local", "tag": "other"},
            {"stream": "list", "list": made["id"]},
        )
        said = await ana.say("about #sepsis", visibility="public")
        events = await hears.events(5)
        wanted = {"user", "public", "public:local", "hashtag", "list"}
        assert of(events) == {(stream, "update", said["id"]) for stream in wanted}
        assert ["hashtag", "sepsis"] in [stream for stream, _, _ in events]
        assert ["list", made["id"]] in [stream for stream, _, _ in events]
        assert await hears.silent()
        await ana.ask("DELETE", f"/api/v1/statuses/{said['id']}")
        ends = await hears.events(
            7
        )  # a deletion tells an id alone: which instance or media it had is not asked
        assert {tuple(stream) for stream, _, _ in ends if stream[0].startswith("hashtag")} == {
            ("hashtag", "sepsis")
        }
        assert await hears.silent()


async def test_a_stream_of_a_tag_hears_of_the_end_of_its_own_posts_alone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    async with AsyncExitStack() as stack:
        hears = await listening(
            stack, api, ben, {"stream": "hashtag", "tag": "Réa"}, {"stream": "hashtag:local", "tag": "réa"}
        )
        other = await ana.say("about #sepsis and réa", visibility="public")
        tagged = await ana.say("@ben about #RÉA", visibility="public")
        assert of(await hears.events(2)) == {
            (name, "update", tagged["id"]) for name in ("hashtag", "hashtag:local")
        }
        for post in (other, tagged):
            await ana.ask("DELETE", f"/api/v1/statuses/{post['id']}")
        ends = await hears.events(2)
        assert of(ends) == {(name, "delete", tagged["id"]) for name in ("hashtag", "hashtag:local")}
        assert await hears.silent()


async def test_a_stream_that_is_unsubscribed_is_silent(api: Api) -> None:
    ana = await api.member("ana")
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, ana, {"stream": "user"}, {"stream": "public"})
        await hears.say(type="unsubscribe", stream="user")
        await asyncio.sleep(0.1)
        await ana.say("public", visibility="public")
        assert (await hears.event())[0] == ["public"]
        assert await hears.silent()


async def test_public_streams_hold_public_posts_alone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, ben, {"stream": "public"}, {"stream": "hashtag", "tag": "x"})
        for visibility in ("unlisted", "private", "direct"):
            await ana.say("hidden #x", visibility=visibility)
        assert await hears.silent()
        await befriend(ben, ana)
        await ben.post(f"/api/v1/accounts/{ana.id}/mute")
        await ana.say("muted #x", visibility="public")
        assert await hears.silent()


async def test_whom_one_blocks_hears_nothing(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await ana.post(f"/api/v1/accounts/{ben.id}/block")
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, ben, {"stream": "public"}, {"stream": "user"})
        said = await ana.say("public, and @ben", visibility="public")
        await ana.ask("DELETE", f"/api/v1/statuses/{said['id']}")
        assert await hears.silent()


async def test_notifications_and_conversations(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    async with AsyncExitStack() as stack:
        hears = await listening(
            stack, api, ben, {"stream": "user"}, {"stream": "user:notification"}, {"stream": "direct"}
        )
        other = await listening(stack, api, cleo, {"stream": "user"}, {"stream": "direct"})
        said = await ana.say("hello @ben", visibility="direct")
        events = await hears.events(3)
        kinds = sorted((stream[0], kind) for stream, kind, _ in events)
        assert kinds == [
            ("direct", "conversation"),
            ("user", "notification"),
            ("user:notification", "notification"),
        ]
        told = {stream[0]: payload for stream, _, payload in events}
        assert told["user"]["type"] == "mention"
        assert told["user"]["status"]["id"] == said["id"]
        assert told["user"]["account"]["id"] == ana.id
        assert told["direct"]["unread"] is True
        assert told["direct"]["last_status"]["id"] == said["id"]
        assert await other.silent()


async def test_a_token_hears_what_its_scopes_cover(api: Api) -> None:
    ana = await api.member("ana")
    reader = await api.member("ben", "read:statuses")
    bell = await api.member("cleo", "read:notifications")
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, reader, {"stream": "user"})
        await ana.say("@ben @cleo", visibility="public")
        assert await hears.silent()  # a notification, which its token does not cover
        await hears.say(type="subscribe", stream="user:notification")
        # the silence above took nothing from the queue
        assert (await hears.hear())["status"] == 403
        rung = await listening(stack, api, bell, {"stream": "user:notification"})
        await ana.say("@cleo again", visibility="public")
        assert (await rung.event())[1] == "notification"
        await rung.say(type="subscribe", stream="user")
        assert (await rung.hear())["status"] == 403


async def test_filters(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await befriend(ben, ana)
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, ben, {"stream": "user"})
        await ben.post(
            "/api/v2/filters",
            **{"title": "x", "context[]": "home", "keywords_attributes[0][keyword]": "sepsis"},
        )
        stream, kind, payload = await hears.event()
        assert (stream, kind, payload) == (["user"], "filters_changed", None)
        while (event := await hears.event())[1] == "filters_changed":
            await ana.say("about sepsis", visibility="private")
        assert event[2]["filtered"][0]["keyword_matches"] == ["sepsis"]


@pytest.mark.parametrize("way", ["header", "query", "subprotocol"])
async def test_the_token_comes_in_three_ways(api: Api, way: str) -> None:
    ana = await api.member("ana")
    headers = bearer(ana) if way == "header" else {}
    url = f"{STREAMING}/?stream=user" + (f"&access_token={quote(token(ana))}" if way == "query" else "")
    offered = [token(ana)] if way == "subprotocol" else []
    async with socket(api.instance, url, headers, offered) as hears:
        assert hears.subprotocol == (offered[0] if offered else None)
        said = await ana.say("hello", visibility="private")
        assert (await hears.event())[2]["id"] == said["id"]


async def test_nobody_opens_a_stream_without_a_valid_token(api: Api) -> None:
    ana = await api.member("ana")
    stranger = await api.member("ben", "write:statuses")
    mine = await ana.post("/api/v1/lists", title="mine")
    other = await api.member("cleo")
    for url, headers, status in (
        (STREAMING, {}, 401),
        (f"{STREAMING}?access_token=nonsense", {}, 401),
        (STREAMING, {"Authorization": "Bearer nonsense"}, 401),
        (STREAMING, bearer(stranger), 403),
        (f"{STREAMING}?stream=nothing", bearer(ana), 400),
        (f"{STREAMING}?stream=hashtag", bearer(ana), 400),
        (f"{STREAMING}?stream=list&list={mine['id']}", bearer(other), 404),
        ("/api/v1/timelines/home", bearer(ana), 404),
        ("/nowhere", bearer(ana), 404),
    ):
        with pytest.raises(ClosedError) as refused:
            async with socket(api.instance, url, headers):
                pass
        assert refused.value.code == status, url
    for path in ("user", "public", "direct"):
        with pytest.raises(ClosedError) as refused:
            async with event_stream(api.instance, f"{STREAMING}/{path}"):
                pass
        assert refused.value.code == 401
    # elsewhere a token in the address is nobody's
    assert (
        await api.visitor.answer("GET", f"/api/v1/timelines/home?access_token={token(ana)}")
    ).status_code == 401


async def test_rubbish_on_a_socket_is_answered_and_does_not_end_it(api: Api) -> None:
    ana = await api.member("ana")
    async with socket(api.instance, STREAMING, bearer(ana)) as hears:
        for text in ("{", "[]", "null", '{"type":"subscribe"}', '{"type":"x","stream":"user"}', "x" * 5000):
            await hears.say_text(text)
            assert (await hears.hear())["status"] == 400
        for wrong in ({"stream": "hashtag"}, {"stream": "list", "list": "a"}, {"stream": "list", "list": -1}):
            await hears.say(type="subscribe", **wrong)
            assert (await hears.hear())["status"] == 400
        await hears.say(type="subscribe", stream="user")
        await asyncio.sleep(0.1)
        await ana.say("still here", visibility="private")
        assert (await hears.event())[1] == "update"


async def test_server_sent_events(api: Api) -> None:
    ana = await api.member("ana")
    for path in ("/user", "?stream=user", f"/user?access_token={quote(token(ana))}"):
        headers = {} if "access_token" in path else bearer(ana)
        async with event_stream(api.instance, STREAMING + path, headers) as chunks:
            assert await asyncio.wait_for(chunks.get(), 5) == ":thump\n\n"
            said = await ana.say("hello", visibility="private")
            chunk = await asyncio.wait_for(chunks.get(), 5)
            assert chunk.startswith("event: update\ndata: {")
            assert chunk.endswith("}\n\n")
            assert said["id"] in chunk
            await ana.ask("DELETE", f"/api/v1/statuses/{said['id']}")
            assert await asyncio.wait_for(chunks.get(), 5) == f"event: delete\ndata: {said['id']}\n\n"
    assert (await api.visitor.http.get(f"{STREAMING}/health")).text == "OK"


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.mastodon.streaming.broadcast.BEAT_SECONDS", 0.1)


async def test_a_silent_stream_shows_that_it_lives(beating: None, api: Api) -> None:
    ana = await api.member("ana")
    async with event_stream(api.instance, f"{STREAMING}/user", bearer(ana)) as chunks:
        assert [await asyncio.wait_for(chunks.get(), 5) for _ in range(3)] == 3 * [":thump\n\n"]


def _suspend(unit: Unit, name: str) -> None:
    accounts.suspend(unit, "command", accounts.get_local(unit, name))


def _revoke(unit: Unit, text: str) -> None:
    assert tokens.revoke(unit, "command", token=text) == 1


@pytest.mark.parametrize("how", ["revoked", "suspended"])
async def test_who_may_no_longer_listen_is_cut_off_at_once(api: Api, how: str) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    async with AsyncExitStack() as stack:
        hers = await listening(stack, api, ana, {"stream": "user"})
        his = await listening(stack, api, ben, {"stream": "user"})
        chunks = await stack.enter_async_context(event_stream(api.instance, f"{STREAMING}/user", bearer(ana)))
        await chunks.get()
        if how == "revoked":
            await api.instance.database.write(_revoke, token(ana))
        else:
            await api.instance.database.write(_suspend, "ana")
        with pytest.raises(ClosedError) as closed:
            async with asyncio.timeout(1):
                await hers.hear()
        assert closed.value.code == 1008
        async with asyncio.timeout(1):
            assert await chunks.get() == ""
        await ben.say("still here", visibility="private")
        assert (await his.event())[1] == "update"
        assert len(api.instance.house.hub) == 1


def _other_app(unit: Unit, account_id: int) -> str:
    app, _ = apps.register(unit, "Other", None, ["app://back"], "read")
    user = accounts.owner(unit, accounts.get(unit, account_id))
    assert user is not None
    return tokens.mint(unit, app, ("read",), user_id=user.id, account_id=account_id).text


def _block(unit: Unit, app_id: int) -> None:
    apps.block(unit, "command", app_id)


async def test_streams_of_a_blocked_app_are_cut_off_and_no_others(api: Api) -> None:
    ana = await api.member("ana")
    written = await api.instance.database.write(_other_app, int(ana.id))
    principal = await api.instance.database.read(tokens.believe, token(ana))
    assert principal is not None
    async with AsyncExitStack() as stack:
        hers = await listening(stack, api, ana, {"stream": "user"})
        others = {"Authorization": f"Bearer {written}"}
        other = await stack.enter_async_context(socket(api.instance, f"{STREAMING}?stream=user", others))
        await api.instance.database.write(_block, principal.app_id)
        with pytest.raises(ClosedError) as closed:
            async with asyncio.timeout(1):
                await hers.hear()
        assert closed.value.code == 1008
        with pytest.raises(ClosedError) as closed:
            async with socket(api.instance, STREAMING, bearer(ana)):
                pass
        assert closed.value.code == 403
        await api.instance.database.write(lambda unit: apps.unblock(unit, "command", principal.app_id))
        await ana.say("back", visibility="private")
        assert (await other.event())[1] == "update"


async def test_a_reader_who_does_not_keep_up_is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.pubsub.hub.MOST_WAITING", 3)
    ana = await api.member("ana")
    hub = api.instance.house.hub
    async with AsyncExitStack() as stack:
        opened = await listening(stack, api, ana, {"stream": "user"})
        (stream,) = hub.all()
        told: Any = object()
        for _ in range(4):  # at once, before any can be sent
            stream.push(told)
        with pytest.raises(ClosedError):
            await opened.hear()
        assert len(hub) == 0


async def test_boosts_come_home_and_end(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    await befriend(cleo, ben)
    said = await ana.say("worth reading", visibility="public")
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, cleo, {"stream": "user"})
        boost = await ben.post(f"/api/v1/statuses/{said['id']}/reblog")
        _, kind, payload = await hears.event()
        assert (kind, payload["id"], payload["reblog"]["id"]) == ("update", boost["id"], said["id"])
        await ben.post(f"/api/v1/statuses/{said['id']}/unreblog")
        assert (await hears.event())[1:] == ("delete", int(boost["id"]))


async def test_a_groups_post_comes_to_its_list_and_home_and_its_removal_as_a_deletion(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    group = await api.instance.database.write(_group_of, "ana", "ben")
    streams = ({"stream": "list", "list": str(group)}, {"stream": "user"})
    async with AsyncExitStack() as stack:
        hears = await listening(stack, api, ben, *streams)
        outside = await listening(stack, api, cleo, *streams)
        assert (await outside.hear())["status"] == 404, "for who is no member there is no such list"
        said = await ana.say("@cardio a question", visibility="private")
        came = {one[0][0]: one for one in await _next(hears, "update", 2)}
        assert came["list"][0] == ["list", str(group)]
        assert came["list"][2]["id"] == said["id"]
        shared = came["user"][2]
        assert (shared["reblog"] or shared)["id"] == said["id"], shared
        await api.instance.database.write(_remove, group, "ana", int(said["id"]))
        told = await _next(hears, "delete", 4)  # the post, and what the group shared of it
        assert of(told) == {
            (name, "delete", about) for name in ("list", "user") for about in (said["id"], shared["id"])
        }
        assert await outside.silent()


async def _next(hears: Socket, kind: str, number: int) -> list[Event]:
    """The next of a kind; the group's own messages to a member come between them."""
    found: list[Event] = []
    while len(found) < number:
        event = await hears.event()
        if event[1] == kind and (kind == "delete" or event[2]["visibility"] != "direct"):
            found.append(event)
    return found


def _group_of(unit: Unit, moderator: str, *names: str) -> int:
    """Of members whose profession was checked."""
    settings = groups.Settings(title="Cardio", listed=True)
    made = groups.create(unit, "command", "cardio", settings, None)
    for name in (moderator, *names):
        member = accounts.get_local(unit, name)
        claim = Claim("physician", ("cardiology",), "FR")
        verification.record(unit, "command", member, claim, Decision(2, Method.ADMINISTRATOR, "substantial"))
        groups.add(unit, "command", made, member)
    groups.set_role(unit, "command", made, accounts.get_local(unit, moderator), MembershipRole.MODERATOR)
    return made.id


def _remove(unit: Unit, group_id: int, moderator: str, post_id: int) -> None:
    by = accounts.get_local(unit, moderator)
    post = visible.visible_post(unit, Member(by.id), post_id)
    assert group_life.moderate(unit, accounts.get(unit, group_id), by, post, "remove")
