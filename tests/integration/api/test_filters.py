"""Filters of both versions, and what a status says of those that it meets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.conftest import Api, Caller

pytestmark = pytest.mark.anyio
FILTERS = "/api/v2/filters"
HOME = "/api/v1/timelines/home"


async def make(who: Caller, word: str, **fields: Any) -> Any:
    return await who.ask(
        "POST",
        FILTERS,
        json={
            "title": f"no {word}",
            "context": ["home"],
            "keywords_attributes": [{"keyword": word, "whole_word": True}],
            **fields,
        },
    )


async def met(who: Caller, status: dict[str, Any]) -> list[Any]:
    return list((await who.get(f"/api/v1/statuses/{status['id']}"))["filtered"])


async def test_a_filter_is_made_changed_and_deleted(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await make(ana, "zebra", filter_action="hide", expires_in=3600)
    assert (made["title"], made["context"], made["filter_action"]) == ("no zebra", ["home"], "hide")
    assert made["expires_at"]
    url = f"{FILTERS}/{made['id']}"
    word = made["keywords"][0]["id"]
    changed = await ana.ask(
        "PUT",
        url,
        json={
            "title": "stripes",
            "expires_in": "",
            "keywords_attributes": [
                {"id": word, "keyword": "horse", "whole_word": False},
                {"keyword": "donkey"},
            ],
        },
    )
    assert [one["keyword"] for one in changed["keywords"]] == ["horse", "donkey"]
    assert (changed["title"], changed["expires_at"], changed["filter_action"]) == ("stripes", None, "hide")
    gone = {"keywords_attributes": [{"id": word, "_destroy": True}]}
    assert len((await ana.ask("PUT", url, json=gone))["keywords"]) == 1
    assert await ana.get(FILTERS) == [await ana.get(url)]
    for method in ("GET", "PUT", "DELETE"):
        await ben.ask(method, url, 404)
        await ben.ask(method, f"{FILTERS}/keywords/{changed['keywords'][1]['id']}", 404)
    assert await ben.get(FILTERS) == []
    await ana.ask("DELETE", url)
    assert await ana.get(FILTERS) == []


async def test_words_of_a_filter_have_addresses_of_their_own(api: Api) -> None:
    ana = await api.member("ana")
    made = await make(ana, "zebra")
    url = f"{FILTERS}/{made['id']}/keywords"
    added = await ana.post(url, keyword="horse", whole_word="true")
    assert added["whole_word"] is True
    assert [one["keyword"] for one in await ana.get(url)] == ["zebra", "horse"]
    one = f"{FILTERS}/keywords/{added['id']}"
    assert (await ana.ask("PUT", one, data={"keyword": "mule"}))["keyword"] == "mule"
    assert (await ana.get(one))["whole_word"] is True
    await ana.ask("DELETE", one)
    await ana.get(one, 404)
    await ana.post(url, 422, keyword=" ")


async def test_a_filter_without_a_title_a_place_or_a_known_action_is_refused(api: Api) -> None:
    ana = await api.member("ana")
    for fields in (
        {"title": "", "context[]": "home"},
        {"title": "x"},
        {"title": "x", "context[]": "kitchen"},
        {"title": "x", "context[]": "home", "filter_action": "burn"},
        {"title": "x", "context[]": "home", "keywords_attributes[0][keyword]": ""},
        {"title": "x", "context[]": "home", "expires_in": "soon"},
    ):
        await ana.ask("POST", FILTERS, 422, data=fields)
    assert await ana.get(FILTERS) == []


async def test_a_status_says_which_filters_it_meets(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    await ana.post(f"/api/v1/accounts/{ben.id}/follow")
    made = await make(ana, "Zebra")
    said = await ben.say("A <ZEBRA>, and a zebra", visibility="public")
    part = await ben.say("zebras", visibility="public")
    warned = await ben.say("stripes", spoiler_text="zebra", visibility="public")
    own = await ana.say("my zebra", visibility="public")
    home = {one["id"]: one["filtered"] for one in await ana.get(HOME)}
    assert home[said["id"]][0]["keyword_matches"] == ["ZEBRA", "zebra"]
    assert home[said["id"]][0]["filter"]["id"] == made["id"]
    assert home[said["id"]][0]["status_matches"] is None
    assert home[warned["id"]]
    assert home[part["id"]] == home[own["id"]] == []
    assert await met(ben, said) == await met(ben, own) == []
    boost = await ben.post(f"/api/v1/statuses/{warned['id']}/reblog")
    seen = await ana.get(f"/api/v1/statuses/{boost['id']}")
    assert seen["filtered"] == seen["reblog"]["filtered"] != []
    found = await ana.get("/api/v1/timelines/public")
    assert next(one for one in found if one["id"] == said["id"])["filtered"]


async def test_a_filter_names_single_statuses_that_its_owner_sees(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await make(ana, "zebra")
    said, hidden = await ben.say("quiet", visibility="public"), await ben.say("mine", visibility="private")
    url = f"{FILTERS}/{made['id']}/statuses"
    named = await ana.post(url, status_id=said["id"])
    assert named == await ana.post(url, status_id=said["id"])
    assert (await met(ana, said))[0]["status_matches"] == [said["id"]]
    assert await ana.get(url) == [named]
    await ana.post(url, 404, status_id=hidden["id"])
    await ben.get(f"{FILTERS}/statuses/{named['id']}", 404)
    await ana.ask("DELETE", f"{FILTERS}/statuses/{named['id']}")
    assert await met(ana, said) == []


async def test_older_apps_know_each_word_as_a_filter(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    made = await ana.ask(
        "POST",
        "/api/v1/filters",
        json={"phrase": "zebra", "context": ["home", "thread"], "irreversible": "true", "whole_word": 1},
    )
    assert (made["phrase"], made["irreversible"], made["whole_word"]) == ("zebra", True, True)
    url = f"/api/v1/filters/{made['id']}"
    assert await ana.get("/api/v1/filters") == [await ana.get(url)] == [made]
    whole = (await ana.get(FILTERS))[0]
    assert (whole["title"], whole["filter_action"]) == ("zebra", "hide")
    changed = await ana.ask("PUT", url, json={"phrase": "horse", "context": ["public"]})
    assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("horse", ["public"], True)
    await ana.post(f"{FILTERS}/{whole['id']}/keywords", keyword="mule")
    assert len(await ana.get("/api/v1/filters")) == 2
    await ana.ask("PUT", url, 422, json={"phrase": "horse", "context": ["home"]})
    assert (await ana.ask("PUT", url, json={"phrase": "pony", "context": ["public"]}))["phrase"] == "pony"
    await ben.ask("DELETE", url, 404)
    await ana.ask("DELETE", url)
    assert [one["phrase"] for one in await ana.get("/api/v1/filters")] == ["mule"]
    rest = (await ana.get("/api/v1/filters"))[0]["id"]
    await ana.ask("DELETE", f"/api/v1/filters/{rest}")
    assert await ana.get(FILTERS) == []
