"""A web client on another origin signs a person in, as Phanpy and Elk do it, in a real browser: popup and redirect.

The client is `web/client.html`: registration, PKCE, the way back, token, posts and streams are calls across origins.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import browser_tests, chromium
from tests.support.instances import PASSWORD, Launcher, LiveInstance
from tests.support.members import add_members

__all__ = ["chromium"]
pytestmark = browser_tests


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the library's
        """Says nothing."""


@pytest.fixture
def client(chromium: Browser) -> Iterator[Page]:
    """The client's page, open on an origin of its own."""
    folder = Path(__file__).with_name("web")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB").new_page()
    page.set_default_timeout(15_000)
    page.goto(f"http://client.localhost:{server.server_port}/client.html")
    yield page
    server.shutdown()
    server.server_close()


def sign_in(page: Page, decision: str) -> None:
    page.get_by_label("E-mail address or name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/oauth/authorize**")
    assert "A web client" in page.inner_text("main")
    page.get_by_role("button", name=decision, exact=True).click()


def use(page: Page, house: LiveInstance) -> None:
    """The first minute with a token."""
    assert page.evaluate("house => me(house)", house.base)["acct"] == "alice"
    assert page.evaluate("house => listen(house)", house.base)
    said = [page.evaluate("([house, text]) => say(house, text)", [house.base, text])["id"] for text in "ab"]
    home = page.evaluate("house => home(house)", house.base)
    assert home["ids"] == said[1:]
    assert f'{house.base}/api/v1/timelines/home?limit=1&max_id={said[1]}>; rel="next"' in home["link"]
    assert int(home["left"]) > 0
    page.wait_for_function("heard.includes('update')")


def test_a_web_client(launcher: Launcher, client: Page) -> None:
    house = launcher.launch("clinic", CONSILIUM_POSTS="public", CONSILIUM_RATE_LIMITS="on")
    add_members(house, "alice", password=PASSWORD)
    house.hear()
    where = client.url

    with client.expect_popup() as opened:
        client.evaluate("house => { popup(house).then((result) => { window.result = result }) }", house.base)
    sign_in(opened.value, "Authorize")
    # with its opener severed the popup has nobody to tell
    assert client.wait_for_function("window.result").json_value()["token"]
    use(client, house)
    # the house's cookie is in this browser now, and says nothing to a page elsewhere
    for path in ("/api/v1/accounts/verify_credentials", "/settings/profile", "/oauth/authorize"):
        assert client.evaluate("withCookies", house.base + path) in {401, "refused by the browser"}
    assert client.evaluate("revoke", house.base) == 401

    client.evaluate("redirect", house.base)
    sign_in(client, "Authorize")
    client.wait_for_url(f"{where}?code=*")
    assert client.evaluate("finish(location.search)")["token"]
    assert client.evaluate("house => me(house)", house.base)["acct"] == "alice"

    client.evaluate("redirect", house.base)
    sign_in(client, "Do not let it in")
    client.wait_for_url(f"{where}?error=*")
    assert client.evaluate("finish(location.search)") == {"error": "access_denied"}
