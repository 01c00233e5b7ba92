"""A member ends their own account: what was written stays or goes, and what answers it stays in either case."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.core.errors import NotFound
from server.domain.posts import Visibility
from server.domain.users import Role
from server.domain.viewers import Member
from server.services import accounts
from server.services.posts import visible
from server.services.posts.publish import publish
from server.services.posts.writing import Draft
from tests.support.member_pages import add_person, browser, form_token, make_application, opened, sign_in

pytestmark = pytest.mark.anyio
PAGE = "/settings/end"


@pytest.mark.parametrize("becomes", ["keep", "delete"])
async def test_a_member_ends_the_account(tmp_path: Path, becomes: str) -> None:
    with opened(tmp_path, posts="public") as database:
        for name in ("alice", "bob"):
            add_person(database, name)
        alice, bob = (database.run_read(accounts.get_local, name) for name in ("alice", "bob"))
        question = Draft(text="A question", visibility=Visibility.PUBLIC)
        asked = database.run_write(publish, alice, question)
        answer = Draft(text="An answer", visibility=Visibility.PUBLIC, in_reply_to_id=asked.id)
        answered = database.run_write(publish, bob, answer)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "alice")
            page = await client.get(PAGE)
            assert page.status_code == 200
            fields = {"form_token": form_token(page), "becomes": becomes, "name": "alice"}
            for wrong in ({"becomes": ""}, {"becomes": "x"}, {"name": "bob"}, {"name": ""}):
                assert (await client.post(PAGE, data={**fields, **wrong})).status_code == 422
                assert (await client.get("/settings")).status_code == 200
            assert (await client.post(PAGE, data=fields)).headers["location"] == "/"
            assert (await client.get("/settings")).headers["location"].startswith("/signin")
            assert (await sign_in(client, "alice")).status_code == 422
        reader = Member(bob.id)
        assert database.run_read(visible.visible_post, reader, answered.id).id == answered.id
        if becomes == "keep":
            assert database.run_read(visible.visible_post, reader, asked.id).id == asked.id
        else:
            with pytest.raises(NotFound):
                database.run_read(visible.visible_post, reader, asked.id)


async def test_an_administrator_does_not_end_the_own_account(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        add_person(database, "alice", role=Role.ADMIN)
        async with browser(make_application(database), database) as client:
            await sign_in(client, "alice")
            fields = {"form_token": form_token(await client.get(PAGE)), "becomes": "keep", "name": "alice"}
            answer = await client.post(PAGE, data=fields)
            assert answer.status_code == 422 and "ended by another one" in answer.text
            assert (await client.get("/settings")).status_code == 200
