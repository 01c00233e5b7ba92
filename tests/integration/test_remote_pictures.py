"""Apps load pictures of other instances from their own: fetched once, cleaned, and only for those who may see them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.instances import Launcher, LiveAccount, LiveInstance, eventually, launcher
from tests.support.pictures import png
from tests.support.recordings import THERE, recording

__all__ = ["launcher"]

pytestmark = pytest.mark.slow
A = "/api/v1/accounts"


def follow(who: LiveAccount, whom: str) -> str:
    """Follows somebody elsewhere; answers the id that they have here."""
    found = who.client.get("/api/v2/search", params={"q": whom, "type": "accounts", "resolve": "true"})
    (account,) = found.raise_for_status().json()["accounts"]
    who.client.post(f"{A}/{account['id']}/follow").raise_for_status()
    eventually(
        lambda: who.client.get(f"{A}/relationships", params={"id[]": account["id"]}).json()[0]["following"]
    )
    return str(account["id"])


def first_at_home(who: LiveAccount) -> Any:
    return eventually(
        lambda: [one for one in who.client.get("/api/v1/timelines/home").json() if one["media_attachments"]]
    )[0]


def path(instance: LiveInstance, url: str) -> str:
    assert url.startswith(instance.base + "/media/")
    return url.removeprefix(instance.base)


def plays_a_video_from_elsewhere(alice: LiveAccount, ben: LiveAccount, hospital: LiveInstance) -> None:
    files = {"file": ("clip.mp4", recording("mp4"), "video/mp4")}
    sent = ben.client.post("/api/v2/media", files=files, data={"description": "a suture"})
    assert sent.status_code == 202
    here = f"/api/v1/media/{sent.json()['id']}"
    eventually(lambda: ben.client.get(here).status_code == 200)
    ben.client.post(
        "/api/v1/statuses", json={"status": "film", "media_ids": [sent.json()["id"]]}
    ).raise_for_status()
    kinds = eventually(
        lambda: [
            one["media_attachments"][0]
            for one in alice.client.get("/api/v1/timelines/home").json()
            if one["media_attachments"] and one["media_attachments"][0]["type"] == "video"
        ]
    )
    assert (kinds[0]["description"], kinds[0]["remote_url"]) == ("a suture", None)
    played = hospital.client().get(
        path(hospital, kinds[0]["url"]), headers={"Range": "bytes=4-7"}, timeout=30
    )
    assert (played.status_code, played.content, played.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    preview = hospital.client().get(path(hospital, kinds[0]["preview_url"]))
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/png")


def test_a_picture_from_elsewhere_is_loaded_through_our_own_links(launcher: Launcher) -> None:
    hospital, society = (
        launcher.launch(name, CONSILIUM_DANGEROUS_PRIVATE_ADDRESSES="127.0.0.0/8", CONSILIUM_POSTS="public")
        for name in ("hospital", "society")
    )
    hospital.connect(society)
    alice, ben, eve = hospital.account("alice"), society.account("ben"), hospital.account("eve")
    face = {"avatar": ("me.png", png(40, 40), "image/png")}
    ben.client.patch(f"{A}/update_credentials", files=face).raise_for_status()
    ben_id = follow(alice, f"@ben@{society.origin}")
    upload = ben.client.post(
        "/api/v2/media", files={"file": ("x.png", png(64, 48), "image/png")}, data={"description": "a scan"}
    )
    media_id = upload.raise_for_status().json()["id"]
    said = {"status": "look", "media_ids": [media_id], "visibility": "private"}
    ben.client.post("/api/v1/statuses", json=said).raise_for_status()
    (picture,) = first_at_home(alice)["media_attachments"]
    assert picture["description"] == "a scan"
    assert picture["remote_url"] is None
    visitor = hospital.client()
    for url in (picture["url"], picture["preview_url"]):
        loaded = visitor.get(path(hospital, url))
        assert (loaded.status_code, loaded.headers["content-type"]) == (200, "image/png")
    if THERE:
        plays_a_video_from_elsewhere(alice, ben, hospital)
    avatar = alice.client.get(f"{A}/{ben_id}").json()["avatar"]
    loaded = visitor.get(path(hospital, avatar))
    assert (loaded.status_code, loaded.headers["content-type"]) == (200, "image/png")
    assert eve.client.get(f"{A}/{ben_id}/statuses").json() == []
    society.kill()
    assert visitor.get(path(hospital, picture["url"])).status_code == 200
    alice.client.post(f"{A}/{ben_id}/unfollow").raise_for_status()
    assert visitor.get(path(hospital, picture["url"])).status_code == 404
