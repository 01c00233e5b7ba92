"""Home on a phone: read, marked and followed into a discussion, without scripts; light, dark, and in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from server.domain.posts import Visibility
from server.domain.users import Role
from server.services import accounts, relationships
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Database, Unit
from tests.support.browsing import browser_tests, join, link, phone, sound
from tests.support.pictures import png

pytestmark = browser_tests

LONG = "a word " * 60 + "y" * 120


def said(unit: Unit) -> None:
    alice, bob = accounts.get_local(unit, "alice"), accounts.get_local(unit, "bob")
    relationships.follow(unit, bob, alice)
    first = publish(unit, alice, Draft(text=f"A question {LONG}", visibility=Visibility.FOLLOWERS))
    answer = Draft(text="An answer", in_reply_to_id=first.id, visibility=Visibility.FOLLOWERS)
    publish(unit, alice, answer)
    publish(unit, alice, Draft(text="the finding", summary="Wound", visibility=Visibility.FOLLOWERS))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_on_a_phone(house: Database, chromium: Browser, scheme: str) -> None:
    alice, bob = phone(chromium, house, scripts=False), phone(chromium, house, scripts=False)
    bob.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    join(alice, link(house))
    join(bob, link(house, Role.MEMBER), "bob")
    house.run_write(said)

    bob.get_by_role("link", name="Home").click()
    sound(bob)
    ground = bob.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 25, 24)") == (scheme == "dark")
    assert not bob.get_by_text("the finding").is_visible()
    bob.get_by_text("Wound").click()
    bob.get_by_text("the finding").wait_for()

    bob.get_by_role("button", name="Favourite").first.click()
    bob.get_by_role("button", name="Take the favourite back · 1").wait_for()
    sound(bob)
    bob.locator("article", has_text="A question").locator("time").click()
    bob.get_by_text("An answer").wait_for()
    sound(bob)
    bob.get_by_role("link", name="Settings").click()
    sound(bob)


def test_writing_on_a_phone(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house, scripts=False)
    join(page, link(house))
    page.get_by_role("link", name="Write").click()
    sound(page)
    page.get_by_label("Your post").fill("What do you make of this? " + LONG)
    page.get_by_text("Add a picture").click()
    page.get_by_label("Picture", exact=True).set_input_files(
        [{"name": "ecg.png", "mimeType": "image/png", "buffer": png(640, 400)}]
    )
    page.get_by_label("What the picture shows").fill("An ECG")
    sound(page)
    page.get_by_role("button", name="See who gets it").click()
    page.get_by_role("heading", name="Who gets it").wait_for()
    sound(page)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/posts/*")
    page.get_by_alt_text("An ECG").wait_for()
    page.wait_for_function("document.querySelector('article img').naturalWidth > 0")
    sound(page)
    page.get_by_role("link", name="Reply").click()
    page.get_by_role("heading", name="Answer").wait_for()
    sound(page)


def test_notifications_search_and_people_on_a_phone(house: Database, chromium: Browser) -> None:
    alice, bob = phone(chromium, house, scripts=False), phone(chromium, house, scripts=False)
    join(alice, link(house))
    join(bob, link(house, Role.MEMBER), "bob")
    house.run_write(said)
    alice.get_by_role("link", name="Notifications").click()
    alice.get_by_role("heading", name="You have new followers").wait_for()
    sound(alice)
    alice.get_by_role("button", name="Mark all as read").click()
    alice.get_by_role("link", name="bob").click()
    sound(alice)
    alice.get_by_role("button", name="Follow", exact=True).click()
    alice.get_by_role("button", name="Stop following").wait_for()
    sound(alice)
    alice.get_by_role("link", name="Search").click()
    alice.get_by_role("searchbox").fill("question")
    alice.get_by_role("button", name="Search").click()
    alice.get_by_text("A question").wait_for()
    sound(alice)
