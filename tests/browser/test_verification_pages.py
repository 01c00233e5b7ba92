"""Asking to be verified on a phone, and deciding about it, with the pages sound on the way, in both languages."""

from __future__ import annotations

from playwright.sync_api import Browser

from server.domain.users import Role
from server.store.session import Database
from tests.support.browsing import browser_tests, join, link, phone, sound

pytestmark = browser_tests


def test_a_doctor_asks_and_an_administrator_decides(house: Database, chromium: Browser) -> None:
    alice, bob = phone(chromium, house), phone(chromium, house, scripts=False)
    complaints: list[str] = []
    alice.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    join(alice, link(house))
    join(bob, link(house, Role.MEMBER), "bob")

    bob.goto("/settings")
    bob.get_by_role("link", name="My profession").click()
    sound(bob)
    bob.get_by_label("Profession", exact=True).select_option("physician")
    bob.get_by_label("Specialties").select_option(["cardiology", "geriatrics"])
    bob.get_by_label("Professional register").select_option("us-npi")
    bob.get_by_label("Your number in that register").fill("1234567890")
    bob.get_by_role("button", name="Ask to be verified").click()
    bob.get_by_text("This is no number of that register").wait_for()
    sound(bob)
    assert bob.get_by_label("Profession", exact=True).input_value() == "physician"
    bob.get_by_label("Your number in that register").fill("1234567893")
    bob.get_by_role("button", name="Ask to be verified").click()
    bob.get_by_text("its check digit is right").wait_for()
    sound(bob)

    alice.goto("/admin/verifications")
    sound(alice)
    alice.get_by_role("link", name="bob").click()
    sound(alice)
    alice.get_by_role("button", name="Show the register number").click()
    alice.get_by_text("1234567893").wait_for()
    alice.get_by_label("The person's identity").select_option("substantial")
    alice.get_by_role("button", name="Verify @bob").click()
    alice.get_by_label("Type the name bob").wait_for()
    sound(alice)

    alice.goto("/settings/profile")
    alice.get_by_label("Language of these pages").select_option("fr")
    alice.get_by_role("button", name="Save", exact=True).click()
    for path in (alice.url, "/verification", "/admin/verifications", "/@bob"):
        alice.goto(path)
        sound(alice)
    alice.goto("/admin/verifications")
    alice.get_by_role("link", name="bob").click()
    sound(alice)
    alice.get_by_label("Raison").fill("Partie de la maison")
    alice.get_by_label("Tapez le nom bob").fill("bob")
    alice.get_by_role("button", name="Révoquer la vérification de @bob").click()
    alice.get_by_text("Partie de la maison").wait_for()

    bob.goto("/verification")
    bob.get_by_text("holds no longer").wait_for()
    sound(bob)
    assert complaints == []
