"""A served house and a phone's browser in front of it, for tests of our own pages. Skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from server.domain.users import Purpose, Role
from server.services import invitations
from server.store.session import Database
from tests.support.member_pages import make_application, make_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
browser_tests = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    # Chromium's pipes outlive their event loop for a moment
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
PASSWORD = "seven quiet herons"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Database]:
    with served(tmp_path) as database:
        yield database


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[Database]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    database = make_database(folder, domain=f"house.localhost:{port}", **settings)
    server = uvicorn.Server(
        uvicorn.Config(make_application(database), lifespan="off", log_level="error", ws="websockets-sansio")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    yield database
    server.should_exit = True
    thread.join(10)
    listener.close()
    database.close()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def phone(browser: Browser, house: Database, *, scripts: bool = True) -> Page:
    """A 360-pixel screen; a page that scrolls sideways, or a refused script or style, fails the test."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        base_url=house.context.settings.base,
        java_script_enabled=scripts,
        locale="en-GB",
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def sound(page: Page) -> None:
    """What each page must be."""
    page.wait_for_selector("footer")  # after a click the next page may have come, but not its content
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    assert page.evaluate("document.documentElement.lang") in {"en", "fr"}
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    assert page.locator(".evaluation").inner_text().strip()  # no patient data yet, in either language
    unnamed = page.evaluate(
        """[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
           .filter(e => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length"""
    )
    assert unnamed == 0, page.url


def link(house: Database, role: Role = Role.ADMIN) -> str:
    purpose = Purpose.SETUP if role is Role.ADMIN else Purpose.INVITE
    token = house.run_write(lambda unit: invitations.make(unit, "command", purpose=purpose, role=role))
    return f"/invitation/{token}"


def join(page: Page, where: str, name: str = "alice") -> None:
    page.goto(where)
    sound(page)
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@house.example")
    page.get_by_label("I accept").check()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Join with a password").click()
    page.wait_for_url("**/welcome")
