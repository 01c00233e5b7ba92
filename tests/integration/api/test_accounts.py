"""Accounts, relationships and what belongs to the caller."""

from __future__ import annotations

import pytest

from tests.integration.api.conftest import Api

pytestmark = pytest.mark.anyio
A = "/api/v1/accounts"


async def test_who_am_i(api: Api) -> None:
    ana = await api.member("ana")
    me = await ana.get(f"{A}/verify_credentials")
    assert (me["id"], me["acct"], me["url"]) == (ana.id, "ana", "https://med.test/@ana")
    assert me["avatar"].startswith("https://med.test/")
    assert me["source"]["privacy"] == "private"
    assert (await ana.get("/api/v1/preferences"))["posting:default:visibility"] == "private"
    await api.visitor.get(f"{A}/verify_credentials", 401)


async def test_a_scope_that_was_not_granted_is_refused(api: Api) -> None:
    reader = await api.member("reader", "read")
    await reader.ask("POST", "/api/v1/statuses", 403, data={"status": "no"})
    profile = await api.member("profile", "profile")
    await profile.get(f"{A}/verify_credentials")
    await profile.get("/api/v1/timelines/home", 403)


async def test_a_profile_is_changed_in_every_spelling(api: Api) -> None:
    ana = await api.member("ana")
    form = {
        "display_name": "Ana A",
        "note": "hello\nthere",
        "fields_attributes[0][name]": "Speciality",
        "fields_attributes[0][value]": "Anaesthesia",
        "locked": "true",
        "source[privacy]": "unlisted",
        "source[sensitive]": "1",
        "source[language]": "fr",
    }
    me = await ana.ask("PATCH", f"{A}/update_credentials", data=form)
    assert (me["display_name"], me["locked"], me["fields"][0]["value"]) == ("Ana A", True, "Anaesthesia")
    assert "<br>" in me["note"]
    assert (me["source"]["privacy"], me["source"]["sensitive"], me["source"]["language"]) == (
        "unlisted",
        True,
        "fr",
    )
    assert me["source"]["note"] == "hello\nthere"
    # a browser's form sends a part without name or bytes for each picture that nobody chose
    part = 'content-disposition: form-data; name="{}"; filename=""\r\ncontent-type: application/octet-stream\r\n\r\n\r\n'
    unchosen = "".join(f"--x\r\n{part.format(name)}" for name in ("avatar", "header")) + "--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    before = (me["avatar"], me["header"])
    me = await ana.ask("PATCH", f"{A}/update_credentials", content=unchosen, headers=headers)
    assert (me["avatar"], me["header"]) == before
    json = {"fields_attributes": [{"name": "a", "value": "b"}, {"name": "", "value": ""}], "locked": False}
    me = await ana.ask("PATCH", f"{A}/update_credentials", json=json)
    assert ([field["name"] for field in me["fields"]], me["locked"]) == (["a"], False)
    me = await ana.ask(
        "PATCH", f"{A}/update_credentials", data={"fields_attributes": "undefined"}
    )  # as masto.js
    assert [field["name"] for field in me["fields"]] == ["a"]
    await ana.ask("PATCH", f"{A}/update_credentials", 422, data={"display_name": "x" * 101})
    await ana.ask("PATCH", f"{A}/update_credentials", 422, json={"source": {"privacy": "mutuals"}})


