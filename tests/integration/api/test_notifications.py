"""Notifications shown as one, the policy of who is heard, and the requests of those who wait."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.domain.notifications import POLICY_FIELDS, NotificationKind
from server.services import accounts, notifications
from server.services.posts import visible
from server.web.kit.unit import Unit
from tests.integration.api.conftest import Api, Caller, remote

pytestmark = pytest.mark.anyio
ONE = "/api/v1/notifications"
GROUPS = "/api/v2/notifications"
POLICY = f"{GROUPS}/policy"
REQUESTS = f"{ONE}/requests"


def keys(answer: dict[str, Any]) -> list[str]:
    return [one["group_key"] for one in answer["notification_groups"]]


async def walk(who: Caller, **params: Any) -> list[list[str]]:
    """The groups of all pages, by following the Link header."""
    found: list[list[str]] = []
    url: str | None = GROUPS
    while url:
        answer = await who.answer("GET", url, params=params if url == GROUPS else None)
        found += [keys(answer.json())]
        match = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = match[1] if match else None
    return found


async def liked(api: Api) -> tuple[Caller, list[Caller], list[dict[str, Any]]]:
    """A member whose two statuses three others like and boost, in turns, with words in between."""
    ana = await api.member("ana")
    said = [await ana.say(f"number {n}", visibility="public") for n in range(2)]
    others = [await api.member(name) for name in ("ben", "cleo", "dan")]
    for one in others:
        for status in said:
            await one.post(f"/api/v1/statuses/{status['id']}/favourite")
        await one.say("@ana hello", visibility="public")
        await one.post(f"/api/v1/statuses/{said[0]['id']}/reblog")
    return ana, others, said


async def test_what_belongs_together_is_shown_as_one(api: Api) -> None:
    ana, others, said = await liked(api)
    whole = await ana.get(GROUPS)
    shown = [(one["type"], one["notifications_count"]) for one in whole["notification_groups"]]
    assert shown == [
        ("reblog", 3),
        ("mention", 1),
        ("favourite", 3),
        ("favourite", 3),
        ("mention", 1),
        ("mention", 1),
    ]
    reblogs = whole["notification_groups"][0]
    assert reblogs["sample_account_ids"] == [one.id for one in reversed(others)]
    assert reblogs["status_id"] == said[0]["id"]
    assert reblogs["most_recent_notification_id"] == reblogs["page_max_id"] > reblogs["page_min_id"]
    assert {one["id"] for one in whole["accounts"]} == {one.id for one in others}
    assert {one["id"] for one in whole["statuses"]} >= {one["id"] for one in said}
    single = await ana.get(ONE)
    assert len(single) == 12
    assert {one["group_key"] for one in single} == set(keys(whole))
    apart = await ana.get(GROUPS, **{"grouped_types[]": "reblog"})
    assert len(apart["notification_groups"]) == 10


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 80])
async def test_pages_of_groups_meet_each_group_once(api: Api, limit: int) -> None:
    ana, _, _ = await liked(api)
    pages = await walk(ana, limit=limit)
    met = [key for page in pages for key in page]
    assert met == keys(await ana.get(GROUPS))
    assert all(len(page) <= limit for page in pages)


async def test_groups_above_a_bound_and_of_some_kinds(api: Api) -> None:
    ana, _, _ = await liked(api)
    single = await ana.get(ONE)
    newest = await ana.get(GROUPS, since_id=single[2]["id"])
    assert keys(newest) == list(dict.fromkeys(one["group_key"] for one in single[:2]))
    above = await ana.get(GROUPS, min_id=single[-1]["id"], limit=2)
    assert keys(above) == [single[-3]["group_key"], single[-2]["group_key"]]
    only = await ana.get(GROUPS, **{"types[]": "mention"})
    assert {one["type"] for one in only["notification_groups"]} == {"mention"}
    without = await ana.get(GROUPS, **{"exclude_types[]": ["mention", "reblog"]})
    assert len(without["notification_groups"]) == 2
    assert await ana.get(f"{GROUPS}/unread_count") == {"count": 6}
    await ana.ask("POST", "/api/v1/markers", json={"notifications": {"last_read_id": single[2]["id"]}})
    assert await ana.get(f"{GROUPS}/unread_count") == {"count": 2}


async def test_a_group_has_an_address_people_and_an_end(api: Api) -> None:
    ana, others, _ = await liked(api)
    whole = await ana.get(GROUPS)
    key = keys(whole)[0]
    assert keys(await ana.get(f"{GROUPS}/{key}")) == [key]
    people = await ana.get(f"{GROUPS}/{key}/accounts")
    assert [one["id"] for one in people] == [one.id for one in reversed(others)]
    await others[0].get(f"{GROUPS}/{key}", 404)
    await others[0].post(f"{GROUPS}/{key}/dismiss", 404)
    mention = keys(whole)[1]
    assert keys(await ana.get(f"{GROUPS}/{mention}")) == [mention]
    await ana.post(f"{GROUPS}/{key}/dismiss")
    await ana.post(f"{GROUPS}/{mention}/dismiss")
    assert keys(await ana.get(GROUPS)) == keys(whole)[2:]
    junk = (
        "x",
        "ungrouped-",
        "ungrouped-9999999999999999999",
        "favourite-1-1",
        "follow-999999999",
        "follow-1-2",
    )
    for name in junk:
        await ana.get(f"{GROUPS}/{name}", 404)


async def test_a_policy_lets_strangers_wait(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    policy = await ana.get(POLICY)
    assert {policy[f"for_{name}"] for name in POLICY_FIELDS} == {"accept"}
    changed = await ana.ask("PATCH", POLICY, json={"for_not_following": "filter"})
    assert changed["for_not_following"] == "filter"
    await ana.ask("PATCH", POLICY, 422, json={"for_new_accounts": "burn"})
    await ana.post(f"/api/v1/accounts/{cleo.id}/follow")
    first = await ben.say("@ana one", visibility="public")
    second = await ben.say("@ana two", visibility="public")
    known = await cleo.say("@ana three", visibility="public")
    assert [one["status"]["id"] for one in await ana.get(ONE)] == [known["id"]]
    assert len((await ana.get(GROUPS))["notification_groups"]) == 1
    assert await ana.get(f"{ONE}/unread_count") == {"count": 1}
    both = await ana.get(ONE, include_filtered="true", account_id=ben.id)
    assert [one["status"]["id"] for one in both] == [second["id"], first["id"]]
    asking = await ana.get(REQUESTS)
    assert [(one["account"]["id"], one["notifications_count"]) for one in asking] == [(ben.id, "2")]
    assert asking[0]["last_status"]["id"] == second["id"]
    assert (await ana.get(POLICY))["summary"] == {
        "pending_requests_count": 1,
        "pending_notifications_count": 2,
    }
    url = f"{REQUESTS}/{asking[0]['id']}"
    assert await ana.get(url) == asking[0]
    await ben.get(url, 404)
    await ben.post(f"{url}/accept", 404)
    await ana.post(f"{url}/accept")
    assert len(await ana.get(ONE)) == 3
    assert await ana.get(REQUESTS) == []
    await ben.say("@ana four", visibility="public")
    assert len(await ana.get(ONE)) == 4
    assert await ana.get(f"{REQUESTS}/merged") == {"merged": True}


async def test_requests_are_dismissed_and_notifications_dropped(api: Api) -> None:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    await ana.ask("PUT", POLICY, json={"for_private_mentions": "filter"})
    for one in (ben, cleo):
        await one.say("@ana psst", visibility="direct")
        await one.say("@ana hello", visibility="public")
    assert len(await ana.get(ONE)) == 2
    asking = await ana.get(REQUESTS, limit=1)
    assert [one["account"]["id"] for one in asking] == [cleo.id]
    more = await ana.get(REQUESTS, max_id=asking[0]["id"])
    assert [one["account"]["id"] for one in more] == [ben.id]
    ids = [asking[0]["id"], more[0]["id"]]
    await ana.post(f"{REQUESTS}/dismiss", 404, **{"id[]": [*ids, "1"]})
    await ana.post(f"{REQUESTS}/dismiss", **{"id[]": ids})
    assert await ana.get(REQUESTS) == []
    assert len(await ana.get(ONE, include_filtered="true")) == 2
    mine = await ana.say("@ben what?", visibility="direct")
    await ben.say("@ana an answer", visibility="direct", in_reply_to_id=mine["id"])
    assert len(await ana.get(ONE)) == 3
    await ana.ask("PATCH", POLICY, json={"for_not_followers": "drop"})
    await cleo.say("@ana dropped", visibility="public")
    assert len(await ana.get(ONE, include_filtered="true")) == 3


def _mentioned(unit: Unit, reader_id: int, post_id: int, kind: str) -> int:
    far = remote(unit, f"far{kind.lower()}", "other.example")
    values = {"kind": kind} if kind == "Group" else {"limited_at": unit.now}
    accounts.rows.change(unit, far.id, values)
    post = visible.find(unit, post_id)
    return notifications.notify(unit, [reader_id], NotificationKind.MENTION, far.id, post)


async def test_groups_are_heard_and_the_limited_wait(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    said = [await ben.say(f"number {n}", visibility="public") for n in range(2)]
    everything = {f"for_{name}": "drop" for name in POLICY_FIELDS if name != "limited_accounts"}
    await ana.ask("PATCH", POLICY, json={"for_limited_accounts": "drop"})
    database = api.instance.database
    assert await database.write(_mentioned, int(ana.id), int(said[0]["id"]), "Person") == 0
    await ana.ask("PATCH", POLICY, json=everything)
    assert await database.write(_mentioned, int(ana.id), int(said[1]["id"]), "Group") == 1
