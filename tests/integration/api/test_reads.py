"""Reads of posts in members-only groups are recorded as apps make them: a member's, no stranger's, not the author's own."""

from __future__ import annotations

import pytest

from server.domain.accounts import Account
from server.domain.reads import Depth, Reader
from server.domain.verification import Method
from server.services import accounts, groups, reads, verification
from server.services.groups import Settings
from server.services.verification import Claim, Decision
from server.store.session import Unit
from tests.integration.api.conftest import Api, Caller
from tests.support.pictures import png

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
Seen = list[tuple[str, Depth]]


def _group(unit: Unit, *members: int) -> None:
    settings = Settings(title="Cardiology", rules="Be kind.")
    cardio = groups.create(unit, "command", "cardio", settings, None)
    for one in members:
        _enters(unit, cardio, one)


def _enters(unit: Unit, group: Account, account_id: int) -> None:
    member = accounts.get(unit, account_id)
    decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 7", 300)
    verification.record(unit, "command", member, Claim("physician", ("cardiology",), "FR"), decision)
    groups.add(unit, "command", group, member)


async def seen(api: Api, uri: str) -> Seen:
    """After what was noted is written."""
    await api.instance.house.reads.write()
    found: list[Reader] = await api.instance.database.write(reads.of_object, "command", uri)
    return [(one.username, one.read.depth) for one in found]


async def cast(api: Api) -> tuple[Caller, Caller, Caller]:
    ana, ben, cleo = await api.member("ana"), await api.member("ben"), await api.member("cleo")
    await api.instance.database.write(_group, int(ana.id), int(ben.id))
    return ana, ben, cleo


async def test_a_members_read_is_there_and_nobody_elses(api: Api) -> None:
    ana, ben, cleo = await cast(api)
    post = await ana.say("@cardio An ECG", visibility="private")
    where = f"/api/v1/statuses/{post['id']}"
    await cleo.get(where, 404)
    await cleo.get(f"{where}/context", 404)
    await api.visitor.get(where, 404)
    await ana.get(where)
    assert await ana.get("/api/v1/timelines/home")
    assert await seen(api, post["uri"]) == []
    assert post["id"] in str(await ben.get("/api/v1/timelines/home"))
    assert await seen(api, post["uri"]) == [("ben", Depth.LISTED)]
    await ben.get(f"{where}/history")
    assert await seen(api, post["uri"]) == [("ben", Depth.OPENED)]


async def test_a_timeline_of_kept_bodies_is_recorded_for_each_reader(api: Api) -> None:
    ana, ben, _ = await cast(api)
    dora = await api.member("dora")

    def joins(unit: Unit) -> None:
        _enters(unit, accounts.get_local(unit, "cardio"), int(dora.id))

    await api.instance.database.write(joins)
    post = await ana.say("@cardio An ECG", visibility="private")
    for one in (ben, dora):
        assert post["id"] in str(await one.get("/api/v1/timelines/home"))
        assert post["id"] in str(await one.get("/api/v1/timelines/home"))
    assert sorted(await seen(api, post["uri"])) == [("ben", Depth.LISTED), ("dora", Depth.LISTED)]


async def test_other_posts_are_not_recorded(api: Api) -> None:
    ana, ben, _ = await cast(api)
    for visibility in ("public", "unlisted"):
        post = await ana.say("Good morning", visibility=visibility)
        await ben.get(f"/api/v1/statuses/{post['id']}")
        assert await seen(api, post["uri"]) == []


async def test_an_answer_read_with_its_thread_is_opened(api: Api) -> None:
    ana, ben, _ = await cast(api)
    post = await ana.say("@cardio An ECG", visibility="private")
    answer = await ana.say("@cardio And a second", visibility="private", in_reply_to_id=post["id"])
    around = await ben.get(f"/api/v1/statuses/{post['id']}/context")
    assert [one["id"] for one in around["descendants"]] == [answer["id"]]
    assert await seen(api, answer["uri"]) == [("ben", Depth.OPENED)]


async def test_who_loads_the_whole_picture_has_opened_it(api: Api) -> None:
    ana, ben, _ = await cast(api)
    files = {"file": ("scan.png", png(32, 24), "image/png")}
    made = await ana.ask("POST", "/api/v2/media", files=files)
    post = await ana.say("@cardio An ECG", visibility="private", **{"media_ids[]": made["id"]})
    own = post["media_attachments"][0]["url"].removeprefix("https://med.test")
    assert (await api.visitor.http.get(own)).status_code == 200
    assert await seen(api, post["uri"]) == []
    (picture,) = (await ben.get(f"/api/v1/statuses/{post['id']}"))["media_attachments"]
    for name, depth in (("preview_url", Depth.OPENED), ("url", Depth.IMAGE)):
        assert (await api.visitor.http.get(picture[name].removeprefix("https://med.test"))).status_code == 200
        assert await seen(api, post["uri"]) == [("ben", depth)]
