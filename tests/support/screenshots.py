"""The pictures of the members' documents: `python -m tests.support.screenshots` takes them anew, at 360 pixels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "members"
DOMAIN = "cases.hospital.example"
BASE = f"http://{DOMAIN}"
PASSWORD = "seven quiet herons"
SCOPES = "read write follow push"
APPS = (
    # where its picture goes, and what the app says of itself when it registers
    ("ice-cubes/consent", "IceCubesApp", "icecubesapp://"),
    ("mastodon/android", "Mastodon for Android", "mastodon-android-auth://callback"),
    ("mastodon/ios", "Mastodon for iOS", "mastodon://joinmastodon.org/oauth"),
    ("tusky/consent", "Tusky", "oauth2redirect://com.keylesspalace.tusky/"),
)
"""Apps that run on phones alone, with the words of their sources: what is ours of their way in is pictured."""


def take(page: Page, name: str) -> None:
    raw = Image.open(BytesIO(page.screenshot(full_page=True)))
    height = min(raw.height, 760)
    raw.crop((0, 0, raw.width, height)).quantize(48).save(FOLDER / f"{name}.png", optimize=True)


def call(path: str, **fields: str) -> dict[str, Any]:
    """As an app calls, beside the browser."""
    answer = httpx.post(os.environ["SCREENSHOT_SERVER"] + path, headers={"Host": DOMAIN}, data=fields)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def wish_of(client: str, redirect: str) -> tuple[dict[str, Any], str]:
    """An app that has registered, and the address that it opens."""
    app = call("/api/v1/apps", client_name=client, redirect_uris=redirect, scopes=SCOPES)
    asks = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": redirect, "scope": SCOPES}
    return app, f"{BASE}/oauth/authorize?{urlencode(asks)}"


def let_in(page: Page, name: str, client: str, redirect: str) -> None:
    """The page that the app opens, and its way back with a code that is good for a token."""
    app, wish = wish_of(client, redirect)
    page.goto(wish)
    (FOLDER / name).parent.mkdir(exist_ok=True)
    take(page, name)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.get_by_role("button", name="Authorize").click(no_wait_after=True)
    where = urlsplit(answered.value.headers["location"])
    assert where.scheme == urlsplit(redirect).scheme
    keys = {one: app[one] for one in ("client_id", "client_secret")}
    [code] = parse_qs(where.query)["code"]
    call("/oauth/token", grant_type="authorization_code", redirect_uri=redirect, code=code, **keys)


def story(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Name", exact=True).fill("ada")
    take(page, "join")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Join with a password").click()
    take(page, "welcome")
    wish = wish_of("Ice Cubes", "urn:ietf:wg:oauth:2.0:oob")[1]
    page.goto(wish)
    take(page, "consent")
    for name, client, redirect in APPS:
        let_in(page.context.new_page(), name, client, redirect)  # a page that has left for an app stays there
    page.context.clear_cookies()
    page.goto(wish)
    page.get_by_label("E-mail address or name").fill("ada")
    take(page, "signin")


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "CONSILIUM_DOMAIN": DOMAIN,
            "CONSILIUM_SCHEME": "http",
            "CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES": DOMAIN,
            "CONSILIUM_TITLE": "Hospital of Example",
            "CONSILIUM_DATA_DIR": folder,
        }
        os.environ["SCREENSHOT_SERVER"] = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "server"]
        link = subprocess.run(
            [*command, "account", "invite", "--email", "ada@hospital.example"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        server = subprocess.Popen(
            [*command, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            for _ in range(100):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            rules = f"--host-resolver-rules=MAP {DOMAIN}:80 127.0.0.1:{port}"
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", rules])
                context = browser.new_context(viewport={"width": 360, "height": 640}, locale="en-GB")
                page = context.new_page()
                story(page, link)
                browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
