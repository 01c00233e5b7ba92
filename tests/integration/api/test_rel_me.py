"""A profile's links are shown as verified where the page, on an allowed instance, links back."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from federation.testing.loopback import LoopbackPeer, answer
from federation.types import Origin
from server.domain.trust import Trust
from server.services import instances, waiting
from server.text.rel_me import links_back
from server.web.kit.unit import Unit
from tests.integration.api.conftest import Api, Caller

pytestmark = pytest.mark.anyio
SETTINGS = {
    "domain": "house.localhost:8000",
    "scheme": "http",
    "dangerous_private_addresses": "127.0.0.0/8",
}
ME = "http://house.localhost:8000/@ana"


def page(rel: str = "me", href: str = ME) -> Any:
    body = f'<html><body><p>Hello <a class="x" rel="noopener {rel}" href="{href}">me</a></body></html>'
    return answer(200, body.encode(), "text/html")


async def name(who: Caller, *links: str) -> Any:
    fields = [{"name": f"Page {number}", "value": link} for number, link in enumerate(links)]
    return await who.ask("PATCH", "/api/v1/accounts/update_credentials", json={"fields_attributes": fields})


async def settled(api: Api) -> None:
    """No look-up waits any more."""
    for _ in range(400):  # a busy machine takes its time
        if (await api.instance.database.read(_waiting)) == 0:
            return
        await anyio.sleep(0.1)
    pytest.fail("a look-up did not end")


def _waiting(unit: Unit) -> int:
    return len(waiting.due_lookups(unit, 10, frozenset()))


async def become(who: Caller, *wanted: bool) -> None:
    """The marks are these, at the latest when a look-up that was put off for a moment has ended."""
    for _ in range(200):
        if await marks(who) == list(wanted):
            return
        await anyio.sleep(0.1)
    assert await marks(who) == list(wanted)


async def marks(who: Caller) -> list[bool]:
    shown = await who.get("/api/v1/accounts/verify_credentials")
    public = await who.get(f"/api/v1/accounts/{who.id}")
    found = [bool(one["verified_at"]) for one in shown["fields"]]
    assert found == [bool(one["verified_at"]) for one in public["fields"]]
    assert found == [bool(one["verified_at"]) for one in shown["source"]["fields"]]
    return found


@pytest.mark.parametrize("settings_of", [SETTINGS])
async def test_pages_on_allowed_instances_are_asked_and_no_others(api: Api) -> None:
    ana = await api.member("ana")
    async with LoopbackPeer("friend") as friend, LoopbackPeer("stranger") as stranger:
        await api.instance.database.write(
            instances.set_trust, "command", Origin(friend.origin), Trust.ALLOWED
        )
        friend.behaviours |= {
            "/good": page(),
            "/no-rel": page(rel="you"),
            "/other": page(href=f"{ME}2"),
            "/away": answer(302, b"", location=f"{stranger.base}/good"),
            "/gone": answer(410),
        }
        stranger.behaviours["/good"] = page()
        paths = ("/good", "/no-rel", "/other", "/away", "/gone")
        first = await name(ana, *(friend.base + one for one in paths), stranger.base + "/good", "words")
        assert not any(one["verified_at"] for one in first["fields"])
        await settled(api)
        await become(ana, True, *[False] * 6)
        assert stranger.connections == 0
        asked = len(friend.seen)
        assert asked == len(paths)
        await name(ana, friend.base + "/good", "words")
        await settled(api)
        assert await marks(ana) == [True, False]
        assert len(friend.seen) == asked
        await name(ana, friend.base + "/no-rel")
        await settled(api)
        assert await marks(ana) == [False]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (f'<a rel="me" href="{ME}">', True),
        (f'<LINK REL="nofollow ME" HREF=" {ME} "/>', True),
        (f"<a href='{ME}' rel=me>x</a>", True),
        (f'<a rel="you" rel="me" href="{ME}">', False),
        (f'<a rel="meme" href="{ME}">', False),
        (f'<area rel="me" href="{ME}">', False),
        (f'<!-- <a rel="me" href="{ME}"> -->', False),
        (f'<script>"<a rel=me href={ME}>"</script>', False),
        (f'<a rel="me" href="{ME}', False),
        (f'<a rel="me" href="{ME}/evil">', False),
        ("\0<<<a rel=me href", False),
    ],
)
def test_only_a_link_that_says_so_counts(html: str, found: bool) -> None:
    assert links_back(html.encode(), {ME}) is found


@pytest.mark.parametrize("settings_of", [{"public_pages": True}])
async def test_a_profile_links_to_the_pages_that_it_names(api: Api) -> None:
    ana = await api.member("ana")
    await name(ana, "https://page.example/~ana?a=1&b=2", "not https://page.example/other")
    shown = (await api.visitor.http.get("/@ana", headers={"Accept": "text/html"})).text
    assert '<link rel="me" href="https://page.example/~ana?a=1&amp;b=2">' in shown
    assert shown.count('rel="me"') == 1
    assert links_back(shown.encode(), {"https://page.example/~ana?a=1&b=2"})
