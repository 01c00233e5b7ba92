"""The pages of federation lists: what each suggests is confirmed or declined by a person, as it was shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.types import Origin
from server.activitypub.ingress import federation_list
from server.core.clock import FixedClock
from server.domain.federation_lists import Received
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import federation_lists, instances
from server.store.session import Database, Unit
from tests.support.federation_lists import URL, Publisher
from tests.support.member_pages import add_person, browser, make_application, opened, sign_in
from tests.support.staff_pages import Clerk

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = "/admin/lists"


def follow(database: Database, publisher: Publisher, raw: bytes) -> str:
    def do(unit: Unit) -> str:
        given = federation_list.judge(raw, unit.now)
        return federation_lists.follow(unit, "test", given, publisher.fingerprints()).key

    return database.run_write(do)


def came(database: Database, publisher: Publisher, raw: bytes) -> Received | None:
    def do(unit: Unit) -> Received | None:
        given = federation_list.judge(raw, unit.now, publisher.signers()) if raw else None
        return federation_lists.fetched(unit, URL, given)

    return database.run_write(do)


def shown(page: str) -> str:
    [found] = re.findall(r'name="shown" value="([0-9a-f]+)"', page)
    return str(found)


def speaking(database: Database) -> set[Origin]:
    return {name for name, trust in database.run_read(instances.trusts).items() if trust is Trust.ALLOWED}


async def test_a_difference_is_confirmed_as_shown_or_declined(tmp_path: Path) -> None:
    clock, publisher = FixedClock(NOW), Publisher()
    first = publisher.version(1, ["a.example", "b.example"], at=NOW, by=[0, 1])
    with opened(tmp_path, clock) as database:
        add_person(database, "dora", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "dora")
            dora = Clerk(client)
            assert "No list is followed." in await dora.page(HERE)
            here = f"{HERE}/{follow(database, publisher, first)}"
            assert "2 suggestions wait for a person" in await dora.page(HERE)
            page = await dora.page(here)
            assert "2 of 3, and 2 are needed" in page and "society.example" in page
            assert page.count("did not sign this version") == 1 and "2 institutions are connected" in page
            old = shown(page)
            second = publisher.version(2, ["a.example", "c.example"], after=first, at=NOW)
            assert came(database, publisher, second) is Received.NEW
            said = await dora.send(here, 409, act="confirm", shown=old)
            assert "look at the difference again" in said.text and not speaking(database)
            await dora.send(here, 422, act="marry", shown=shown(said.text))
            await dora.send(here, act="confirm", shown=shown(said.text))
            assert speaking(database) == {"a.example", "c.example"}
            third = publisher.version(3, ["a.example", "d.example"], after=second, at=NOW)
            assert came(database, publisher, third) is Received.NEW
            page = await dora.page(here)
            assert "1 institution is paused" in page and "1 institution is connected" in page
            await dora.send(here, act="decline", shown=shown(page))
            page = await dora.page(here)
            assert "Nothing waits for a person." in page and page.count("declined here") == 2
            assert "nothing waits" in await dora.page(HERE)
            assert speaking(database) == {"a.example", "c.example"}, "declining changes nothing"
            await dora.send(here, act="ask-again")
            page = await dora.page(here)
            clock.advance(timedelta(minutes=16))
            answer = await dora.send(here, act="confirm", shown=shown(page))
            assert "/signin" in answer.headers["location"] and "c.example" in speaking(database)
            await dora.page(f"{HERE}/{'0' * 32}", 404)


async def test_what_is_wrong_with_a_list_is_said_in_words(tmp_path: Path) -> None:
    clock, publisher = FixedClock(NOW), Publisher()
    first = publisher.version(1, ["a.example"], at=NOW)
    second = publisher.version(2, ["a.example"], after=first, at=NOW)
    with opened(tmp_path, clock) as database:
        add_person(database, "dora", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "dora")
            dora = Clerk(client)
            here = f"{HERE}/{follow(database, publisher, first)}"
            assert "Its publisher is not connected" in await dora.page(here)
            database.run_write(
                lambda unit: instances.set_trust(unit, "test", Origin("society.example"), Trust.ALLOWED)
            )
            assert 'class="problem"' not in await dora.page(here)
            came(database, publisher, b"")
            assert "nothing came from its address that could be read" in await dora.page(here)
            came(database, publisher, second)
            assert 'class="problem"' not in await dora.page(here)
            assert came(database, publisher, first) is Received.ROLLBACK
            assert "This version is older than the one that is known" in await dora.page(here)
            clock.advance(timedelta(days=24))
            await sign_in(client, "dora")
            page = await dora.page(here)
            assert "It runs out on" in page and "Confirm the difference" in page
            clock.advance(timedelta(days=7))
            await sign_in(client, "dora")
            page = await dora.page(here)
            assert "It ran out on" in page and "Confirm the difference" not in page
            fork = publisher.version(2, ["x.example"], after=first, at=NOW)
            assert came(database, publisher, fork) is Received.FORK
            for path in (here, HERE):
                page = await dora.page(path)
                assert "have signed two different histories" in page and "It ran out" not in page
            page = await dora.page(here)
            assert "Confirm the difference" not in page
            said = await dora.send(here, 422, act="confirm", shown=shown(page))
            assert "have signed two different histories" in said.text
