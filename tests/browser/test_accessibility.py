"""Every page of a member and of the staff, and those before signing in, held against axe: in English on a light screen, in French on a dark one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from server.domain.users import Role
from server.services import accounts, signin
from server.store.session import Database, Unit
from tests.support.browsing import browser_tests, join, link, phone, sound
from tests.support.every_page import OF_AUDITORS, pages, world
from tests.support.pictures import png

pytestmark = browser_tests

GRAVE = {"serious", "critical"}
AXE = Axe()


def findings(page: Page) -> list[str]:
    """What axe holds to be grave, a line each with the place."""
    found = AXE.run(page).response["violations"]
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("fr", "dark")])
def test_member_pages(house: Database, chromium: Browser, language: str, scheme: str) -> None:
    page, bob, erin = phone(chromium, house), phone(chromium, house), phone(chromium, house)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    join(page, link(house))
    join(bob, link(house, Role.MEMBER), "bob")
    join(erin, link(house, Role.AUDITOR), "erin")
    made = house.run_write(world)
    grave: list[str] = []
    for reader, name, paths in ((page, "alice", pages(made)), (erin, "erin", OF_AUDITORS)):
        house.run_write(_speak, name, language)
        for path in paths:
            reader.goto(path)
            sound(reader)
            assert reader.evaluate("document.documentElement.lang") == language
            grave += findings(reader)
    grave += preview(page)
    assert not grave, "\n".join(grave)


def _speak(unit: Unit, name: str, language: str) -> None:
    user = accounts.owner(unit, accounts.get_local(unit, name))
    assert user is not None
    signin.change_settings(unit, user.id, language=language, timezone=None, quiet=None)


def preview(page: Page) -> list[str]:
    page.goto("/write")
    page.locator("#text").fill("@bob look")
    page.locator("details summary").last.click()
    page.locator("details summary").first.click()
    page.locator("#picture").set_input_files(
        [{"name": "ecg.png", "mimeType": "image/png", "buffer": png(64, 40)}]
    )
    page.locator("button[value=preview]").click()
    page.wait_for_selector("#preview")
    sound(page)
    return findings(page)


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_pages_before_signing_in(house: Database, chromium: Browser, locale: str) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, base_url=house.context.settings.base, locale=locale
    )
    page = context.new_page()
    grave: list[str] = []
    open_to_all = {"/", "/help/apps", "/terms", "/offline", "/signin", link(house)}
    for path in sorted(open_to_all):
        page.goto(path)
        sound(page)
        assert page.evaluate("document.documentElement.lang") == locale[:2]
        grave += findings(page)
    assert not grave, "\n".join(grave)


def test_axe_finds_what_is_grave(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>')
    assert any("image-alt" in one for one in findings(page))
