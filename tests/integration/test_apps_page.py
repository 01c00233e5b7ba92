"""The staff's page of the apps in use: numbers and no names; a block that says first what it does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.clock import FixedClock
from server.domain.users import Role
from server.services import accounts, apps, tokens
from server.store.session import Unit
from tests.support.member_pages import Visit, add_person, browser, make_application, opened, sign_in

pytestmark = pytest.mark.anyio
HERE = "/admin/apps"


def use(unit: Unit, name: str, app_name: str) -> int:
    app, _ = apps.register(unit, app_name, "https://app.example/", ["app://back"], "read")
    user = accounts.owner(unit, accounts.get_local(unit, name))
    assert user is not None
    tokens.mint(unit, app, ("read",), user_id=user.id, account_id=user.account_id)
    return app.id


async def test_an_app_is_found_blocked_and_unblocked(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    with opened(tmp_path, clock) as database:
        add_person(database, "dora", role=Role.ADMIN)
        add_person(database, "anna")
        async with browser(make_application(database), database) as client:
            await sign_in(client, "dora")
            dora = Visit(client, database)
            ice = dora.run(use, "anna", "Ice <b>")
            for number in range(apps.SHOWN):
                dora.run(use, "dora", f"Zoo {number:02}")
            page = await dora.page(HERE)
            assert page.count(f'href="{HERE}/') == apps.SHOWN and "anna" not in page
            assert "Ice &lt;b&gt;" in page and "1 member · 1 live token" in page
            [following] = re.findall(r'href="([^"]+)" rel="next"', page)
            assert (await dora.page(following.replace("&amp;", "&"))).count(f'href="{HERE}/') == 1
            assert (await dora.page(f"{HERE}?q=ICE&after=x")).count(f'href="{HERE}/') == 1
            assert "No app fits." in await dora.page(f"{HERE}?q=%00%25")
            page = await dora.page(f"{HERE}/{ice}")
            assert "refused everything that members gave it (1 member, 1 live token)" in page
            assert "anna" not in page and "Unblock" not in page
            await dora.send(f"{HERE}/{ice}", 422, act="marry")
            await dora.send(f"{HERE}/{ice}", act="block")
            said = await dora.send(f"{HERE}/{ice}", 422, act="block")
            assert "is blocked already" in said.text and "<code>app.block</code>" in said.text
            assert "blocked since" in await dora.page(f"{HERE}?q=ice")
            clock.advance(timedelta(minutes=16))
            assert "/signin" in (await dora.send(f"{HERE}/{ice}", act="unblock")).headers["location"]
            assert "blocked since" in await dora.page(f"{HERE}?q=ice")
            await sign_in(client, "dora")
            await dora.send(f"{HERE}/{ice}", act="unblock")
            assert "blocked since" not in await dora.page(f"{HERE}?q=ice")
            await dora.page(f"{HERE}/999", 404)