async def test_accounts_are_found(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    assert (await ana.get(f"{A}/lookup", acct="@ben"))["id"] == ben.id
    assert (await ana.get(f"{A}/lookup", acct="ben@med.test"))["id"] == ben.id
    await ana.get(f"{A}/lookup", 404, acct="nobody")
    assert [one["id"] for one in await ana.get(f"{A}/search", q="be")] == [ben.id]
    assert (await ana.get(f"{A}/{ben.id}"))["acct"] == "ben"
    await ana.get(f"{A}/nosuchid", 404)
    await ana.get(f"{A}/lookup", 404, acct="instance")


async def test_an_open_account_is_followed_and_a_locked_one_is_asked(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    assert (await ana.post(f"{A}/{ben.id}/follow"))["following"] is True
    assert [one["id"] for one in await ana.get(f"{A}/{ben.id}/followers")] == [ana.id]
    assert [one["id"] for one in await ana.get(f"{A}/{ana.id}/following")] == [ben.id]
    changed = await ana.post(f"{A}/{ben.id}/follow", reblogs="false", notify="true")
    assert (changed["showing_reblogs"], changed["notifying"]) == (False, True)
    await ana.ask("PATCH", f"{A}/update_credentials", data={"locked": "true"})
    asked = await ben.post(f"{A}/{ana.id}/follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    assert [one["id"] for one in await ana.get("/api/v1/follow_requests")] == [ben.id]
    assert (await ana.get(f"{A}/verify_credentials"))["source"]["follow_requests_count"] == 1
    assert (await ana.post(f"/api/v1/follow_requests/{ben.id}/authorize"))["followed_by"] is True
    await ana.post(f"/api/v1/follow_requests/{ben.id}/reject", 404)
    assert (await ana.post(f"{A}/{ben.id}/remove_from_followers"))["followed_by"] is False
    assert (await ana.post(f"{A}/{ben.id}/unfollow"))["following"] is False


async def test_blocks_and_mutes_are_listed_and_undone(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.say("mine", visibility="public")
    assert (await ana.post(f"{A}/{ben.id}/block"))["blocking"] is True
    await ben.get(f"/api/v1/statuses/{made['id']}", 404)
    assert [one["id"] for one in await ana.get("/api/v1/blocks")] == [ben.id]
    assert [one["id"] for one in await ana.get(f"{A}/search", q="ben")] == [ben.id]
    assert (await ana.post(f"{A}/{ben.id}/unblock"))["blocking"] is False
    assert (await ana.post(f"{A}/{ben.id}/mute", duration="600"))["muting"] is True
    (muted,) = await ana.get("/api/v1/mutes")
    assert (muted["id"], muted["mute_expires_at"] is not None) == (ben.id, True)
    assert (await ana.post(f"{A}/{ben.id}/unmute"))["muting"] is False
    assert (await ana.post(f"{A}/{ben.id}/note", comment="colleague"))["note"] == "colleague"
    (relation,) = await ana.get(f"{A}/relationships", **{"id[]": ben.id})
    assert (relation["id"], relation["note"]) == (ben.id, "colleague")


async def test_lists_hold_whom_one_follows(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.post("/api/v1/lists", title="ICU", exclusive="true")
    assert (made["title"], made["replies_policy"], made["exclusive"]) == ("ICU", "list", True)
    path = f"/api/v1/lists/{made['id']}"
    await ana.ask("POST", f"{path}/accounts", 404, data={"account_ids[]": ben.id})
    await ana.post(f"{A}/{ben.id}/follow")
    await ana.ask("POST", f"{path}/accounts", json={"account_ids": [ben.id]})
    assert [one["id"] for one in await ana.get(f"{path}/accounts")] == [ben.id]
    assert [one["id"] for one in await ana.get(f"{A}/{ben.id}/lists")] == [made["id"]]
    said = await ben.say("for the list", visibility="public")
    assert [one["id"] for one in await ana.get(f"/api/v1/timelines/list/{made['id']}")] == [said["id"]]
    assert await ana.get("/api/v1/timelines/home") == []
    await ben.get(path, 404)
    assert (await ana.ask("PUT", path, data={"title": "renamed"}))["title"] == "renamed"
    await ana.ask("DELETE", f"{path}/accounts", json={"account_ids": [ben.id]})
    assert await ana.get(f"{path}/accounts") == []
    await ana.ask("DELETE", path)
    await ana.get(path, 404)
    await ana.post("/api/v1/lists", 422, title=" ")


async def test_markers_move_and_refuse_an_old_version(api: Api) -> None:
    ana = await api.member("ana")
    assert await ana.get("/api/v1/markers", **{"timeline[]": "home"}) == {}
    moved = await ana.ask("POST", "/api/v1/markers", data={"home[last_read_id]": "12"})
    assert (moved["home"]["last_read_id"], moved["home"]["version"]) == ("12", 1)
    moved = await ana.ask("POST", "/api/v1/markers", json={"home": {"last_read_id": "13"}})
    assert moved["home"]["version"] == 2
    stale = {"home": {"last_read_id": "14", "version": 1}}
    await ana.ask("POST", "/api/v1/markers", 409, json=stale)
    assert (await ana.get("/api/v1/markers", **{"timeline[]": "home"}))["home"]["last_read_id"] == "13"
    await ana.ask("POST", "/api/v1/markers", 422, json={"home": "x"})


async def test_a_report_is_taken(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ben.say("bad", visibility="public")
    fields = {"account_id": ben.id, "status_ids[]": made["id"], "comment": "test", "forward": "false"}
    report = await ana.ask("POST", "/api/v1/reports", data=fields)
    assert (report["status_ids"], report["target_account"]["id"]) == ([made["id"]], ben.id)
    await ana.ask("POST", "/api/v1/reports", 422, data={"comment": "of nobody"})
