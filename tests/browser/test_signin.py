"""A person joins, protects their account, signs in with each factor, and loses their phone: in a real browser.

Passkeys are made by Chromium's virtual authenticator. Skipped where there is no Chromium.
"""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Browser, Page

from server.domain.users import Role
from server.store.session import Database
from tests.support.browsing import (
    PASSWORD,
    browser_tests,
    join,
    link,
    phone,
    sound,
)

pytestmark = browser_tests


def sign_in(page: Page, name: str = "alice") -> None:
    page.goto("/signin")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_authenticator(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    page.goto("/settings/security")
    sound(page)
    page.get_by_role("button", name="Add an authenticator app").click()
    sound(page)
    assert page.locator("img.qr").evaluate("e => e.naturalWidth") > 100
    totp = pyotp.TOTP(page.locator("main code").inner_text())
    page.get_by_label("Six digits").fill(totp.now())
    page.get_by_role("button", name="Confirm").click()
    sound(page)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    return totp, codes


def virtual_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_joining_without_scripts_then_a_second_factor_then_a_lost_phone(
    house: Database, chromium: Browser
) -> None:
    page = phone(chromium, house, scripts=False)
    where = link(house)
    page.goto(where)
    assert page.get_by_role("button", name="Join with a passkey").count() == 0
    page.get_by_role("link", name="Français").click()
    assert page.evaluate("document.documentElement.lang") == "fr"
    join(page, where)
    sound(page)
    page.goto(where)
    assert "no longer valid" in page.inner_text("main")
    totp, codes = add_authenticator(page)

    other = phone(chromium, house)
    sign_in(other)
    other.wait_for_url("**/signin/second**")
    sound(other)
    other.goto("/settings/sessions")
    assert "/signin/second" in other.url  # half a session opens nothing
    other.get_by_label("Code from your authenticator app").fill(codes[0])
    other.get_by_role("button", name="Confirm").click()
    other.wait_for_url("**/settings/sessions")
    sound(other)
    assert other.get_by_role("button", name="Sign out Chrome, Linux").count() == 1  # the first browser
    other.get_by_label("Also forget my passkeys").check()
    other.get_by_role("button", name="Sign out everything else").click()
    other.wait_for_url("**lost=done")
    page.goto("/settings/sessions")
    assert "/signin" in page.url  # the first browser was signed out
    sign_in(page)
    page.wait_for_url(re.compile(r":\d+/home$"))  # no second factor is left
    assert totp.now()


def test_a_code_counts_once_and_a_wrong_one_not_at_all(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house)
    join(page, link(house))
    _totp, codes = add_authenticator(page)
    for code, good in (
        ("abcd-efgh-jkmn-pqrs", False),
        (codes[3].upper().replace("-", " "), True),
        (codes[3], False),
    ):
        other = phone(chromium, house)
        sign_in(other)
        other.get_by_label("Code from your authenticator app").fill(code)
        other.get_by_role("button", name="Confirm").click()
        other.wait_for_load_state()
        assert ("/signin/second" not in other.url) is good
        if not good:
            assert other.get_by_role("alert").inner_text()


def test_a_passkey_as_second_factor_alone_and_for_joining(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house)
    virtual_authenticator(page)
    join(page, link(house))
    page.goto("/settings/security")
    page.get_by_label("Name of the passkey").fill("my telephone")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_selector(".codes")
    page.goto("/settings/security")
    assert "my telephone" in page.inner_text("main")

    page.get_by_role("button", name="Sign out").first.click()
    sign_in(page)
    page.wait_for_url("**/signin/second**")
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r":\d+/home$"))

    page.get_by_role("button", name="Sign out").first.click()
    page.goto("/signin?next=/settings/sessions")
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/settings/sessions")

    page.get_by_role("button", name="Sign out").first.click()
    page.goto(link(house, Role.MEMBER))
    page.get_by_label("Name").fill("bob")
    page.get_by_label("E-mail address").fill("bob@house.example")
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Join with a passkey").click()
    page.wait_for_url("**/welcome")
    assert "@bob@" in page.inner_text("main")


def test_each_page_of_a_member_is_sound_and_refuses_nothing_of_its_own(
    house: Database, chromium: Browser
) -> None:
    page = phone(chromium, house)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    join(page, link(house))
    for path in (
        "/",
        "/settings/profile",
        "/settings/files",
        "/settings/security",
        "/settings/sessions",
        "/help/apps",
        "/terms",
        "/admin/invitations",
    ):
        page.goto(path)
        sound(page)
    page.get_by_label("E-mail address").or_(page.locator("main")).first.wait_for()
    page.goto("/admin/invitations")
    page.get_by_role("button", name="Make a link").click()
    assert "/invitation/" in page.locator("main code").inner_text()
    sound(page)
    page.goto("/settings/profile")
    page.get_by_label("Name that colleagues see").fill("Dr. Alice <b>")
    page.get_by_label("Language of these pages").select_option("fr")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert complaints == []


def test_the_keyboard_reaches_everything_in_order(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house)
    page.goto("/signin")
    seen = []
    for _ in range(7):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    assert seen == [
        "Skip to the content",
        "Consilium",
        "login",
        "password",
        "Sign in",
        "Use a passkey",
        "I lost my password",
    ]
