"""The page on which a person takes data along and brings some in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.app import running
from server.core.clock import FixedClock, SystemClock
from server.domain.member_files import FileKind
from server.services import accounts
from tests.integration.test_profile_pages import World
from tests.support.member_pages import add_person, browser, opened, sign_in

pytestmark = pytest.mark.anyio
PAGE = "/settings/files"


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """The whole instance, which looks people up elsewhere, with two members."""
    clock = FixedClock(SystemClock().now())
    with opened(folder, clock) as database:
        database.run_write(accounts.ensure_instance_actor)
        for name in ("alice", "bob"):
            add_person(database, name)
        async with running(database) as instance, browser(instance, database) as client:
            await sign_in(client, "alice")
            yield World(client, database, clock, instance)


async def test_files_are_taken_along_and_brought_in(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        text = "Account address,Show boosts\nbob,true\nnobody@new.example,true\n"
        answer = await w.post(
            PAGE, PAGE, data={"kind": "following"}, files={"file": ("f.csv", text.encode(), "text/csv")}
        )
        assert answer.status_code == 200
        assert "1 of 2 lines were brought in." in answer.text
        assert "nobody@new.example" in answer.text
        taken = await w.client.get(f"{PAGE}/following_accounts.csv")
        assert taken.headers["content-type"].startswith("text/csv")
        assert taken.headers["content-disposition"] == 'attachment; filename="following_accounts.csv"'
        assert taken.text.splitlines()[1].startswith("bob@")
        for kind in FileKind:
            assert (await w.client.get(f"{PAGE}/{kind.file_name}")).status_code == 200
        archive = (await w.client.get(f"{PAGE}/archive.json")).json()
        assert archive["account"]["name"] == "alice"
        assert (await w.client.get(f"{PAGE}/passwords.csv")).status_code == 404


async def test_what_is_no_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        good = {"file": ("f.csv", b"bob\n", "text/csv")}
        for data, files in (
            ({"kind": "secrets"}, good),
            ({"kind": "following"}, None),
            ({"kind": "following"}, {"file": ("f.csv", b"\xff", "text/csv")}),
        ):
            answer = await w.post(PAGE, PAGE, data=data, files=files)
            assert answer.status_code == 422
            assert 'role="alert"' in answer.text
