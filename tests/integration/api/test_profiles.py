"""What a profile shows besides its owner's words, and instances that a member keeps off."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.boundary import Decision, Direction, Effect
from server.domain.holds import Verdict
from server.domain.notifications import NotificationKind
from server.services import accounts, groups, holds, notifications, relationships
from server.services.relationships import FollowAnswer
from server.store import holds as hold_rows
from server.store.tables.holds import hold
from server.web.kit.unit import Unit
from tests.integration.api.conftest import Api, Caller, remote

pytestmark = pytest.mark.anyio
DOMAINS = "/api/v1/domain_blocks"
OTHER = Origin("other.example")


async def relation(who: Caller, account_id: str) -> Any:
    return (await who.get("/api/v1/accounts/relationships", **{"id[]": account_id}))[0]


async def test_tags_are_featured_and_counted_by_what_everybody_may_read(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await ana.say("open #ICU", visibility="public")
    await ana.say("closed #icu", visibility="private")
    await ana.say("another #ward", visibility="unlisted")
    suggested = await ana.get("/api/v1/featured_tags/suggestions")
    assert sorted(one["name"] for one in suggested) == ["icu", "ward"]
    made = await ana.post("/api/v1/featured_tags", name="#Icu")
    assert (made["name"], made["statuses_count"]) == ("icu", "1")
    assert len(made["last_status_at"]) == 10
    assert await ana.post("/api/v1/featured_tags", name="icu") == made
    for who in (ana, ben):
        assert await who.get(f"/api/v1/accounts/{ana.id}/featured_tags") == [made]
    assert (await ana.get("/api/v1/tags/icu"))["featuring"] is True
    assert (await ben.get("/api/v1/tags/icu"))["featuring"] is False
    await ana.post("/api/v1/featured_tags", 422, name="two words")
    await ben.ask("DELETE", f"/api/v1/featured_tags/{made['id']}", 404)
    await ana.ask("DELETE", f"/api/v1/featured_tags/{made['id']}")
    assert (await ana.post("/api/v1/tags/Ward/feature"))["featuring"] is True
    assert [one["name"] for one in await ana.get("/api/v1/featured_tags")] == ["ward"]
    assert (await ana.post("/api/v1/tags/ward/unfeature"))["featuring"] is False
    assert await ana.get("/api/v1/featured_tags") == []
    for number in range(10):
        await ana.post("/api/v1/featured_tags", name=f"t{number}")
    await ana.post("/api/v1/featured_tags", 422, name="eleventh")


async def test_people_whom_one_follows_are_recommended(api: Api) -> None:
    ana, ben, eve = await api.member("ana"), await api.member("ben"), await api.member("eve")
    url = f"/api/v1/accounts/{ben.id}"
    await ana.post(f"{url}/pin", 422)
    await ana.post(f"{url}/follow")
    assert (await ana.post(f"{url}/pin"))["endorsed"] is True
    assert (await ana.post(f"{url}/endorse"))["endorsed"] is True
    theirs = f"/api/v1/accounts/{ana.id}/endorsements"
    for who, path in ((ana, "/api/v1/endorsements"), (ana, theirs), (eve, theirs)):
        assert [one["id"] for one in await who.get(path)] == [ben.id]
    await eve.post(f"/api/v1/accounts/{ben.id}/block")
    assert await eve.get(theirs) == []
    assert (await ana.post(f"{url}/unpin"))["endorsed"] is False
    await ana.post(f"{url}/pin")
    await ana.post(f"{url}/unfollow")
    assert await ana.get("/api/v1/endorsements") == []


def _elsewhere(unit: Unit, reader_id: int) -> Account:
    """Somebody on another instance, followed by a member and following them."""
    ana, far = accounts.get(unit, reader_id), remote(unit, "far", OTHER)
    relationships.follow(unit, ana, far)
    made = relationships.find_follow(unit, ana.id, far.id)
    assert made is not None
    relationships.receive_accept(unit, far, made.uri)
    relationships.receive_follow(unit, far, ana, Iri(f"https://{OTHER}/follows/1"))
    return far


def _asks(unit: Unit, reader_id: int, account_id: int) -> FollowAnswer:
    return relationships.receive_follow(
        unit,
        accounts.get(unit, account_id),
        accounts.get(unit, reader_id),
        Iri(f"https://{OTHER}/follows/2"),
    )


def _told(unit: Unit, reader_id: int, account_id: int) -> int:
    return notifications.notify(unit, [reader_id], NotificationKind.FOLLOW, account_id)


async def test_an_instance_is_kept_off_by_one_member(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    units = api.instance.database
    far = await units.write(_elsewhere, int(ana.id))
    before = await relation(ana, str(far.id))
    assert before["following"] and before["followed_by"] and not before["domain_blocking"]
    assert len(await ana.get("/api/v1/notifications")) == 1
    await ana.post(DOMAINS, domain="OTHER.example")
    await ana.post(DOMAINS, domain=OTHER)
    assert await ana.get(DOMAINS) == [OTHER]
    assert await ben.get(DOMAINS) == []
    after = await relation(ana, str(far.id))
    assert after["domain_blocking"]
    assert not after["following"] and not after["followed_by"]
    assert await ana.get("/api/v1/notifications") == []
    assert await units.write(_asks, int(ana.id), far.id) is FollowAnswer.REJECTED
    assert await units.write(_told, int(ana.id), far.id) == 0
    assert await units.write(_told, int(ben.id), far.id) == 1
    for name in ("", "two words", "med.test", "https://other.example/"):
        await ana.post(DOMAINS, 422, domain=name)
    await ana.ask("DELETE", DOMAINS, params={"domain": OTHER})
    assert await ana.get(DOMAINS) == []
    await ana.post(DOMAINS, domain=OTHER)
    await ana.ask("DELETE", DOMAINS, data={"domain": OTHER})
    assert not (await relation(ana, str(far.id)))["domain_blocking"]


def _group(unit: Unit) -> Account:
    settings = groups.Settings(title="Cardio", about="The heart", listed=True)
    return groups.create(unit, "command", "cardio", settings, None)


async def test_the_profile_of_a_group_leads_to_who_can_read_it(api: Api) -> None:
    ana = await api.member("ana")
    group = await api.instance.database.write(_group)
    (readers,) = (await ana.get(f"/api/v1/accounts/{group.id}"))["fields"]
    assert (readers["name"], readers["verified_at"]) == ("Who can read it", None)
    assert f'href="https://med.test/groups/{group.id}"' in readers["value"]
    assert (await ana.get(f"/api/v1/accounts/{ana.id}"))["fields"] == []


def _held_and_answered(unit: Unit, group: Account, number: int) -> None:
    """One thing for the group waits, and a person lets it go at once."""
    decision, peer = Decision(Effect.HOLD, ("house.hold-cases",), "v1"), Origin("a.example")
    holds.hold(unit, Direction.OUT, unit.new_id(), peer, f"https://a.example/{number}", decision, group.uri)
    [waiting] = unit.all(select(hold.c.id).where(hold.c.verdict.is_(None)))
    assert hold_rows.decide(unit, waiting.id, Verdict.RELEASED, "user:1", "")


async def test_the_profile_of_a_group_says_how_long_what_is_held_usually_waits(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    write = api.instance.database.write
    group = await write(_group)
    sentence = "<p>What waits here for a reviewer is usually answered within 1 hour.</p>"

    async def notes() -> set[str]:
        """In each answer of the API that shows the group."""
        found = await ana.get("/api/v2/search", q="cardio", type="accounts")
        looked_up = await ben.get("/api/v1/accounts/lookup", acct="cardio")
        one = await ben.get(f"/api/v1/accounts/{group.id}")
        return {each["note"] for each in (*found["accounts"], looked_up, one)}

    [about] = await notes()
    assert "The heart" in about and "reviewer" not in about
    for number in range(holds.ENOUGH - 1):
        await write(_held_and_answered, group, number)
    await write(holds.tell_usual)
    assert await notes() == {about}
    await write(_held_and_answered, group, holds.ENOUGH)
    assert await write(holds.tell_usual) == 1
    assert await notes() == {about + sentence}
    assert "reviewer" not in (await ben.get(f"/api/v1/accounts/{ana.id}"))["note"]
