"""The list of members on a phone, without JavaScript: a colleague is found, locked out, and let go, in both languages."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser

from server.domain.users import Role
from server.store.session import Database
from tests.support.browsing import browser_tests, join, link, phone, sound

pytestmark = browser_tests


def test_an_administrator_finds_and_lets_go(house: Database, chromium: Browser) -> None:
    alice, bob = phone(chromium, house, scripts=False), phone(chromium, house, scripts=False)
    join(alice, link(house))
    join(bob, link(house, Role.MEMBER), "bob")

    alice.goto("/home")
    alice.get_by_text("For staff").click()
    alice.get_by_role("link", name="Members").click()
    sound(alice)
    alice.get_by_label("Name or e-mail address").fill("BOB@")
    alice.keyboard.press("Enter")
    sound(alice)
    assert alice.get_by_role("link", name="alice").count() == 0
    alice.get_by_role("link", name="bob").click()
    sound(alice)
    alice.get_by_text("1 browser is signed out").wait_for()
    alice.get_by_role("button", name="Lock out @bob").focus()
    alice.keyboard.press("Enter")
    alice.get_by_text("0 browsers are signed out").wait_for()
    bob.goto("/home")
    bob.get_by_role("heading", name="Sign in").wait_for()

    alice.get_by_label("Type the name bob").fill("bobby")
    alice.get_by_label("Last day").fill((house.context.clock.now() + timedelta(days=3)).date().isoformat())
    alice.get_by_role("button", name="Let @bob go").click()
    alice.get_by_text("Please type the name bob to confirm").wait_for()
    sound(alice)
    alice.get_by_label("Type the name bob").fill("bob")
    alice.get_by_role("button", name="Let @bob go").click()
    alice.get_by_role("button", name="Keep @bob").wait_for()
    sound(alice)

    member = alice.url
    alice.goto("/settings/profile")
    alice.get_by_label("Language of these pages").select_option("fr")
    alice.get_by_role("button", name="Save", exact=True).click()
    for path in ("/admin/members", "/admin/requests", member):
        alice.goto(path)
        sound(alice)
    alice.get_by_role("button", name="Garder @bob").click()
    alice.get_by_role("button", name="Suspendre @bob").click()
    alice.get_by_role("button", name="Mettre fin à la suspension de @bob").wait_for()
    sound(alice)
