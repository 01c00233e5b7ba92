"""Marks and votes with scripts, on a phone: the page stays where it is, and what cannot be done is said as without scripts."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from server.domain.posts import Visibility
from server.domain.users import Role
from server.services import accounts, interactions, relationships
from server.services.polls import PollDraft
from server.services.posts.delete import delete
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Database, Unit
from tests.support.browsing import browser_tests, join, link, phone, sound

pytestmark = browser_tests

NEVER_LEFT = "window.stayed = true"
STAYED = "window.stayed === true"


def _said(unit: Unit) -> int:
    """What alice asks, below enough of hers to scroll."""
    alice, bob = accounts.get_local(unit, "alice"), accounts.get_local(unit, "bob")
    relationships.follow(unit, bob, alice)
    poll = PollDraft(("Biopsy", "Wait"), timedelta(days=1))
    asked = publish(
        unit, alice, Draft(text="Which?", visibility=Visibility.FOLLOWERS, poll=poll, summary="ECG")
    )
    for number in range(6):
        publish(unit, alice, Draft(text=f"Case {number} " + "word " * 80, visibility=Visibility.FOLLOWERS))
    interactions.bookmark(unit, bob, asked.id)
    return asked.id


def _reading(house: Database, chromium: Browser) -> tuple[Page, int]:
    bob = phone(chromium, house)
    bob.emulate_media(reduced_motion="reduce")  # a page that glides would be measured on its way
    join(phone(chromium, house, scripts=False), link(house))
    join(bob, link(house, Role.MEMBER), "bob")
    return bob, house.run_write(_said)


def test_marks_and_votes_change_where_they_stand(house: Database, chromium: Browser) -> None:
    bob, asked = _reading(house, chromium)
    bob.goto("/home")
    bob.evaluate(NEVER_LEFT)
    post = bob.locator(f"#post-{asked}")
    post.get_by_text("ECG").click()
    button = post.get_by_role("button", name="Favourite")
    button.focus()
    before = bob.evaluate("window.scrollY")
    assert before > 0
    bob.keyboard.press("Enter")
    expect(post.get_by_role("button", name="Take the favourite back · 1")).to_be_focused()
    assert bob.evaluate("window.scrollY") == before

    post.get_by_label("Wait").check()
    post.get_by_role("button", name="Vote").click()
    post.get_by_text("your choice").wait_for()
    expect(post.locator(f"#poll-{asked}")).to_be_focused()
    assert bob.evaluate(STAYED)
    sound(bob)

    bob.goto("/bookmarks")
    bob.evaluate(NEVER_LEFT)
    bob.get_by_role("button", name="Remove the bookmark").click()
    post.wait_for(state="detached")
    assert not bob.evaluate(STAYED)
    sound(bob)


def test_what_cannot_be_done_is_said_on_a_page(house: Database, chromium: Browser) -> None:
    bob, asked = _reading(house, chromium)
    bob.goto("/home")
    house.run_write(lambda unit: delete(unit, accounts.get_local(unit, "alice"), asked))
    bob.locator(f"#post-{asked}").get_by_role("button", name="Favourite").click()
    bob.wait_for_url(f"**/posts/{asked}/marks")
    sound(bob)
    assert bob.get_by_role("main").inner_text().strip()

    bob.goto("/home")
    bob.context.clear_cookies()
    bob.get_by_role("button", name="Favourite").first.click()
    bob.get_by_role("heading", name="Sign in").wait_for()
    sound(bob)
