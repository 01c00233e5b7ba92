"""A group, asked of by an app of whoever may not see it, or not any more: each answer is the one for what never was."""

from __future__ import annotations

import pytest

from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipState
from server.domain.posts import Standing
from server.services import accounts, groups, incidents
from server.services.groups import Settings
from server.services.groups import standing as standings
from server.services.posts import visible
from server.store import posts as post_rows
from server.store.session import Unit
from tests.integration.api.conftest import Api, Caller
from tests.integration.api.test_scheduled import SCHEDULED, come, later, told

pytestmark = pytest.mark.anyio

NAME = "zwetschge"


def _group(unit: Unit, members: list[str], access: GroupAccess) -> Account:
    made = groups.create(unit, "command", NAME, Settings(title=NAME.capitalize(), access=access))
    for one in members:
        standings.settle(unit, made, accounts.get(unit, int(one)), MembershipState.ACTIVE)
    return made


def _settle(unit: Unit, group: Account, member: str, state: MembershipState) -> None:
    standings.settle(unit, group, accounts.get(unit, int(member)), state)


async def group_of(api: Api, *members: Caller, access: GroupAccess = GroupAccess.CLOSED) -> Account:
    return await api.instance.database.write(_group, [one.id for one in members], access)


async def test_what_was_hidden_does_not_come_back_by_sending_it_again(api: Api) -> None:
    anna, ben = await api.member("anna"), await api.member("ben")
    await group_of(api, anna, ben)
    sent = {"data": {"status": f"@{NAME} numbatword"}, "headers": {"Idempotency-Key": "one"}}
    first = await anna.ask("POST", "/api/v1/statuses", **sent)
    assert await anna.ask("POST", "/api/v1/statuses", **sent) == first

    def hide(unit: Unit) -> None:
        post = visible.find(unit, int(first["id"]))
        assert post is not None
        incidents.report(unit, accounts.get(unit, int(ben.id)), post)

    await api.instance.database.write(hide)
    again = await anna.answer("POST", "/api/v1/statuses", **sent)
    never = await anna.answer("GET", "/api/v1/statuses/1")
    assert (again.status_code, again.content) == (404, never.content)
    assert await anna.get("/api/v1/timelines/home") == []


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.HELD, Standing.REFUSED])
async def test_its_author_takes_back_what_the_group_did_not_publish(api: Api, standing: Standing) -> None:
    anna = await api.member("anna")
    await group_of(api, anna)
    said = await anna.say(f"@{NAME} numbatword")

    def stand(unit: Unit) -> None:
        post_rows.change(unit, int(said["id"]), {"standing": standing.value})

    await api.instance.database.write(stand)
    gone = await anna.ask("DELETE", f"/api/v1/statuses/{said['id']}")
    assert (gone["id"], gone["text"]) == (said["id"], f"@{NAME} numbatword")
    await anna.get(f"/api/v1/statuses/{said['id']}", 404)


async def test_a_secret_group_is_reported_like_nobody(api: Api) -> None:
    anna, ben = await api.member("anna"), await api.member("ben")
    group = await group_of(api, anna, access=GroupAccess.SECRET)
    told = [
        await ben.answer("POST", "/api/v1/reports", data={"account_id": one, "comment": "x"})
        for one in (str(group.id), "1")
    ]
    assert [one.status_code for one in told] == [404, 404]
    assert told[0].content == told[1].content
    made = await anna.post("/api/v1/reports", account_id=str(group.id), comment="x")
    assert made["target_account"]["id"] == str(group.id)


async def test_what_is_not_seen_any_more_is_not_counted(api: Api) -> None:
    anna, ben = await api.member("anna"), await api.member("ben")
    group = await group_of(api, anna, ben)
    await anna.say(f"@{NAME} @ben numbatword")
    counts = [f"/api/{version}/notifications/unread_count" for version in ("v1", "v2")]
    assert [await ben.get(one) for one in counts] == [{"count": 1}] * 2
    await api.instance.database.write(_settle, group, ben.id, MembershipState.REMOVED)
    assert [await ben.get(one) for one in counts] == [{"count": 0}] * 2
    assert await ben.get("/api/v1/notifications") == []


async def test_what_was_scheduled_for_a_group_that_one_is_out_of_stays_unsaid(api: Api) -> None:
    """Its author alone finds it, among what is scheduled; the message about it holds none of it."""
    anna, ben = await api.member("anna"), await api.member("ben")
    group = await group_of(api, anna, ben)
    made = await anna.say(f"@{NAME} numbatword", scheduled_at=later())
    await api.instance.database.write(_settle, group, anna.id, MembershipState.REMOVED)
    await come(api, made)
    await told(api, anna)
    (talk,) = await anna.get("/api/v1/conversations")
    assert "numbatword" not in talk["last_status"]["content"]
    assert [one["id"] for one in await anna.get(SCHEDULED)] == [made["id"]]
    assert await ben.get("/api/v1/timelines/home") == []
