"""Installed on a phone: there is a notice without a connection, and nothing that anybody wrote is kept."""

from __future__ import annotations

from playwright.sync_api import Browser

from server.store.session import Database
from tests.browser.test_group_pages import found_group
from tests.support.browsing import browser_tests, join, link, phone, sound

pytestmark = browser_tests

SHELL = {
    "/offline",
    "/manifest.webmanifest",
    "/static/consilium.css",
    "/static/shell.js",
    "/static/passkey.js",
    "/static/avatar.png",
    "/static/icon-192.png",
}
EVERYTHING_KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  return found;
}"""


def test_only_the_shell_is_kept(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    join(page, link(house))
    group = house.run_write(found_group)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    for path in ("/home", "/groups", f"/groups/{group}", "/notifications", "/search?q=cardio"):
        page.goto(path)
        sound(page)
    assert set(page.evaluate(EVERYTHING_KEPT)) == SHELL
    assert complaints == []

    page.context.set_offline(True)
    page.goto(f"/groups/{group}")
    page.get_by_role("heading", name="No connection").wait_for()
    sound(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).fontWeight") == "600"
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("heading", name="Home").wait_for()


def test_what_a_phone_needs_to_install_is_there(house: Database, chromium: Browser) -> None:
    page = phone(chromium, house)
    page.goto("/signin")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    told = page.evaluate("async (where) => (await fetch(where)).json()", address)
    assert (told["display"], told["scope"], told["start_url"]) == ("standalone", "/", "/home")
    for icon in told["icons"]:
        size = page.evaluate(
            "async (src) => { const i = new Image(); i.src = src; await i.decode(); return i.naturalWidth }",
            icon["src"],
        )
        assert f"{size}x{size}" == icon["sizes"]
    answer = page.goto("/signin")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
