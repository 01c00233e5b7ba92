"""What an app is refused of a group, its person reads in a message: one for each reason, with one link, and once.

Most apps keep a 422 to themselves. Each row is a way to be refused, in posting, in editing and in passing on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from sqlalchemy import func, select

from federation.types import Origin
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import MembershipRole, MembershipState
from server.domain.posts import Standing
from server.domain.work import EventKind, ItemState
from server.services import accounts, groups
from server.services.groups import Settings, standing
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import media, users
from server.store import posts as post_rows
from server.store.session import Unit
from server.store.tables.work import event
from tests.integration.api.conftest import Api, Caller, remote
from tests.integration.api.test_media import upload
from tests.support.partners import as_partner

pytestmark = pytest.mark.anyio
STATUSES = "/api/v1/statuses"
ID = "1 85 05 78 006 084 91"
"""A French number of the register of persons, of nobody."""


@dataclass
class World:
    """Anna is in cardio and neuro, where Ben is the moderator, and in one elsewhere; Otto is in none."""

    api: Api
    anna: Caller
    groups: dict[str, Account]
    kept: dict[str, Any] = field(default_factory=dict)

    async def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        return await self.api.instance.database.write(fn, *args)

    async def said(self, text: str = "@cardio An ECG", **fields: Any) -> str:
        return str((await self.anna.say(text, **fields))["id"])

    async def video(self) -> str:
        one: str = (await upload(self.anna))["id"]
        await self.run(media.change, int(one), {"kind": "video"})
        return one

    async def out(self, name: str = "cardio") -> None:
        await self.run(_settle, self.groups[name], [self.anna.id], MembershipState.REMOVED)

    async def unpublished(self) -> str:
        one = await self.said()
        values = {"standing": Standing.HELD.value}
        await self.run(post_rows.change, int(one), values)
        return one

    async def closed(self) -> str:
        one = await self.said()
        group = self.groups["cardio"]
        await self.run(lambda unit: group_rows.lock_thread(unit, int(one), group.id, group.id))
        return one


def _settle(unit: Unit, group: Account, members: list[str], state: MembershipState) -> None:
    for one in members:
        standing.settle(unit, group, accounts.get(unit, int(one)), state)


def _made(unit: Unit, anna: str, ben: str) -> dict[str, Account]:
    found = {}
    for name in ("cardio", "neuro"):
        settings = Settings(title=name.capitalize(), access=GroupAccess.CLOSED)
        found[name] = groups.create(unit, "command", name, settings)
        _settle(unit, found[name], [anna, ben], MembershipState.ACTIVE)
        moderator = accounts.get(unit, int(ben))
        standing.settle(
            unit, found[name], moderator, MembershipState.ACTIVE, role=MembershipRole.MODERATOR.value
        )
    as_partner(unit, Origin("society.example"))
    far = remote(unit, "renal", "society.example")
    account_rows.change(unit, far.id, {"kind": "Group", "display_name": "Renal"})
    group_rows.add(unit, {"account_id": far.id, "access": "closed"})
    found["renal"] = accounts.get(unit, far.id)
    _settle(unit, found["renal"], [anna], MembershipState.ACTIVE)
    return found


@pytest.fixture
async def world(api: Api) -> World:
    anna, ben = await api.member("anna"), await api.member("ben")
    await api.member("otto")
    return World(api, anna, await api.instance.database.write(_made, anna.id, ben.id))


Asked = tuple[str, str, dict[str, Any]]


def _post(**fields: Any) -> Asked:
    return "POST", STATUSES, fields


def _edit(one: str, **fields: Any) -> Asked:
    return "PUT", f"{STATUSES}/{one}", fields


async def no_group_named(w: World) -> Asked:
    return _post(status="Good morning")


async def two_groups(w: World) -> Asked:
    return _post(status="@cardio @neuro An ECG")


async def not_a_member(w: World) -> Asked:
    await w.out()
    return _post(status="@cardio An ECG")


async def dissolved(w: World) -> Asked:
    group = w.groups["cardio"]
    await w.run(lambda unit: group_rows.change(unit, group.id, {"dissolved_at": unit.now}))
    return _post(status="@cardio An ECG")


async def names_an_outsider(w: World) -> Asked:
    return _post(status="@cardio @otto An ECG")


async def answers_to_another_group(w: World) -> Asked:
    return _post(status="@neuro look", in_reply_to_id=await w.said())


async def answers_outside(w: World) -> Asked:
    one = await w.said("@ben hello", visibility="direct")
    return _post(status="@cardio look", in_reply_to_id=one, visibility="private")


async def answers_what_waits(w: World) -> Asked:
    return _post(status="Yes", in_reply_to_id=await w.unpublished())


async def answers_what_is_closed(w: World) -> Asked:
    return _post(status="Yes", in_reply_to_id=await w.closed())


async def identifiers(w: World) -> Asked:
    return _post(status=f"@cardio {ID}")


async def identifiers_in_a_message(w: World) -> Asked:
    return _post(status=f"@ben {ID}", visibility="direct")


async def a_video(w: World) -> Asked:
    return _post(status="@cardio An echo", media_ids=[await w.video()])


async def a_video_aside(w: World) -> Asked:
    fields = {"in_reply_to_id": await w.said(), "media_ids": [await w.video()]}
    return _post(status="@ben An echo", visibility="direct", **fields)


async def aside_to_nobody(w: World) -> Asked:
    return _post(status="You alone", visibility="direct", in_reply_to_id=await w.said())


async def aside_to_an_outsider(w: World) -> Asked:
    return _post(status="@otto Look", visibility="direct", in_reply_to_id=await w.said())


async def to_moderators_as_no_member(w: World) -> Asked:
    await w.out()
    return _post(status="@cardio Please", visibility="direct")


async def to_moderators_elsewhere(w: World) -> Asked:
    return _post(status="@renal@society.example Please", visibility="direct")


async def to_no_moderator(w: World) -> Asked:
    await w.run(_settle, w.groups["cardio"], [w.kept["ben"]], MembershipState.LEFT)
    return _post(status="@cardio Please", visibility="direct")


async def quotes_a_groups_post(w: World) -> Asked:
    return _post(status="@cardio See", quoted_status_id=await w.said())


async def quotes_what_never_was(w: World) -> Asked:
    return _post(status="@cardio See", quote_id="1", scheduled_at="2099-01-01T00:00:00Z")


async def boosts(w: World) -> Asked:
    return "POST", f"{STATUSES}/{await w.said()}/reblog", {}


async def edits_as_no_member(w: World) -> Asked:
    one = await w.said()
    await w.out()
    await w.run(_settle, w.groups["cardio"], [w.anna.id], MembershipState.LEFT)
    return _edit(one, status="@cardio Two ECGs")


async def edits_what_waits(w: World) -> Asked:
    return _edit(await w.unpublished(), status="@cardio Two ECGs")


async def edits_identifiers_in(w: World) -> Asked:
    return _edit(await w.said(), status=f"@cardio {ID}")


async def edits_identifiers_into_a_message(w: World) -> Asked:
    return _edit(await w.said("@ben hello", visibility="direct"), status=f"@ben {ID}")


async def edits_a_video_in(w: World) -> Asked:
    return _edit(await w.said(), status="@cardio An echo", media_ids=[await w.video()])


async def edits_a_groups_name_in(w: World) -> Asked:
    one = await w.said("Hello", visibility="public")
    return _edit(one, status="@cardio Hello")


CARDIO, HOUSE = "cardio", ""
ROWS: list[tuple[Callable[[World], Awaitable[Asked]], str, str]] = [
    (no_group_named, HOUSE, "it named no group"),
    (two_groups, HOUSE, "more than one group"),
    (not_a_member, CARDIO, "no member of it"),
    (dissolved, CARDIO, "was dissolved"),
    (names_an_outsider, CARDIO, "names somebody who is no member"),
    (answers_to_another_group, CARDIO, "and to no other"),
    (answers_outside, CARDIO, "write a new one"),
    (answers_what_waits, CARDIO, "what it answers was not published"),
    (answers_what_is_closed, CARDIO, "discussion is closed"),
    (identifiers, CARDIO, "a person can be identified"),
    (identifiers_in_a_message, HOUSE, "a person can be identified"),
    (a_video, CARDIO, "videos and sound files"),
    (a_video_aside, CARDIO, "videos and sound files"),
    (aside_to_nobody, CARDIO, "needs the name of somebody"),
    (aside_to_an_outsider, CARDIO, "not known here as a member"),
    (to_moderators_as_no_member, CARDIO, "no member of it"),
    (to_moderators_elsewhere, HOUSE, "by their own names"),
    (to_no_moderator, CARDIO, "no other moderator"),
    (quotes_a_groups_post, HOUSE, "posts are not quoted"),
    (quotes_what_never_was, HOUSE, "posts are not quoted"),
    (boosts, CARDIO, "not boosted"),
    (edits_as_no_member, CARDIO, "no member of it"),
    (edits_what_waits, CARDIO, "not published in the group"),
    (edits_identifiers_in, CARDIO, "change of a post in Cardio"),
    (edits_identifiers_into_a_message, HOUSE, "change of a post was not taken"),
    (edits_a_video_in, CARDIO, "videos and sound files"),
    (edits_a_groups_name_in, CARDIO, "who can read a post stays"),
]


@pytest.fixture
def settings_of(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Nothing is said outside groups, where that is what is refused."""
    row = getattr(request.node, "callspec", None)
    alone = row is not None and row.params.get("refused") is no_group_named
    return {"posts": "groups"} if alone else {}


