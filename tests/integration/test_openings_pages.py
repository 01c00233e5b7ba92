"""A group opened in an emergency, on the pages: by the staff, for the group's moderators, for the auditor."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from server.core.clock import FixedClock
from server.domain.groups import MembershipRole
from server.domain.reads import Depth
from server.domain.users import Role
from server.domain.verification import Method
from server.media.vault import Vault
from server.services import accounts, audit, groups, media, reads, second_factors, verification
from server.services.groups import Settings
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.services.verification import Claim, Decision
from server.store.session import Unit
from server.web.kit.media_links import MediaLinks, Variant
from tests.support.member_pages import Visit, add_person, browser, make_application, opened, sign_in
from tests.support.pictures import png

pytestmark = pytest.mark.anyio
HERE = "/admin/openings"
WHY = "The patient is in the emergency room"


def cardio(unit: Unit) -> tuple[int, str]:
    """anna has written in it, and bert moderates it."""
    accounts.ensure_instance_actor(unit)
    anna, bert = accounts.get_local(unit, "anna"), accounts.get_local(unit, "bert")
    group = groups.create(unit, "command", "cardio", Settings(title="Cardiology"), None)
    for one in (anna, bert):
        verification.record(
            unit, "command", one, Claim("physician", ("cardiology",), "FR"), Decision(2, Method.REGISTER)
        )
        groups.add(unit, "command", group, one)
    groups.set_role(unit, "command", group, bert, MembershipRole.MODERATOR)
    return group.id, publish(unit, anna, Draft(text="@cardio An <b>ECG</b>")).uri


def factor(unit: Unit, name: str) -> None:
    user = accounts.owner(unit, accounts.get_local(unit, name))
    assert user is not None
    secret = second_factors.start_totp(unit, user.id, name).secret
    second_factors.confirm_totp(unit, user.id, pyotp.TOTP(secret).at(unit.now), "phone")


@asynccontextmanager
async def ward(folder: Path, clock: FixedClock) -> AsyncIterator[dict[str, Visit]]:
    """Everybody is signed in; the staff has second factors, but for olga."""
    people = {
        "dora": Role.ADMIN,
        "olga": Role.ADMIN,
        "max": Role.MODERATOR,
        "otto": Role.AUDITOR,
        "bert": Role.MEMBER,
    }
    async with AsyncExitStack() as stack:
        database = stack.enter_context(opened(folder, clock, posts="groups"))
        application = make_application(database)
        add_person(database, "anna", password=None)
        visits = {}
        for name, role in people.items():
            add_person(database, name, role=role)
            client = await stack.enter_async_context(browser(application, database))
            await sign_in(client, name)
            visits[name] = Visit(client, database)
        for name in ("dora", "max"):
            database.run_write(factor, name)
        yield visits


async def test_a_group_is_opened_read_seen_and_ended_by_hand_and_by_itself(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    async with ward(tmp_path, clock) as people:
        dora, olga, max_, otto, bert = (people[name] for name in ("dora", "olga", "max", "otto", "bert"))
        group, uri = dora.run(cardio)
        asked = {"group": "@cardio", "reason": WHY, "hours": "2"}
        assert "Set up a second factor first" in (await olga.send(HERE, 409, **asked)).text
        refused = await dora.send(HERE, 422, **asked | {"reason": " "})
        assert "Please say in a sentence why" in refused.text and 'value="@cardio"' in refused.text
        for hours in ("", "0", "5", "-1", "²"):
            await dora.send(HERE, 422, **asked | {"hours": hours})
        await dora.send(HERE, 404, **asked | {"group": "neuro\0"})
        clock.advance(timedelta(minutes=16))
        stale = await dora.send(HERE, **asked)
        assert stale.headers["location"].startswith("/signin/confirm")
        assert WHY not in await dora.page(HERE)
        clock.advance(-timedelta(minutes=16))
        page = (await dora.send(HERE, **asked)).headers["location"]
        said = await dora.page(page)
        assert "<strong>anna</strong>" in said and "ECG" in said and WHY in said
        [reader] = dora.run(reads.of_object, "command", uri)
        assert (reader.username, reader.read.depth) == ("dora", Depth.OPENED)
        assert dora.run(audit.of_target, uri)[-1]["action"] == "opening.read"
        for one, status in ((olga, 404), (max_, 404), (otto, 403), (bert, 403)):
            assert "ECG" not in await one.page(page, status)
        await max_.send(page, 404)
        assert WHY not in await max_.page(HERE)
        for list_page in (HERE, "/admin/audit"):
            listed = await otto.page(list_page)
            assert WHY in listed and "@cardio" in listed and "@dora" in listed
        assert "@cardio" not in await olga.page(HERE) and "Cardiology" not in await olga.page("/admin/audit")
        assert 'href="/admin/openings/' not in await otto.page(HERE)
        theirs = f"/groups/{group}/openings"
        await dora.page(theirs, 404)
        assert WHY in await bert.page(theirs)
        [end] = re.findall(rf'action="({theirs}/\d+)"', await bert.page(theirs))
        await dora.send(end, 404)
        await bert.send(end)
        await bert.send(end, 404)
        assert "ECG" not in await dora.page(page, 404)
        assert "ended by hand" in await dora.page(HERE)
        page = (await max_.send(HERE, **asked | {"hours": "1"})).headers["location"]
        clock.advance(timedelta(minutes=59))
        assert "ECG" in await max_.page(page)
        clock.advance(timedelta(minutes=1))
        assert "ECG" not in await max_.page(page, 404)
        assert 'class="badge">open now' not in await max_.page(HERE)


def with_picture(unit: Unit, vault: Vault) -> tuple[int, list[int]]:
    """anna asks with a picture, bert answers, and anna answers that. The posts, oldest first."""
    anna, bert = accounts.get_local(unit, "anna"), accounts.get_local(unit, "bert")
    names = [vault.store(png(80, 60)), vault.store(png(8, 6))]
    values = {
        "mime": "image/png",
        "digest": names[0],
        "preview_digest": names[1],
        "description": "Twelve leads",
    }
    picture = media.add(unit, anna, values)
    first = publish(unit, anna, Draft(text="@cardio A picture", media_ids=(picture.id,)))
    second = publish(unit, bert, Draft(text="A question back", in_reply_to_id=first.id))
    third = publish(unit, anna, Draft(text="The reply", in_reply_to_id=second.id))
    return picture.id, [first.id, second.id, third.id]


async def test_pictures_and_discussions_are_shown_and_each_is_recorded(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    async with ward(tmp_path, clock) as people:
        dora, max_, otto = people["dora"], people["max"], people["otto"]
        dora.run(cardio)
        vault = Vault(tmp_path / "media", reserve_bytes=0)
        picture, posts = dora.run(with_picture, vault)
        page = (await dora.send(HERE, group="cardio", reason=WHY, hours="1")).headers["location"]
        said = await dora.page(page)
        [(whole, small)] = re.findall(r'<a href="([^"]+)" aria-label="Twelve leads"><img src="([^"]+)"', said)

        def recorded() -> list[tuple[str, str]]:
            found = dora.run(lambda unit: audit.entries(unit, 100, action="opening.read"))
            return [(one["target"], one["detail"].get("picture", "")) for one in found]

        before = len(recorded())
        for address, size in ((small, png(8, 6)), (whole, png(80, 60))):
            answer = await dora.client.get(address)
            assert (answer.status_code, answer.content) == (200, size)
            assert "no-store" in answer.headers["cache-control"]
        uri = dora.run(lambda unit: visible.find(unit, posts[0])).uri
        assert recorded()[:2] == [(uri, str(picture))] * 2 and len(recorded()) == before + 2
        [reader] = dora.run(reads.of_object, "command", uri)
        assert (reader.username, reader.read.depth) == ("dora", Depth.IMAGE)

        inside = f"{page}/posts/{posts[1]}"
        assert inside in said
        shown = await dora.page(inside)
        assert shown.index("A picture") < shown.index("A question back") < shown.index("The reply")
        assert "An <b>ECG" not in shown and "An &lt;b&gt;ECG" not in shown
        assert len(recorded()) == before + 5
        for one, status in ((max_, 404), (otto, 403)):
            assert "A question back" not in await one.page(inside, status)
        await dora.page(f"{page}/posts/1", 404)
        await dora.send(page)
        await dora.page(inside, 404)
        assert (await dora.client.get(whole)).status_code == 404
        assert len(recorded()) == before + 5


async def test_the_links_of_an_opening_are_for_who_opened_it_alone(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    async with ward(tmp_path, clock) as people:
        dora = people["dora"]
        dora.run(cardio)
        picture, _ = dora.run(with_picture, Vault(tmp_path / "media", reserve_bytes=0))
        page = (await dora.send(HERE, group="cardio", reason=WHY, hours="1")).headers["location"]
        opening, links = int(page.rsplit("/", 1)[1]), MediaLinks(dora.database.context)
        for name in ("max", "olga", "otto", "bert", "anna"):
            address = links.in_opening(picture, dora.account(name).id, Variant.ORIGINAL, opening)
            assert (await dora.client.get(address)).status_code == 404, name
        good = links.in_opening(picture, dora.account("dora").id, Variant.ORIGINAL, opening)
        assert (await people["otto"].client.get(good)).status_code == 200
        for bad in (links.in_opening(picture, dora.account("dora").id, Variant.ORIGINAL, 1), good[:-2]):
            assert (await dora.client.get(bad)).status_code == 404
        ordinary = links.media(picture, dora.account("dora").id, Variant.ORIGINAL, "case")
        assert (await dora.client.get(ordinary)).status_code == 404, "an opening opens nothing elsewhere"
        clock.advance(timedelta(minutes=61))
        assert (await dora.client.get(good)).status_code == 404
