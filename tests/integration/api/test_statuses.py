"""Posting, reading, changing and deleting through the client API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.core.clock import SystemClock
from tests.integration.api.conftest import Api
from tests.support.api_answers import UNWRITTEN

pytestmark = pytest.mark.anyio
S = "/api/v1/statuses"


def test_every_route_has_a_described_answer() -> None:
    assert not UNWRITTEN


async def test_a_status_is_posted_shown_and_read_at_home(api: Api) -> None:
    ana = await api.member("ana")
    made = await ana.say("first #anaesthesia\n\nline two <b>not html</b>", visibility="public", language="en")
    assert made["id"].isdigit()
    assert made["visibility"] == "public"
    assert "<p>" in made["content"]
    assert "<b>" not in made["content"]
    assert [tag["name"] for tag in made["tags"]] == ["anaesthesia"]
    assert made["created_at"].endswith("Z")
    assert made["account"]["acct"] == "ana"
    assert made["application"]["name"] == "Command line"
    assert await ana.get(f"{S}/{made['id']}") == made
    home = await ana.answer("GET", "/api/v1/timelines/home")
    assert [one["id"] for one in home.json()] == [made["id"]]
    assert f'<https://med.test/api/v1/timelines/home?max_id={made["id"]}>; rel="next"' in home.headers["link"]


async def test_bodies_mean_the_same_in_all_three_forms(api: Api) -> None:
    ana = await api.member("ana")
    form = await ana.ask("POST", S, data={"status": "one", "sensitive": "true", "visibility": "unlisted"})
    json = await ana.ask("POST", S, json={"status": "two", "sensitive": "true", "visibility": "unlisted"})
    files = {"status": (None, "three"), "sensitive": (None, "1"), "visibility": (None, "unlisted")}
    multipart = await ana.ask("POST", S, files=files)
    assert [(one["sensitive"], one["visibility"]) for one in (form, json, multipart)] == [
        (True, "unlisted")
    ] * 3


async def test_the_same_idempotency_key_gives_the_first_status(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    headers = {"Idempotency-Key": "k1"}
    first = await ana.ask("POST", S, data={"status": "once"}, headers=headers)
    again = await ana.ask("POST", S, data={"status": "once"}, headers=headers)
    other = await ben.ask("POST", S, data={"status": "once"}, headers=headers)
    assert again["id"] == first["id"]
    assert other["id"] != first["id"]


IMPOSSIBLE = [
    {"status": ""},
    {"status": "x", "visibility": "local"},
    {"status": "x" * 5001},
    {"status": "x", "in_reply_to_id": "abc"},
    {"status": "x", "media_ids[]": "12345"},
    {"status": "x", "poll[options][]": "only one", "poll[expires_in]": "600"},
    {"status": "x", "scheduled_at": "2099-01-01T00:00:00Z"},
]


async def test_a_status_that_cannot_be_is_refused_and_nothing_is_stored(api: Api) -> None:
    ana = await api.member("ana")
    for fields in IMPOSSIBLE:
        await ana.ask("POST", S, 422, data=fields)
    assert await ana.get("/api/v1/timelines/home") == []


async def test_what_a_reader_may_not_see_does_not_exist_for_them(api: Api) -> None:
    ana, ben, eve = [await api.member(name) for name in ("ana", "ben", "eve")]
    await ben.post(f"/api/v1/accounts/{ana.id}/follow")
    private = await ana.say("for followers", visibility="private")
    direct = await ana.say("@ben only you", visibility="direct")
    for made in (private, direct):
        assert (await ben.get(f"{S}/{made['id']}"))["id"] == made["id"]
        missing = await eve.ask("GET", f"{S}/{made['id']}", 404)
        assert missing == await eve.ask("GET", f"{S}/1", 404) == {"error": "Record not found"}
        await api.visitor.ask("GET", f"{S}/{made['id']}", 404)
        for verb in ("favourite", "bookmark", "reblog", "mute"):
            await eve.post(f"{S}/{made['id']}/{verb}", 404)
        for noun in ("context", "history", "favourited_by", "reblogged_by", "source"):
            await eve.get(f"{S}/{made['id']}/{noun}", 404)
        await eve.ask("PUT", f"{S}/{made['id']}", 404, data={"status": "mine"})
        await eve.ask("DELETE", f"{S}/{made['id']}", 404)
    assert (await eve.get(f"/api/v1/accounts/{ana.id}/statuses")) == []


async def test_an_edit_keeps_its_history_and_its_source(api: Api) -> None:
    ana = await api.member("ana")
    made = await ana.say("before", spoiler_text="cw")
    edited = await ana.ask("PUT", f"{S}/{made['id']}", data={"status": "after", "spoiler_text": "cw 2"})
    assert "after" in edited["content"]
    assert edited["edited_at"] is not None
    history = await ana.get(f"{S}/{made['id']}/history")
    assert [one["spoiler_text"] for one in history] == ["cw", "cw 2"]
    assert await ana.get(f"{S}/{made['id']}/source") == {
        "id": made["id"],
        "text": "after",
        "spoiler_text": "cw 2",
    }
    assert (await ana.get(f"{S}/{made['id']}"))["content"] == edited["content"]


async def test_a_deleted_status_answers_its_text_and_is_gone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("to be redrafted", visibility="public")
    await ben.ask("DELETE", f"{S}/{made['id']}", 404)
    gone = await ana.ask("DELETE", f"{S}/{made['id']}")
    assert gone["text"] == "to be redrafted"
    await ana.ask("GET", f"{S}/{made['id']}", 404)


async def test_a_post_that_names_others_than_the_app_listed_is_refused(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    text = "@ben and @cleo, look"
    due = (SystemClock().now() + timedelta(hours=1)).isoformat()
    for more in ({}, {"scheduled_at": due}):
        refused = await ana.ask("POST", S, 422, json={"status": text, "allowed_mentions": [ben.id], **more})
        assert [one["id"] for one in refused["unexpected_accounts"]] == [cleo.id]
        assert refused["error"]
    nobody = await ana.ask("POST", S, 422, data={"status": text, "allowed_mentions[]": ""})
    assert [one["id"] for one in nobody["unexpected_accounts"]] == [ben.id, cleo.id]
    assert await ana.get(f"/api/v1/accounts/{ana.id}/statuses") == []
    assert await ana.get("/api/v1/scheduled_statuses") == []
    listed = {"status": text, "allowed_mentions[]": [cleo.id, ben.id, ana.id]}
    made = await ana.ask("POST", S, data=listed)
    assert [one["id"] for one in made["mentions"]] == [ben.id, cleo.id]
    assert (await ana.ask("POST", S, json={"status": "to nobody", "allowed_mentions": []}))["mentions"] == []


async def test_a_thread_shows_what_is_above_and_below(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    root = await ana.say("root", visibility="public")
    reply = await ben.say("reply", in_reply_to_id=root["id"], visibility="public")
    leaf = await ana.say("leaf", in_reply_to_id=reply["id"], visibility="public")
    context = await ben.get(f"{S}/{reply['id']}/context")
    assert [one["id"] for one in context["ancestors"]] == [root["id"]]
    assert [one["id"] for one in context["descendants"]] == [leaf["id"]]
    assert reply["in_reply_to_account_id"] == ana.id
    assert (await ana.get(f"{S}/{root['id']}"))["replies_count"] == 1


async def test_marks_are_the_readers_own(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("mark me", visibility="public")
    for verb, mark in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("mute", "muted")):
        assert (await ben.post(f"{S}/{made['id']}/{verb}"))[mark] is True
        assert (await ben.post(f"{S}/{made['id']}/{verb}"))[mark] is True
        assert (await ana.get(f"{S}/{made['id']}"))[mark] is False
        assert (await ben.post(f"{S}/{made['id']}/un{verb}"))[mark] is False
    await ben.post(f"{S}/{made['id']}/favourite")
    assert (await ana.get(f"{S}/{made['id']}"))["favourites_count"] == 1
    assert [one["id"] for one in await ana.get(f"{S}/{made['id']}/favourited_by")] == [ben.id]
    assert [one["id"] for one in await ben.get("/api/v1/favourites")] == [made["id"]]
    assert (await ana.post(f"{S}/{made['id']}/pin"))["pinned"] is True
    pinned = await ben.get(f"/api/v1/accounts/{ana.id}/statuses", pinned="true")
    assert [one["id"] for one in pinned] == [made["id"]]
    await ben.post(f"{S}/{made['id']}/pin", 422)


async def test_a_boost_answers_the_wrapper_and_its_end_the_original(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("boost me", visibility="public")
    wrapper = await ben.post(f"{S}/{made['id']}/reblog")
    assert wrapper["reblog"]["id"] == made["id"] != wrapper["id"]
    assert wrapper["reblogged"] is wrapper["reblog"]["reblogged"] is True
    assert (await ana.get(f"{S}/{made['id']}"))["reblogs_count"] == 1
    back = await ben.post(f"{S}/{made['id']}/unreblog")
    assert (back["id"], back["reblogged"], back["reblogs_count"]) == (made["id"], False, 0)
    wrapper = await ben.post(f"{S}/{made['id']}/reblog")
    await ana.ask("DELETE", f"{S}/{wrapper['id']}", 404)
    gone = await ben.ask("DELETE", f"{S}/{wrapper['id']}")  # as apps do that know a boost by its own id
    assert (gone["id"], gone["reblog"]["id"]) == (wrapper["id"], made["id"])
    assert (await ben.get(f"{S}/{made['id']}"))["reblogged"] is False
    private = await ana.say("not for boosting", visibility="direct")
    await ben.post(f"{S}/{private['id']}/reblog", 404)


async def test_a_poll_is_voted_in_once(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    body = {"status": "choose", "visibility": "public", "poll": {"options": ["a", "b"], "expires_in": "3600"}}
    poll = (await ana.ask("POST", S, json=body))["poll"]
    assert [option["title"] for option in poll["options"]] == ["a", "b"]
    voted = await ben.ask("POST", f"/api/v1/polls/{poll['id']}/votes", json={"choices": ["1"]})
    assert (voted["voted"], voted["own_votes"], voted["votes_count"]) == (True, [1], 1)
    await ben.ask("POST", f"/api/v1/polls/{poll['id']}/votes", 422, data={"choices[]": "0"})
    await ana.ask("POST", f"/api/v1/polls/{poll['id']}/votes", 422, data={"choices[]": "0"})
    seen = await ana.get(f"/api/v1/polls/{poll['id']}")
    assert (seen["own_votes"], seen["voters_count"], seen["expired"]) == ([], None, False)


async def test_further_choices_are_added_where_a_poll_takes_several(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    asks = {"options": ["a", "b", "c"], "expires_in": 3600, "multiple": True}
    poll = (await ana.ask("POST", S, json={"status": "choose", "visibility": "public", "poll": asks}))["poll"]
    votes = f"/api/v1/polls/{poll['id']}/votes"
    await ben.ask("POST", votes, json={"choices": [1]})
    await ben.ask("POST", votes, 422, json={"choices": [1]})
    both = await ben.ask("POST", votes, json={"choices": [0, 1]})
    assert (both["own_votes"], both["votes_count"], both["voters_count"]) == ([0, 1], 2, 1)
    assert [option["votes_count"] for option in both["options"]] == [1, 1, 0]
    await ben.ask("POST", votes, 422, json={"choices": [3]})