@pytest.mark.parametrize(("refused", "speaker", "words"), ROWS, ids=[row[0].__name__ for row in ROWS])
async def test_each_is_told_once(
    world: World, refused: Callable[[World], Awaitable[Asked]], speaker: str, words: str
) -> None:
    world.kept["ben"] = (await world.anna.get("/api/v1/accounts/lookup", acct="ben"))["id"]
    method, path, fields = await refused(world)
    before = await _told(world, 0)
    for _ in range(2):
        answered = await world.anna.answer(method, path, json=fields)
        assert answered.status_code == 422, answered.text
    (message,) = [one for one in await _told(world, len(before) + 1) if one not in before]
    assert words in message["content"]
    assert message["visibility"] == "direct"
    assert message["content"].count("<a href=") == 1
    assert ID not in message["content"] and "ECG" not in message["content"]
    author = message["account"]["username"]
    assert author == speaker if speaker else author not in world.groups


def _due(unit: Unit) -> int:
    due = (event.c.kind == EventKind.MESSAGE_DUE.value, event.c.state == ItemState.WAITING.value)
    return int(unit.value(select(func.count()).select_from(event).where(*due)))


async def _told(world: World, at_least: int) -> list[Any]:
    """What the group or the instance told Anna, when nothing is left to tell."""
    for _ in range(200):
        if not await world.api.instance.database.read(_due):
            found = [
                one["status"]
                for one in await world.anna.get("/api/v1/notifications", **{"types[]": "mention"})
            ]
            if len(found) >= at_least:
                return found
        await anyio.sleep(0.05)
    pytest.fail("nobody was told")


async def test_in_the_readers_language(world: World) -> None:
    def in_french(unit: Unit) -> None:
        user = users.find_by_account(unit, int(world.anna.id))
        assert user is not None
        users.change(unit, user.id, {"language": "fr"})

    await world.run(in_french)
    await world.anna.answer("POST", STATUSES, json={"status": "@cardio @neuro An ECG"})
    (message,) = await _told(world, 1)
    assert "il nomme plus d" in message["content"]
    assert message["language"] == "fr"


async def test_a_quote_is_refused_alike_whatever_it_quotes(world: World) -> None:
    one, outside = await world.said(), await world.api.member("olga")
    asked = [{"status": "See", "quoted_status_id": each} for each in (one, "1")]
    there, never = [await outside.answer("POST", STATUSES, json=each) for each in asked]
    assert there.status_code == 422
    assert there.content == never.content
    plain = await outside.answer("POST", STATUSES, json={"status": "See", "quoted_status_id": None})
    assert plain.status_code == 200
