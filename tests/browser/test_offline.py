"""Pages of groups without a connection, where the institution allows it: for a day, for who opened them, until they sign out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from server.domain.users import Role
from server.domain.viewers import Member
from server.services import accounts, groups, incidents
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from server.store.session import Database, Unit
from tests.browser.test_group_pages import found_group, verified
from tests.browser.test_installed import EVERYTHING_KEPT, SHELL
from tests.support.browsing import PASSWORD, browser_tests, join, link, phone, served, sound

pytestmark = browser_tests

SAID = "Broad complexes after the third dose"
OLDER_BY = """async (milliseconds) => {
  const cache = await caches.open("groups");
  for (const request of await cache.keys()) {
    const kept = await cache.match(request), headers = new Headers(kept.headers);
    const at = headers.get("consilium-kept-at");
    if (at) headers.set("consilium-kept-at", String(Number(at) - milliseconds));
    await cache.put(request, new Response(await kept.text(), { headers }));
  }
}"""
WORDS_KEPT = """async (words) => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      if ((await (await cache.match(request)).text()).includes(words)) return true;
  }
  return false;
}"""


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Database]:
    with served(tmp_path, offline_groups=True) as database:
        yield database


def _post(unit: Unit, group: int) -> int:
    author, account = accounts.get_local(unit, "alice"), accounts.get(unit, group)
    return publish(unit, author, Draft(text=f"@{account.username} {SAID}")).id


def _opened(house: Database, chromium: Browser) -> tuple[Page, str, int]:
    """A phone on which a group and one of its posts were opened, the address of the group's page, and the post."""
    page = phone(chromium, house)
    join(page, link(house))
    group = house.run_write(found_group)
    post = house.run_write(_post, group)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    for path in ("/home", f"/groups/{group}/posts/{post}", f"/groups/{group}"):
        page.goto(path)
        sound(page)
        assert not page.get_by_text("There is no connection.").is_visible()
    return page, f"/groups/{group}", post


def _without_connection(page: Page, where: str) -> str:
    page.context.set_offline(True)
    page.goto(where)
    sound(page)
    text = page.locator("main").inner_text()
    page.context.set_offline(False)
    return text


def _sign_in(page: Page, name: str) -> None:
    page.goto("/signin")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")


def test_nothing_of_a_group_is_kept_unless_the_institution_allows_it(
    house: Database, chromium: Browser
) -> None:
    page, group, _ = _opened(house, chromium)
    answer = page.goto(group)
    assert answer is not None
    assert SAID in page.locator("main").inner_text()
    assert set(page.evaluate(EVERYTHING_KEPT)) == SHELL
    assert page.evaluate(WORDS_KEPT, SAID) is False
    assert SAID not in _without_connection(page, group)
    assert answer.headers["cache-control"] == "private, no-store"
    assert not [name for name in answer.headers if name.startswith("consilium-")]


def test_a_group_is_read_without_a_connection_until_one_signs_out(
    keeping: Database, chromium: Browser
) -> None:
    page, group, post = _opened(keeping, chromium)
    answer = page.goto(group)
    assert answer is not None
    assert answer.headers["cache-control"] == "private, no-store"
    assert set(page.evaluate(EVERYTHING_KEPT)) - SHELL == {"/kept-for", group, f"{group}/posts/{post}"}

    page.context.set_offline(True)
    page.goto(group)
    sound(page)
    assert SAID in page.locator("main").inner_text()
    page.get_by_text("There is no connection. This is the page as it was on").wait_for()
    assert not page.get_by_role("button", name="Send to the group").is_visible()
    page.goto("/home")  # never kept: the notice says what there is
    page.get_by_role("heading", name="No connection").wait_for()
    sound(page)
    page.get_by_role("link", name="Post by alice").click()
    sound(page)
    assert SAID in page.locator("main").inner_text()
    page.context.set_offline(False)

    page.goto("/home")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert page.evaluate(WORDS_KEPT, SAID) is False
    page.evaluate(
        "navigator.serviceWorker.ready.then(() => null)"
    )  # everything went, and the shell came again
    assert SAID not in _without_connection(page, group)


def test_after_a_day_it_is_gone(keeping: Database, chromium: Browser) -> None:
    page, group, post = _opened(keeping, chromium)
    hour = int(timedelta(hours=1).total_seconds() * 1000)
    page.evaluate(OLDER_BY, 23 * hour)
    assert SAID in _without_connection(page, group)
    page.evaluate(OLDER_BY, hour)
    assert SAID not in _without_connection(page, group)
    assert page.evaluate(WORDS_KEPT, SAID) is False  # the other page as well, which nobody asked for
    page.goto(f"{group}/posts/{post}")
    page.evaluate(OLDER_BY, -hour)  # the device's clock was put back
    assert SAID not in _without_connection(page, f"{group}/posts/{post}")


def test_nobody_else_reads_it_on_the_same_device(keeping: Database, chromium: Browser) -> None:
    page, group, _ = _opened(keeping, chromium)
    join(phone(chromium, keeping), link(keeping, Role.MEMBER), "bob")
    page.context.clear_cookies()  # left without signing out
    _sign_in(page, "bob")
    assert page.evaluate(WORDS_KEPT, SAID) is False
    assert SAID not in _without_connection(page, group)


def test_it_goes_with_the_membership_and_with_an_incident(keeping: Database, chromium: Browser) -> None:
    page, group, post = _opened(keeping, chromium)
    keeping.run_write(_identifies, post)
    page.goto("/groups")
    assert page.evaluate(WORDS_KEPT, SAID) is False

    other = phone(chromium, keeping)
    join(other, link(keeping, Role.MEMBER), "bob")
    keeping.run_write(verified, "bob")
    keeping.run_write(_let_in, int(group.rsplit("/", 1)[1]))
    said = keeping.run_write(_post, int(group.rsplit("/", 1)[1]))
    other.goto(f"{group}/posts/{said}")
    assert SAID in _without_connection(other, f"{group}/posts/{said}")
    keeping.run_write(_put_out, int(group.rsplit("/", 1)[1]))
    assert SAID in _without_connection(other, f"{group}/posts/{said}")  # nothing has told the device yet
    other.goto("/notifications")
    assert other.evaluate(WORDS_KEPT, SAID) is False


def _identifies(unit: Unit, post: int) -> None:
    alice = accounts.get_local(unit, "alice")
    incidents.report(unit, alice, visible.visible_post(unit, Member(alice.id), post))


def _let_in(unit: Unit, group: int) -> None:
    groups.add(unit, "command", accounts.get(unit, group), accounts.get_local(unit, "bob"))


def _put_out(unit: Unit, group: int) -> None:
    groups.remove(unit, "command", accounts.get(unit, group), accounts.get_local(unit, "bob"))
