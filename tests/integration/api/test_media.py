"""Pictures: uploaded, described, shown to those who may see the post, and to nobody else."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from server.jobs.unit import Units
from server.jobs.uploads import UploadKeeper
from server.services import accounts
from server.store.session import Unit
from tests.integration.api.conftest import Api, Caller
from tests.support.pictures import png
from tests.support.recordings import SECRET, THERE, needs_ffmpeg, recording

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
S = "/api/v1/statuses"


async def upload(who: Caller, **fields: str) -> Any:
    files = {"file": ("scan.png", png(32, 24), "image/png")}
    return await who.ask("POST", "/api/v2/media", files=files, data=fields)


def path(url: str) -> str:
    assert url.startswith("https://med.test/media/")
    return url.removeprefix("https://med.test")


async def test_a_phones_photo_is_shown_as_jpeg(api: Api) -> None:
    ana = await api.member("ana")
    pillow_heif.register_heif_opener()
    photo = BytesIO()
    Image.new("RGB", (64, 48), (10, 120, 200)).save(photo, "HEIF")
    files = {"file": ("IMG_0001.HEIC", photo.getvalue(), "image/heic")}
    made = await ana.ask("POST", "/api/v2/media", files=files)
    assert made["type"] == "image"
    assert made["meta"]["original"]["width"] == 64
    said = await ana.ask("POST", "/api/v1/statuses", data={"status": "look", "media_ids[]": made["id"]})
    picture = await api.visitor.http.get(path(said["media_attachments"][0]["url"]))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    types = (await ana.get("/api/v2/instance"))["configuration"]["media_attachments"]["supported_mime_types"]
    assert {"image/heic", "image/avif"} <= set(types)


async def test_a_deleted_posts_picture_waits_for_the_new_draft(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await upload(ana, description="a red field")
    said = await ana.say("with a mistake", **{"media_ids[]": made["id"], "visibility": "public"})
    link = path((await ben.get(f"{S}/{said['id']}"))["media_attachments"][0]["url"])
    gone = await ana.ask("DELETE", f"{S}/{said['id']}")
    assert (gone["text"], gone["media_attachments"][0]["id"]) == ("with a mistake", made["id"])
    assert (await api.visitor.http.get(link)).status_code == 404  # nobody else sees it meanwhile
    await ben.ask("POST", S, 422, data={"status": "mine", "media_ids[]": made["id"]})
    again = await ana.say("without", **{"media_ids[]": made["id"], "visibility": "public"})
    assert again["media_attachments"][0]["description"] == "a red field"
    await ana.ask("DELETE", f"{S}/{again['id']}?delete_media=true")
    await ana.ask("POST", S, 422, data={"status": "once more", "media_ids[]": made["id"]})


async def test_a_deleted_messages_picture_goes_with_it(api: Api) -> None:
    ana, _ = await api.member("ana"), await api.member("ben")
    made = await upload(ana)
    said = await ana.say("@ben between us", **{"media_ids[]": made["id"], "visibility": "direct"})
    await ana.ask("DELETE", f"{S}/{said['id']}")
    await ana.ask("POST", S, 422, data={"status": "x", "media_ids[]": made["id"]})


async def test_a_link_ends_with_its_reader_and_is_kept_no_longer_than_it_lasts(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await upload(ana)
    said = await ana.say("", **{"media_ids[]": made["id"], "visibility": "public"})
    seen = await ben.get(f"{S}/{said['id']}")
    link = path(seen["media_attachments"][0]["url"])
    shown = await api.visitor.http.get(link)
    kept, _, seconds = shown.headers["cache-control"].partition(", max-age=")
    assert (shown.status_code, kept) == (200, "private")
    assert 0 < int(seconds) <= 24 * 3600

    def suspend(unit: Unit) -> None:
        accounts.suspend(unit, "test", accounts.get_local(unit, "ben"))

    await api.instance.database.write(suspend)
    assert (await api.visitor.http.get(link)).status_code == 404
    own = await ana.get(f"{S}/{said['id']}")
    assert (await api.visitor.http.get(path(own["media_attachments"][0]["url"]))).status_code == 200


async def test_a_picture_is_uploaded_described_posted_and_loaded_without_a_token(api: Api) -> None:
    ana = await api.member("ana")
    made = await upload(ana, description="red", focus="0.5,-0.25")
    assert (made["type"], made["description"], bool(made["blurhash"])) == ("image", "red", True)
    assert made["meta"]["original"] == {"width": 32, "height": 24, "size": "32x24", "aspect": 1.333333}
    assert made["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    changed = await ana.ask("PUT", f"/api/v1/media/{made['id']}", data={"description": "really red"})
    assert changed["description"] == "really red"
    assert (await ana.get(f"/api/v1/media/{made['id']}"))["id"] == made["id"]
    said = await ana.say("", **{"media_ids[]": made["id"], "visibility": "private"})
    (shown,) = said["media_attachments"]
    assert shown["description"] == "really red"
    for url in (shown["url"], shown["preview_url"]):
        picture = await api.visitor.http.get(path(url))
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert picture.headers["cache-control"].startswith("private, max-age=")
    assert (await ana.get(f"/api/v1/accounts/{ana.id}/statuses", only_media="true"))[0]["id"] == said["id"]


async def test_a_link_ends_when_its_reader_may_not_see_the_post_any_more(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await ben.post(f"/api/v1/accounts/{ana.id}/follow")
    made = await upload(ana)
    said = await ana.say("scan", **{"media_ids[]": made["id"], "visibility": "private"})
    (seen,) = (await ben.get(f"{S}/{said['id']}"))["media_attachments"]
    own = said["media_attachments"][0]["url"]
    assert seen["url"] != own
    assert (await api.visitor.http.get(path(seen["url"]))).status_code == 200
    await ana.post(f"/api/v1/accounts/{ben.id}/remove_from_followers")
    gone = await api.visitor.http.get(path(seen["url"]))
    missing = await api.visitor.http.get("/media/files/" + "A" * 50)
    assert (gone.status_code, gone.json()) == (missing.status_code, missing.json()) == (404, gone.json())
    assert (await api.visitor.http.get(path(own))).status_code == 200
    await ana.ask("DELETE", f"{S}/{said['id']}?delete_media=true")
    assert (await api.visitor.http.get(path(own))).status_code == 404


async def test_an_upload_is_its_owners_alone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await upload(ana)
    await ben.get(f"/api/v1/media/{made['id']}", 404)
    await ben.ask("PUT", f"/api/v1/media/{made['id']}", 404, data={"description": "mine"})
    await ben.ask("POST", S, 422, data={"status": "x", "media_ids[]": made["id"]})
    assert await ben.get("/api/v1/timelines/home") == []
    assert (await api.visitor.http.get(path(made["url"]))).status_code == 200


NO_PICTURES = [b"", b"%PDF-1.4 patient", b"\x00" * 128 + b"DICM", b"<svg/>", b"\x89PNG\r\n\x1a\nbroken"]


async def test_what_is_no_picture_is_refused_with_a_sentence(api: Api) -> None:
    ana = await api.member("ana")
    for data in NO_PICTURES:
        files = {"file": ("x.png", data, "image/png")}
        assert (await ana.ask("POST", "/api/v2/media", 422, files=files))["error"]
    await ana.ask("POST", "/api/v1/media", 422, files={"file": ("x.png", NO_PICTURES[1])})
    await ana.ask("POST", "/api/v2/media", 422, data={"file": "no file"})
    avatar = {"avatar": ("x.png", NO_PICTURES[1])}
    await ana.ask("PATCH", "/api/v1/accounts/update_credentials", 422, files=avatar)


async def test_an_avatar_is_shown_to_everybody_who_was_given_its_address(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    before = await ana.get("/api/v1/accounts/verify_credentials")
    assert before["avatar"] == "https://med.test/static/avatar.png"
    files = {"avatar": ("me.png", png(32, 24), "image/png")}
    me = await ana.ask("PATCH", "/api/v1/accounts/update_credentials", files=files)
    seen = (await ben.get(f"/api/v1/accounts/{ana.id}"))["avatar"]
    assert seen == me["avatar"]
    picture = await api.visitor.http.get(path(seen))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    other = path(seen)[:-1] + ("0" if seen[-1] != "0" else "1")
    assert (await api.visitor.http.get(other)).status_code == 404
    assert (await api.visitor.http.get(path(seen)[:-1] + "%C3%A9")).status_code == 404
    assert (await api.visitor.http.get(path(seen).replace("avatar", "header"))).status_code == 404
    gone = await ana.ask("DELETE", "/api/v1/profile/avatar")
    assert gone["avatar"] == before["avatar"]
    assert (await api.visitor.http.get(path(seen))).status_code == 404


async def test_an_edit_changes_what_a_picture_says(api: Api) -> None:
    ana = await api.member("ana")
    first, second = await upload(ana, description="one"), await upload(ana, description="two")
    said = await ana.ask("POST", S, json={"status": "x", "media_ids": [first["id"], second["id"]]})
    body = {
        "status": "x",
        "media_ids": [second["id"]],
        "media_attributes": [{"id": second["id"], "description": "second", "focus": "0,1"}],
    }
    edited = await ana.ask("PUT", f"{S}/{said['id']}", json=body)
    (left,) = edited["media_attachments"]
    assert (left["id"], left["description"], left["meta"]["focus"]["y"]) == (second["id"], "second", 1.0)


async def test_the_history_shows_the_pictures_of_then(api: Api) -> None:
    ana = await api.member("ana")
    picture = await upload(ana, description="one")
    said = await ana.ask("POST", S, json={"status": "x", "media_ids": [picture["id"]]})
    body = {
        "status": "y",
        "media_ids": [picture["id"]],
        "media_attributes": [{"id": picture["id"], "description": "two"}],
    }
    await ana.ask("PUT", f"{S}/{said['id']}", json=body)
    history = await ana.get(f"{S}/{said['id']}/history")
    assert [one["media_attachments"][0]["description"] for one in history] == ["one", "two"]
    await ana.ask("PUT", f"{S}/{said['id']}", json={"status": "z"})
    history = await ana.get(f"{S}/{said['id']}/history")
    assert [one["media_attachments"] for one in history] == [[], [], []]


# -- videos and sound ------------------------------------------------------------------------------------


async def send(who: Caller, data: bytes, status: int = 202, **fields: str) -> Any:
    files = {"file": ("clip.bin", data, "application/octet-stream")}
    return await who.ask("POST", "/api/v2/media", status, files=files, data=fields)


async def finished(who: Caller, media_id: str) -> Any:
    """What an app does: asks until the answer is no 206 any more."""
    for _ in range(200):
        answer = await who.answer("GET", f"/api/v1/media/{media_id}")
        if answer.status_code != 206:
            return answer.json()
        assert answer.json()["url"] is None
        await asyncio.sleep(0.05)
    raise AssertionError("not finished after ten seconds")


@needs_ffmpeg
async def test_a_video_is_made_ready_posted_and_played_in_parts(api: Api) -> None:
    ana = await api.member("ana")
    sent = await send(ana, recording("mp4"), description="a suture", focus="0.5,0.5")
    assert (sent["type"], sent["url"], sent["preview_url"]) == ("video", None, None)
    early = await ana.ask("POST", S, 422, data={"status": "x", "media_ids[]": sent["id"]})
    assert "still being made ready" in early["error"]
    made = await finished(ana, sent["id"])
    assert (made["type"], made["description"], bool(made["blurhash"])) == ("video", "a suture", True)
    assert made["meta"]["original"].items() >= {"width": 64, "height": 48}.items()
    assert 0.9 <= made["meta"]["original"]["duration"] <= 1.2
    assert made["meta"]["focus"] == {"x": 0.5, "y": 0.5}
    vault = api.instance.house.media
    assert len(list(vault.digests())) == 2, "video and preview; what was sent is gone"
    assert all(SECRET.encode() not in (vault.read(each) or b"") for each in vault.digests())
    said = await ana.say("look", **{"media_ids[]": sent["id"]})
    (shown,) = said["media_attachments"]
    whole = await api.visitor.http.get(path(shown["url"]))
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    part = await api.visitor.http.get(path(shown["url"]), headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, whole.content[:2])
    assert part.headers["content-range"] == f"bytes 0-1/{len(whole.content)}"
    beyond = await api.visitor.http.get(path(shown["url"]), headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    preview = await api.visitor.http.get(path(shown["preview_url"]))
    assert preview.headers["content-type"].startswith("image/")
    assert (await ana.get("/api/v2/search", q="has:video suture", type="statuses"))["statuses"]


@needs_ffmpeg
async def test_sound_has_no_picture_and_stands_alone(api: Api) -> None:
    ana = await api.member("ana")
    sent = await send(ana, recording("ogg", pictures=False))
    made = await finished(ana, sent["id"])
    assert (made["type"], made["preview_url"]) == ("audio", None)
    scan = await upload(ana)
    both = {"status": "x", "media_ids[]": [made["id"], scan["id"]]}
    assert "only file" in (await ana.ask("POST", S, 422, data=both))["error"]
    (shown,) = (await ana.say("murmur", **{"media_ids[]": made["id"]}))["media_attachments"]
    assert shown["preview_url"] is None
    assert (await api.visitor.http.get(path(shown["url"]))).headers["content-type"] == "audio/mp4"


@needs_ffmpeg
async def test_what_cannot_be_made_ready_says_why_and_is_not_posted(api: Api) -> None:
    ana = await api.member("ana")
    sent = await send(ana, recording("mp4")[:3000])
    refused = await finished(ana, sent["id"])
    assert refused == {"error": "The file is damaged or incomplete."}
    await ana.get(f"/api/v1/media/{sent['id']}", 422)
    await ana.ask("POST", S, 422, data={"status": "x", "media_ids[]": sent["id"]})
    assert list(api.instance.house.media.digests()) == []


@needs_ffmpeg
async def test_an_upload_that_a_stop_interrupted_is_made_ready_after_the_next_start(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await api.member("ana")
    interrupted = asyncio.Event()

    async def never(*_: object) -> bytes:
        interrupted.set()
        raise asyncio.CancelledError

    house, units = api.instance.house, api.instance.database
    with monkeypatch.context() as patched:
        patched.setattr("server.media.recordings.worked", never)
        sent = await send(ana, recording("mp4"))
        async with asyncio.timeout(5):
            await interrupted.wait()
    assert (await ana.answer("GET", f"/api/v1/media/{sent['id']}")).status_code == 206
    await UploadKeeper(Units(units), house.recordings, house.media, house.context).work_waiting()
    assert (await finished(ana, sent["id"]))["type"] == "video"


async def test_without_ffmpeg_videos_are_refused_and_not_announced(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await api.member("ana")
    here = "/api/v2/instance"
    if THERE:
        limits = (await ana.get(here))["configuration"]["media_attachments"]
        assert {"video/mp4", "audio/mpeg"} <= set(limits["supported_mime_types"])
        assert limits["video_size_limit"] == 36 * 1024 * 1024
    monkeypatch.setenv("PATH", "")
    limits = (await ana.get(here))["configuration"]["media_attachments"]
    assert not any(kind.startswith(("video", "audio")) for kind in limits["supported_mime_types"])
    assert limits["video_size_limit"] == 0
    refused = await send(ana, b"\0\0\0\x18ftypisom" + bytes(64), 422)
    assert "has no program" in refused["error"]
