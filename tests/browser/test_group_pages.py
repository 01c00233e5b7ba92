"""A group on a phone: found, joined, written in and moderated, with the pages sound on the way, in both languages."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from server.domain.boundary import GroupAccess
from server.domain.groups import Admission
from server.domain.users import Role
from server.domain.verification import Method
from server.services import accounts, groups, verification
from server.services.groups import Settings
from server.services.verification import Claim, Decision
from server.store.session import Database, Unit
from tests.support.browsing import browser_tests, join, link, phone, served, sound

pytestmark = browser_tests


def found_group(unit: Unit) -> int:
    accounts.ensure_instance_actor(unit)
    alice = accounts.get_local(unit, "alice")
    decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 7", 300)
    verification.record(unit, "command", alice, Claim("physician", ("cardiology",), "FR"), decision)
    settings = Settings(title="Cardiology of the north", rules="No names.", listed=True)
    return groups.create(unit, "command", "cardio", settings, alice).id


def verified(unit: Unit, name: str) -> None:
    decision = Decision(2, Method.REGISTER, "substantial", "aal2", "file 8", 300)
    account = accounts.get_local(unit, name)
    verification.record(unit, "command", account, Claim("nurse", (), "FR"), decision)


def test_a_group_on_a_phone(house: Database, chromium: Browser) -> None:
    alice, bob = phone(chromium, house), phone(chromium, house, scripts=False)
    complaints: list[str] = []
    alice.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    join(alice, link(house))
    group = house.run_write(found_group)
    join(bob, link(house, Role.MEMBER), "bob")
    house.run_write(verified, "bob")

    bob.goto("/groups")
    sound(bob)
    bob.get_by_role("link", name="Cardiology of the north").click()
    sound(bob)
    bob.get_by_role("link", name="Join this group").click()
    sound(bob)
    bob.get_by_label("I have read this and accept the rules").check()
    bob.get_by_role("button", name="Ask to join").click()
    bob.get_by_text("You have asked to be let in. You will be told.").wait_for()

    alice.goto(f"/groups/{group}")
    sound(alice)
    alice.get_by_role("link", name="1 person asks to be let in").click()
    sound(alice)
    alice.get_by_role("button", name="Admit @bob").click()
    alice.get_by_text("Nobody asks to be let in at the moment.").wait_for()
    alice.goto(f"/groups/{group}/members")
    sound(alice)

    bob.goto(f"/groups/{group}")
    bob.get_by_label("Your post").fill("An ECG to look at " + "with a long word " * 12 + "x" * 90)
    bob.get_by_role("button", name="Send to the group").click()
    sound(bob)
    bob.get_by_label("Your answer").fill("Nobody has answered yet")
    bob.get_by_role("button", name="Send to the group").click()
    sound(bob)

    alice.goto("/settings/profile")
    alice.get_by_label("Language of these pages").select_option("fr")
    alice.get_by_role("button", name="Save", exact=True).click()
    for path in ("/groups", f"/groups/{group}", f"/groups/{group}/join", f"/groups/{group}/members"):
        alice.goto(path)
        sound(alice)
        assert alice.evaluate("document.documentElement.lang") == "fr"
    alice.goto(f"/groups/{group}")
    alice.get_by_role("link", name="Discussion").first.click()
    sound(alice)
    alice.get_by_role("button", name="Retirer cette publication du groupe").click()
    sound(alice)
    assert complaints == []


def an_open_group(unit: Unit) -> int:
    accounts.ensure_instance_actor(unit)
    alice = accounts.get_local(unit, "alice")
    settings = Settings(
        title="Cardiology for everybody", access=GroupAccess.OPEN, admission=Admission.AUTOMATIC
    )
    return groups.create(unit, "command", "ward", settings, alice).id


def test_an_open_group_on_a_phone(tmp_path: Path, chromium: Browser) -> None:
    """Written in for everybody, moderated with a thumb; bob has no scripts."""
    with served(tmp_path, posts="public") as house:
        alice, bob = phone(chromium, house), phone(chromium, house, scripts=False)
        join(alice, link(house))
        home = f"/groups/{house.run_write(an_open_group)}"
        join(bob, link(house, Role.MEMBER), "bob")
        bob.goto(f"{home}/join")
        bob.get_by_label("I have read this and accept the rules").check()
        bob.get_by_role("button", name="Ask to join").click()
        bob.get_by_label("Your post").fill("A question to all " + "x" * 90)
        bob.get_by_role("button", name="Send to the group").click()
        sound(bob)
        path = bob.url
        assert bob.get_by_role("heading", name="For moderators").count() == 0

        alice.goto(path)
        sound(alice)
        alice.get_by_role("button", name="Close the discussion").click()
        alice.get_by_role("status").get_by_text("This was done.").wait_for()
        sound(alice)
        alice.get_by_role("button", name="Exclude @bob").click()
        alice.goto(f"{home}/members")
        sound(alice)
        alice.get_by_role("button", name="Let @bob in again").click()
        sound(alice)
        assert alice.get_by_role("button", name="Let @bob in again").count() == 0
        bob.goto(path)
        sound(bob)
