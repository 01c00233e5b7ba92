"""Statuses for later: kept, moved, cancelled, sent when their time has come, and kept where they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import anyio
import pytest

from server.core.clock import SystemClock
from server.core.errors import StorageFull
from server.core.metrics import Metrics
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipState
from server.jobs.maintenance import Maintenance
from server.jobs.unit import Units
from server.services import accounts, groups, scheduled_posts
from server.services.groups import standing
from server.store import scheduled_posts as rows
from server.store.session import Database
from server.web.kit.unit import Unit
from tests.integration.api.conftest import Api, Caller
from tests.integration.api.test_media import upload

pytestmark = pytest.mark.anyio
SCHEDULED = "/api/v1/scheduled_statuses"
STATUSES = "/api/v1/statuses"


def later(**ahead: float) -> str:
    return (SystemClock().now() + timedelta(**(ahead or {"hours": 2}))).isoformat()


def _due(unit: Unit, *ids: str) -> None:
    """Their time has come."""
    for one in ids:
        rows.change(unit, int(one), {"due_at": unit.now})


async def come(api: Api, *many: dict[str, Any]) -> None:
    database = api.instance.database
    await database.write(_due, *(one["id"] for one in many))
    upkeep = Maintenance(
        database,
        api.instance.house.context.clock,
        Metrics(),
        api.instance.house.context.settings.purge_register_path,
    )
    await upkeep.send_scheduled()


async def test_upkeep_that_fails_in_one_thing_does_the_others(api: Api) -> None:
    ana = await api.member("ana")
    made = await ana.say("later", scheduled_at=later())
    database, context = api.instance.database, api.instance.house.context
    await database.write(_due, made["id"])
    a_folder = context.settings.data_dir
    assert not await Maintenance(database, context.clock, Metrics(), a_folder).look()
    assert [one["content"] for one in await ana.get("/api/v1/timelines/home")] == ["<p>later</p>"]


class FullDisk:
    """Units on a disk that has no room for this moment; what was asked of them is kept."""

    def __init__(self, database: Database) -> None:
        self.read = database.read
        self.asked: list[str] = []

    async def write(self, fn: Callable[..., Any], *_: Any) -> Any:
        self.asked.append(fn.__name__)
        raise StorageFull


async def test_a_disk_that_is_full_for_a_moment_is_no_fault_of_the_post(api: Api) -> None:
    ana = await api.member("ana")
    made = await ana.say("later", scheduled_at=later())
    database, context = api.instance.database, api.instance.house.context
    await database.write(_due, made["id"])
    full = FullDisk(database)
    upkeep = Maintenance(cast("Units", full), context.clock, Metrics(), context.settings.purge_register_path)
    with pytest.raises(StorageFull):
        await upkeep.send_scheduled()
    assert full.asked == ["send"], "it is not noted as one that cannot be sent"
    await come(api, made)
    assert [one["content"] for one in await ana.get("/api/v1/timelines/home")] == ["<p>later</p>"]


async def test_a_status_waits_is_moved_and_cancelled(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("later", scheduled_at=later(), visibility="unlisted", spoiler_text="cw")
    assert (made["params"]["text"], made["params"]["visibility"]) == ("later", "unlisted")
    assert await ana.get("/api/v1/timelines/home") == []
    second = await ana.say("last", scheduled_at=later(days=2))
    assert await ana.get(SCHEDULED) == [second, made]
    assert await ana.get(SCHEDULED, max_id=second["id"]) == [made]
    assert await ben.get(SCHEDULED) == []
    url = f"{SCHEDULED}/{made['id']}"
    moved = await ana.ask("PUT", url, json={"scheduled_at": later(days=1)})
    assert moved["scheduled_at"] > made["scheduled_at"]
    for method in ("GET", "DELETE"):
        await ben.ask(method, url, 404)
    await ben.ask("PUT", url, 404, json={"scheduled_at": later()})
    for at in ("", "soon", later(minutes=1), later(days=400)):
        await ana.ask("PUT", url, 422, json={"scheduled_at": at})
    await ana.ask("DELETE", url)
    await ana.get(url, 404)


async def test_what_can_be_refused_at_once_is(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    hidden = await ben.say("mine", visibility="private")
    for fields in (
        {"status": "", "scheduled_at": later()},
        {"status": "x", "scheduled_at": later(minutes=-5)},
        {"status": "x", "scheduled_at": "tomorrow"},
        {"status": "x", "scheduled_at": later(), "poll[options][]": "one", "poll[expires_in]": "600"},
    ):
        await ana.ask("POST", STATUSES, 422, data=fields)
    answer = {"status": "x", "scheduled_at": later(), "in_reply_to_id": hidden["id"]}
    await ana.ask("POST", STATUSES, 404, data=answer)
    assert await ana.get(SCHEDULED) == []


def _group_of(unit: Unit, member_id: int) -> None:
    settings = groups.Settings(title="Cardiology", access=GroupAccess.CLOSED)
    group = groups.create(unit, "command", "cardio", settings)
    standing.settle(unit, group, accounts.get(unit, member_id), MembershipState.ACTIVE)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("@cardio call 01 45 81 42 50", {}),
        ("@ben NIR 2 69 05 49 588 157 80", {"visibility": "direct"}),
        ("@cardio and @ben, who is not in it", {}),
        ("@other as well as @cardio", {}),
    ],
)
async def test_what_may_not_be_said_is_not_kept_for_later_either(
    api: Api, text: str, more: dict[str, str]
) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await api.instance.database.write(_group_of, int(ana.id))
    await api.instance.database.write(_other_group)
    for who in (ana, ben):
        answer = await who.http.post(STATUSES, data={"status": text, "scheduled_at": later(), **more})
        now = await who.http.post(STATUSES, data={"status": text, **more})
        assert (answer.status_code, answer.json()["error"]) == (422, now.json()["error"])
        assert await who.get(SCHEDULED) == []
    allowed = await ana.say("@cardio A case", scheduled_at=later())
    assert [one["id"] for one in await ana.get(SCHEDULED)] == [allowed["id"]]
    assert await ana.get("/api/v1/timelines/home") == [], "nothing is said before its time"


def _other_group(unit: Unit) -> None:
    groups.create(unit, "command", "other", groups.Settings(title="Others", access=GroupAccess.CLOSED))


async def test_the_same_key_schedules_once(api: Api) -> None:
    ana = await api.member("ana")
    ask = {"headers": {"Idempotency-Key": "k"}, "data": {"status": "once", "scheduled_at": later()}}
    first = await ana.ask("POST", STATUSES, **ask)
    assert await ana.ask("POST", STATUSES, **ask) == first
    await ana.ask("DELETE", f"{SCHEDULED}/{first['id']}")
    await ana.ask("POST", STATUSES, 409, **ask)


async def test_it_is_sent_when_its_time_has_come(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await ben.post(f"/api/v1/accounts/{ana.id}/follow")
    picture = await upload(ana)
    parent = await ben.say("a question", visibility="public")
    made = await ana.say(
        "@ben with a picture",
        scheduled_at=later(),
        visibility="public",
        in_reply_to_id=parent["id"],
        **{"media_ids[]": picture["id"]},
    )
    assert [one["id"] for one in made["media_attachments"]] == [picture["id"]]
    await ana.ask("POST", STATUSES, 422, data={"status": "taken", "media_ids[]": picture["id"]})
    waiting = await ana.say("not yet", scheduled_at=later())
    polled = await ana.say(
        "which?",
        scheduled_at=later(),
        visibility="public",
        **{"poll[options][]": ["one", "two"], "poll[expires_in]": "600"},
    )
    await come(api, made, polled)
    poll, sent = (await ana.get(f"/api/v1/accounts/{ana.id}/statuses"))[:2]
    if sent["poll"]:
        poll, sent = sent, poll
    assert [one["title"] for one in poll["poll"]["options"]] == ["one", "two"]
    assert (sent["visibility"], sent["in_reply_to_id"]) == ("public", parent["id"])
    assert [one["id"] for one in sent["media_attachments"]] == [picture["id"]]
    assert "mention" in {one["type"] for one in await ben.get("/api/v1/notifications")}
    assert await ana.get(SCHEDULED) == [waiting]


async def test_what_cannot_be_sent_stays_and_its_author_is_told(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    parent = await ben.say("a question", visibility="public")
    lost = await ana.say("an answer", scheduled_at=later(), in_reply_to_id=parent["id"])
    good = await ana.say("good", scheduled_at=later())
    await ben.ask("DELETE", f"{STATUSES}/{parent['id']}")
    await come(api, lost, good)
    said: list[Any] = await ana.get(f"/api/v1/accounts/{ana.id}/statuses")
    assert ["good" in one["content"] for one in said] == [True]
    kept = await ana.get(SCHEDULED)
    assert [one["id"] for one in kept] == [lost["id"]]
    await come(api)
    assert len(await ana.get(SCHEDULED)) == 1
    found = await api.instance.database.read(scheduled_posts.get, int(ana.id), int(lost["id"]))
    assert found.failed_at is not None
    await told(api, ana)
    await ana.ask("PUT", f"{SCHEDULED}/{lost['id']}", json={"scheduled_at": later()})


async def told(api: Api, who: Caller) -> None:
    """A direct message of the instance says so."""
    for _ in range(100):
        if any(
            "scheduled" in one["last_status"]["content"] for one in await who.get("/api/v1/conversations")
        ):
            return
        await anyio.sleep(0.1)
    pytest.fail("nobody was told")
