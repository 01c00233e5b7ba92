"""Polls, messages and one's own posts on our pages, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from server.core.clock import SystemClock
from server.domain.posts import Visibility
from server.domain.viewers import Member
from server.services import polls
from server.services.polls import PollDraft
from server.services.posts import visible
from tests.support.member_pages import Visit, add_person, browser, make_application, opened, sign_in

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@asynccontextmanager
async def visit(folder: Path) -> AsyncIterator[Visit]:
    """alice is signed in."""
    with opened(folder, posts="public") as database:
        for name in ("alice", "bob"):
            add_person(database, name)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "alice")
            yield Visit(client, database)


async def test_a_member_votes_once_and_sees_what_came_of_it(tmp_path: Path) -> None:
    async with visit(tmp_path) as w:
        asked = w.post("bob", "Which?", poll=PollDraft(("Aspirin", "Heparin"), HOUR))
        here, back = f"/posts/{asked.id}", f"/posts/{asked.id}#post-{asked.id}"
        page = await w.page(here)
        assert page.count('type="radio"') == 2 and "Choose one" in page
        await w.send(f"{here}/vote", 422, back=back)
        await w.send(f"{here}/vote", 422, choice="7", back=back)
        answer = await w.send(f"{here}/vote", choice="1", back=back)
        assert answer.headers["location"] == back
        page = await w.page(here)
        assert 'type="radio"' not in page and "The poll ends on" in page
        assert re.search(r"Heparin · 1 vote · <strong>your choice", page)
        await w.send(f"{here}/vote", 422, choice="0", back=back)
        mine = w.post("alice", "Mine?", poll=PollDraft(("a", "b"), HOUR, multiple=True, hide_totals=True))
        page = await w.page(f"/posts/{mine.id}")
        assert "a · 0 votes" in page and 'name="choice' not in page
        several = w.post("bob", "All?", poll=PollDraft(("x", "y"), HOUR, multiple=True, hide_totals=True))
        page = await w.page(f"/posts/{several.id}")
        assert page.count('type="checkbox" value') == 2 and "0 votes" not in page
        await w.send(f"/posts/{several.id}/vote", **{"choice[]": "1"}, back="/home")
        poll = w.run(polls.find, several.id)
        assert poll is not None
        assert [option.votes for option in poll.options] == [0, 1]
        page = await w.page(f"/posts/{several.id}")  # a further choice may be added; none is taken back
        assert re.search(r'value="1" checked disabled>\s*<label[^>]*>y · your choice', page)
        await w.send(f"/posts/{several.id}/vote", **{"choice[]": "0"}, back="/home")
        assert 'type="checkbox" value' not in await w.page(f"/posts/{several.id}")
        plain = w.post("bob", "No poll")
        await w.send(f"/posts/{plain.id}/vote", 404, choice="0")


async def test_a_poll_is_made_looked_at_and_sent(tmp_path: Path) -> None:
    async with visit(tmp_path) as w:
        form = {"text": "Which?", "audience": "public", "once": "1", "choice_1": "Aspirin", "lasts": "72"}
        page = (await w.send("/write", 422, **form, act="send")).text
        assert "at least two choices" in page and 'value="Aspirin"' in page and "<details open>" in page
        form |= {"choice_3": "Heparin", "several": "on"}
        page = (await w.send("/write", 200, **form, act="preview")).text
        assert '<option value="72" selected>' in page and re.search(
            'name="several" type="checkbox" checked', page
        )
        answer = await w.send("/write", **form, act="send")
        made = w.run(polls.find, int(answer.headers["location"].removeprefix("/posts/")))
        assert made is not None and made.expires_at is not None
        assert [option.title for option in made.options] == ["Aspirin", "Heparin"]
        assert made.multiple and made.expires_at - SystemClock().now() > timedelta(hours=71)


async def test_a_post_gets_other_words_and_keeps_its_poll(tmp_path: Path) -> None:
    async with visit(tmp_path) as w:
        mine = w.post("alice", "Wich?", summary="Dose", poll=PollDraft(("a", "b"), HOUR))
        poll = w.run(polls.find, mine.id)
        assert poll is not None
        w.run(polls.vote, w.account("bob"), poll.id, [0])
        page = await w.page(f"/posts/{mine.id}/edit")
        assert ">Wich?</textarea>" in page and 'value="Dose"' in page and "The poll stays as it is." in page
        refused = await w.send(f"/posts/{mine.id}/edit", 422, text="x" * 6000, warning="Dose")
        assert "at most" in refused.text and "x" * 6000 in refused.text
        await w.send(f"/posts/{mine.id}/edit", text="Which?", warning="")
        page = await w.page(f"/posts/{mine.id}")
        assert "Which?" in page and "edited" in page and "a · 1 vote" in page and "Dose" not in page
        others = w.post("bob", "Not yours")
        for path in (f"/posts/{others.id}/edit", f"/posts/{others.id}/delete"):
            await w.page(path, 404)
            await w.send(path, 404, text="Mine now")
        assert f"/posts/{others.id}/edit" not in await w.page(f"/posts/{others.id}")


async def test_a_post_is_deleted_after_a_question(tmp_path: Path) -> None:
    async with visit(tmp_path) as w:
        mine = w.post("alice", "Take this back")
        assert f'href="/posts/{mine.id}/delete"' in await w.page("/home")
        page = await w.page(f"/posts/{mine.id}/delete")
        assert "Take this back" in page and "asked to delete it" in page
        assert (await w.send(f"/posts/{mine.id}/delete")).headers["location"] == "/home"
        await w.page(f"/posts/{mine.id}", 404)
        alice = Member(w.account("alice").id)
        assert w.run(visible.visible_posts, alice, [mine.id]) == {}


async def test_messages_are_listed_with_who_is_in_them_and_read(tmp_path: Path) -> None:
    async with visit(tmp_path) as w:
        assert "Nothing to see here yet." in await w.page("/messages")
        said = w.post("bob", "@alice only for you", visibility=Visibility.DIRECT)
        page = await w.page("/messages")
        assert "only for you" in page and '<a href="/@bob">bob</a>' in page and 'class="badge">New' in page
        [number] = re.findall(r'action="/messages/(\d+)/read"', page)
        await w.send(f"/messages/{number}/read")
        page = await w.page("/messages")
        assert 'class="badge">New' not in page and f"/posts/{said.id}" in page
        await w.send("/messages/1/read", 404)
        written = await w.page("/write?to=")
        assert 'value="direct" selected' in written
