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

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "members"
DOMAIN = "cases.hospital.example"
BASE = f"http://{DOMAIN}"
PASSWORD = "seven quiet herons"


def take(page: Page, name: str) -> None:
    raw = Image.open(BytesIO(page.screenshot(full_page=True)))
    height = min(raw.height, 760)
    raw.crop((0, 0, raw.width, height)).quantize(48).save(FOLDER / f"{name}.png", optimize=True)


def story(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Name", exact=True).fill("ada")
    take(page, "join")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_label("I accept").check()
    page.get_by_role("button", name="Join with a password").click()
    take(page, "welcome")
    app = httpx.post(
        page.url.replace(BASE, os.environ["SCREENSHOT_SERVER"]).split("/welcome")[0] + "/api/v1/apps",
        headers={"Host": DOMAIN},
        data={
            "client_name": "Ice Cubes",
            "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
            "scopes": "read write follow push",
        },
    ).json()
    wish = (
        f"{BASE}/oauth/authorize?response_type=code&client_id={app['client_id']}"
        "&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read+write+follow+push"
    )
    page.goto(wish)
    take(page, "consent")
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
                page = browser.new_page(viewport={"width": 360, "height": 640}, locale="en-GB")
                story(page, link)
                browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
