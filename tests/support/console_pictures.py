"""The pictures of the staff's pages in docs/admin, from the running demo: `python -m tests.support.console_pictures` takes them anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browsing import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[2] / "docs" / "admin"
PASSWORD = "seven quiet herons"
BOARD = re.compile(r"http://127\.0\.0\.1:\d+/")
HOUSE = re.compile(r"http://(hospital\.localhost:(\d+))/")
WIDTH, MOST = 900, 1100
COLOURS = 32


def take(page: Page, name: str) -> None:
    raw = Image.open(BytesIO(page.screenshot(full_page=True)))
    raw.crop((0, 0, raw.width, min(raw.height, MOST))).quantize(COLOURS).save(
        FOLDER / f"{name}.png", optimize=True
    )


def walk(page: Page, board: str) -> None:
    """The board's story to its end, so that there is something to be seen."""
    page.goto(board)
    while page.get_by_role("button", name="Next").count():
        page.get_by_role("button", name="Next").click()
        page.wait_for_load_state()


def console(page: Page, house: str) -> None:
    page.goto(f"{house}/signin")
    page.get_by_label("E-mail address or name").fill("chief")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("For staff").wait_for()
    page.goto(f"{house}/admin")
    take(page, "first-page")
    page.goto(f"{house}/admin/partners")
    page.get_by_role("link", name=re.compile(r"clinic\.localhost")).first.click()
    take(page, "partner")
    page.goto(f"{house}/admin/decisions?effect=deny")
    take(page, "decisions")
    page.goto(f"{house}/admin/incidents")
    page.locator("main ul a").first.click()
    take(page, "incident")
    page.goto(f"{house}/admin/policies")
    page.get_by_label("What it says").select_option("template.hold-above-discussion")
    page.get_by_label("A name for the rule").fill("house.cases-wait")
    page.get_by_role("button", name="Show what it would do").click()
    take(page, "rule")


def main() -> None:
    if CHROMIUM is None:
        sys.exit("needs Chromium")
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [sys.executable, "-m", "server", "demo", "--dir", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert demo.stdout is not None
        try:
            told = ""
            while not (board := BOARD.search(told)):
                told += demo.stdout.readline()
            found = HOUSE.search(told)
            assert found is not None
            environment = {
                **os.environ,
                "CONSILIUM_DOMAIN": found[1],
                "CONSILIUM_SCHEME": "http",
                "CONSILIUM_DATA_DIR": f"{folder}/hospital",
            }
            chief = ["account", "create", "chief", "--email", "chief@example.org", "--role", "admin"]
            subprocess.run(
                [sys.executable, "-m", "server", *chief, "--password-stdin"],
                env=environment,
                input=f"{PASSWORD}\n",
                text=True,
                check=True,
            )
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                page = browser.new_page(viewport={"width": WIDTH, "height": 700}, locale="en-GB")
                page.set_default_timeout(60_000)
                walk(page, board[0])
                console(page, found[0].rstrip("/"))
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
