"""What is deleted leaves the vault as well; what a row names stays."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from server.core.clock import SystemClock
from server.jobs.blobs import BlobSweep
from server.store.blobs import columns
from server.store.session import Unit
from server.store.tables.accounts import account
from server.store.tables.posts import media
from server.store.tables.verification import verification
from tests.integration.api.conftest import Api, Caller
from tests.support.pictures import png

pytestmark = pytest.mark.anyio


async def upload(who: Caller, width: int) -> Any:
    files = {"file": ("scan.png", png(width, 24), "image/png")}
    return await who.ask("POST", "/api/v2/media", files=files)


def yesterday(unit: Unit, media_id: str) -> None:
    """The upload came more than a day ago."""
    long_ago = unit.now - timedelta(days=1, minutes=1)
    unit.run(update(media).where(media.c.id == int(media_id)).values(created_at=long_ago))


async def sweep(api: Api, *, aged: bool = True) -> int:
    vault = api.instance.house.media
    if aged:
        for digest in vault.digests():
            os.utime(vault.path(digest), (0, 0))
    return await BlobSweep(api.instance.database, vault, SystemClock()).sweep()


def kept(api: Api) -> set[str]:
    return set(api.instance.house.media.digests())


async def test_a_deleted_picture_leaves_the_vault(api: Api) -> None:
    ana = await api.member("ana")
    said = [await ana.say("look", media_ids=[(await upload(ana, width))["id"]]) for width in (32, 40)]
    before = kept(api)
    assert await sweep(api) == 0
    assert kept(api) == before
    await ana.ask("DELETE", f"/api/v1/statuses/{said[0]['id']}")
    assert await sweep(api) == 0 and kept(api) == before  # it waits a day for the new draft
    await api.instance.database.write(yesterday, said[0]["media_attachments"][0]["id"])
    await sweep(api)
    left = kept(api)
    assert left < before
    picture = said[1]["media_attachments"][0]["url"].removeprefix("https://med.test")
    assert (await api.visitor.http.get(picture)).status_code == 200
    assert await sweep(api) == 0


async def test_a_message_takes_its_picture_along(api: Api) -> None:
    ana, _ = await api.member("ana"), await api.member("ben")
    said = await ana.say("@ben look", media_ids=[(await upload(ana, 32))["id"]], visibility="direct")
    await ana.ask("DELETE", f"/api/v1/statuses/{said['id']}")
    assert await sweep(api) > 0
    assert kept(api) == set()


async def test_the_same_bytes_in_two_posts_stay_until_both_are_gone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    first = await ana.say("mine", media_ids=[(await upload(ana, 32))["id"]])
    second = await ben.say("mine too", media_ids=[(await upload(ben, 32))["id"]])
    await ana.ask("DELETE", f"/api/v1/statuses/{first['id']}?delete_media=true")
    assert await sweep(api) == 0
    await ben.ask("DELETE", f"/api/v1/statuses/{second['id']}?delete_media=1")
    assert await sweep(api) > 0
    assert kept(api) == set()


async def test_what_was_just_stored_stays_though_no_row_names_it(api: Api) -> None:
    digest = api.instance.house.media.store(b"its row is being written")
    assert await sweep(api, aged=False) == 0
    os.utime(api.instance.house.media.path(digest), (0, 0))
    assert api.instance.house.media.store(b"its row is being written") == digest
    assert await sweep(api, aged=False) == 0
    assert digest in kept(api)


async def test_an_upload_that_no_post_came_for_goes_after_a_day(api: Api) -> None:
    ana = await api.member("ana")
    made = await upload(ana, 32)
    assert await sweep(api) == 0
    await api.instance.database.write(yesterday, made["id"])
    assert await sweep(api) > 0
    assert kept(api) == set()
    await ana.ask("GET", f"/api/v1/media/{made['id']}", 404)


async def test_faces_stay_until_they_are_replaced(api: Api) -> None:
    ana = await api.member("ana")
    for red in (40, 200):
        picture = png(48, 48, (red, 0, 0))
        files = {name: (f"{name}.png", picture, "image/png") for name in ("avatar", "header")}
        await ana.ask("PATCH", "/api/v1/accounts/update_credentials", files=files)
        before = kept(api)
        assert len(before) >= 2
        gone = await sweep(api)
        assert (gone > 0) is (red == 200)
        me = await ana.get("/api/v1/accounts/verify_credentials")
        for url in (me["avatar"], me["header"]):
            answer = await api.visitor.http.get(url.removeprefix("https://med.test"))
            assert answer.status_code == 200


def test_every_column_with_bytes_in_the_vault_is_marked() -> None:
    """One that is forgotten would lose what members uploaded."""
    assert set(columns()) == {
        *(media.c[name] for name in ("digest", "preview_digest", "original", "upload")),
        *(account.c[name] for name in ("avatar", "header")),
        verification.c.document_digest,
    }
