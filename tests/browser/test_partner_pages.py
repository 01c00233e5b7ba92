"""Two administrators make their two running instances partners on their telephones, pause, resume and end; at 360 pixels."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import browser_tests, sound
from tests.support.instances import PASSWORD, Launcher, LiveInstance, eventually, launcher

__all__ = ["launcher"]
pytestmark = browser_tests


def administrator(chromium: Browser, instance: LiveInstance, *, scripts: bool) -> Page:
    """Signed in, on a screen of 360 pixels."""
    instance.command(
        "account", "create", "chief", "--email", "chief@example.org", "--role", "admin", "--password-stdin",
        text=PASSWORD + "\n",
    )  # fmt: skip
    context = chromium.new_context(
        viewport={"width": 360, "height": 740},
        base_url=instance.base,
        java_script_enabled=scripts,
        locale="en-GB",
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto("/signin")
    page.get_by_label("E-mail address or name").fill("chief")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("For staff").wait_for()
    return page


def card_of(page: Page, name: str) -> str:
    """States who answers, and downloads the card."""
    page.goto("/admin/partners")
    sound(page)
    page.get_by_label("Who answers for the data").fill(f"{name} Hospital")
    page.get_by_label("Country whose law applies").fill("fr")
    page.get_by_label("Who answers within 24 hours").fill("+33 1 00 00 00 00")
    page.get_by_role("button", name="Keep this for the card").click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Download your card").click()
    sound(page)
    return got.value.path().read_text(encoding="utf-8")


def take_up(page: Page, card: str) -> str:
    """Reads a card; answers the fingerprint that the page shows of its own server."""
    page.goto("/admin/partners")
    page.get_by_label("Their card").fill(card)
    page.get_by_role("button", name="Read their card").click()
    page.get_by_role("heading", name="Read the fingerprint aloud").wait_for()
    sound(page)
    return page.locator("p code").inner_text()


def confirm(page: Page, fingerprint: str) -> None:
    page.get_by_label("Theirs, as they read it to you").fill(fingerprint)
    page.get_by_label("Agreement", exact=True).fill("contract 7")
    page.get_by_label("Last day of the agreement").fill("2099-12-31")
    page.get_by_role("button", name="Pair with").click()


def partner_on(page: Page, other: LiveInstance) -> None:
    """Tests until the page says that they are a partner."""
    page.goto(f"/admin/partners/{other.origin}")
    page.get_by_role("button", name="Test now").click()

    def passed() -> bool:
        page.goto(f"/admin/partners/{other.origin}")
        return page.locator("dd").first.inner_text() == "partner"

    eventually(passed, within=90, every=1)
    sound(page)


@pytest.mark.parametrize("scripts", [False], ids=["without-scripts"])
def test_two_institutions_pair_on_pages(launcher: Launcher, chromium: Browser, scripts: bool) -> None:
    hospital, society = launcher.launch("hospital"), launcher.launch("society")
    alice = administrator(chromium, hospital, scripts=scripts)
    bob = administrator(chromium, society, scripts=scripts)
    cards = card_of(alice, "North"), card_of(bob, "South")

    alices = take_up(alice, cards[1])
    bobs = take_up(bob, cards[0])
    confirm(alice, alices)  # her own instead of his
    alice.get_by_role("alert").wait_for()
    sound(alice)
    assert alice.get_by_label("Agreement", exact=True).input_value() == "contract 7"
    assert society.origin not in hospital.command("instance", "list")
    confirm(alice, bobs)
    alice.get_by_role("heading", name="Seven steps to a partner").wait_for()
    sound(alice)
    assert "Not yet: nothing of members-only groups crosses." in alice.locator("ol").inner_text()
    assert "(T1)" in hospital.command("instance", "show", society.origin)

    confirm(bob, alices)
    bob.get_by_role("heading", name="Seven steps to a partner").wait_for()
    partner_on(alice, society)
    partner_on(bob, hospital)
    assert "partner (T2)" in hospital.command("instance", "show", society.origin)

    alice.get_by_role("button", name="Pause").click()
    alice.get_by_role("heading", name="Resume").wait_for()
    sound(alice)
    assert "paused" in hospital.command("instance", "show", society.origin)
    alice.get_by_role("button", name="Resume").click()
    alice.get_by_role("heading", name="Pause").wait_for()

    alice.goto("/admin/partners")
    alice.get_by_role("button", name="Pause the whole house").click()
    alice.get_by_text("Everything is paused since").wait_for()
    sound(alice)
    alice.get_by_role("button", name="Resume the whole house").click()
    alice.get_by_role("heading", name="Pause the whole house").wait_for()

    alice.goto("/settings/profile")
    alice.get_by_label("Language of these pages").select_option("fr")
    alice.get_by_role("button", name="Save", exact=True).click()
    for path in ("/admin/partners", f"/admin/partners/{society.origin}"):
        alice.goto(path)
        sound(alice)
    alice.get_by_role("button", name="Mettre fin à tout").click()
    alice.get_by_label("Tapez le nom").fill("another.example")
    alice.get_by_role("button", name="Mettre fin à tout").click()
    alice.get_by_role("alert").wait_for()
    assert "partner (T2)" in hospital.command("instance", "show", society.origin)
    alice.get_by_label("Tapez le nom").fill(society.origin)
    alice.get_by_role("button", name="Mettre fin à tout").click()
    alice.get_by_text("instance.trust").first.wait_for()
    assert "ended (T0)" in hospital.command("instance", "show", society.origin)
    sound(alice)
