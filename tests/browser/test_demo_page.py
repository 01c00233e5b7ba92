"""`consilium demo` under the systemd unit's rules tells its story, and its board's page is walked in a browser: each press is a real step."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browsing import browser_tests
from tests.support.confinement import confining

pytestmark = [*browser_tests, pytest.mark.timeout(600)]
GRAVE = {"serious", "critical"}
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


@pytest.fixture
def board(tmp_path: Path) -> Iterator[str]:
    """The page's address. It is printed once every step of the terminal's story was seen."""
    command = [
        *confining(tmp_path),
        sys.executable,
        "-m",
        "server",
        "demo",
        "--dir",
        str(tmp_path / "houses"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if found := ADDRESS.search(line):
            yield found[0]
            break
    else:
        pytest.fail("".join(told)[-2500:])
    process.terminate()
    rest = process.stdout.read()
    assert process.wait(60) == 0, rest


def sound(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    assert page.locator("h1").count() == page.locator("main").count() == 1
    grave = [one for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    assert grave == [], page.url


def column(page: Page, name: str) -> str:
    return page.get_by_role("region", name=name).inner_text()


def press(page: Page, title: str) -> None:
    page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", level=1, name=title).wait_for()


def test_the_boards_page(board: str, chromium: Browser) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, locale="en-GB", java_script_enabled=True
    )
    page, other = context.new_page(), context.new_page()
    for one in (page, other):
        one.set_default_timeout(60_000)
        one.goto(board)
    sound(page)
    press(page, "A doctor asks on a phone")
    assert "palpitations" in column(page, "Bay Clinic")
    assert "palpitations" in column(page, "St Camillus Hospital")
    assert "Nothing of the group" in column(page, "Society of Cardiology")
    assert "receives no cases" not in column(page, "St Camillus Hospital")
    page.get_by_role("region", name="St Camillus Hospital").get_by_text("Why?").last.click()
    assert "receives no cases. [house.no-cases-to-the-society]" in column(page, "St Camillus Hospital")
    sound(page)

    # the other window stands where the story began: its press takes no step
    other.get_by_role("button", name="Next").click()
    other.get_by_text("That step was taken already").wait_for()
    assert other.get_by_role("heading", level=1).inner_text() == "1. A doctor asks on a phone"
    foreign = context.request.post(f"{board}next", form={"taken": "1", "ticket": "guessed"})
    assert "Nothing was done" in foreign.text()
    assert context.request.get(board, headers={"Host": "board.example"}).status == 403

    press(page, "An answer is held")
    assert "waits for a person since" in column(page, "Bay Clinic")
    assert "Slow it first" not in column(page, "St Camillus Hospital")
    press(page, "A person lets it go")
    assert "Slow it first" in column(page, "St Camillus Hospital")
    press(page, "An outsider sees nothing")
    press(page, "A name slips in, and the clock runs")
    assert "The clock runs" in column(page, "St Camillus Hospital")
    assert "Ada Example" not in page.inner_text("body")
    press(page, "Who may have seen it, and the proof of deletion")
    assert "Bay Clinic has stated, signed" in column(page, "St Camillus Hospital")
    page.get_by_text("The signed receipt").click()
    assert "eddsa-jcs-2022" in column(page, "St Camillus Hospital")
    sound(page)
    press(page, "What we cannot promise")
    assert "photograph a screen" in page.inner_text("main")
    assert page.get_by_role("button", name="Next").count() == 0

    page.get_by_role("link", name="Français").click()
    assert page.get_by_role("heading", level=1).inner_text() == "7. Ce que nous ne pouvons pas promettre"
    for step in range(8):
        page.goto(f"{board}?language=fr&step={step}")
        sound(page)
        assert page.evaluate("document.documentElement.lang") == "fr"
        assert not re.search(r"\b(the|arrived|rule)\b", page.inner_text(".told"))
    page.go_back()
    assert page.get_by_role("link", name="Revenir là où en est").count() == 1
