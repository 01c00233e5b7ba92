"""What all endpoints share: cross-origin calls, rate limits, errors, and an instance that says what it is."""

from __future__ import annotations

import re

import pytest

from server.web.mastodon.routes import ROUTES
from tests.integration.api.conftest import Api

pytestmark = pytest.mark.anyio
HOME = "/api/v1/timelines/home"


def test_every_route_may_be_called_from_another_origin() -> None:
    assert [route.path for route in ROUTES if not route.cors] == []


async def test_a_page_elsewhere_may_call_and_read_the_link(api: Api) -> None:
    ana = await api.member("ana")
    asked = {
        "Origin": "http://localhost:5180",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }
    preflight = await api.visitor.http.request("OPTIONS", "/api/v1/statuses", headers=asked)
    assert preflight.status_code in {200, 204}
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "idempotency-key" in allowed
    assert "POST" in preflight.headers["access-control-allow-methods"]
    answer = await ana.answer("GET", HOME, headers={"Origin": "http://localhost:5180"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "link" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


async def test_calls_are_counted_and_the_clock_is_told_in_iso(api: Api) -> None:
    ana = await api.member("ana")
    first, second = await ana.answer("GET", HOME), await ana.answer("GET", HOME)
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.headers["x-ratelimit-reset"])
    files = {"file": ("x", b"no picture")}
    for _ in range(30):
        await ana.ask("POST", "/api/v2/media", 422, files=files)
    refused = await ana.answer("POST", "/api/v2/media", files=files)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_nobody_and_junk_get_401_and_unknown_paths_404(api: Api) -> None:
    junk = {"Authorization": "Bearer junk"}
    for headers in ({}, junk):
        answer = await api.visitor.answer("GET", HOME, headers=headers)
        assert answer.status_code == 401
        assert "bearer" in answer.headers["www-authenticate"].lower()
    unknown = await api.visitor.answer("GET", "/api/v9/anything", headers=junk)
    assert unknown.status_code == 404
    wrong = await api.visitor.answer("PUT", HOME)
    assert wrong.status_code == 405


async def test_nothing_of_a_member_may_be_kept_by_caches(api: Api) -> None:
    ana = await api.member("ana")
    for path in (HOME, "/api/v1/accounts/verify_credentials", "/api/v1/notifications"):
        answer = await ana.answer("GET", path)
        assert answer.headers["cache-control"] == "private, no-store"


async def test_the_instance_says_what_it_is_and_what_it_takes(api: Api) -> None:
    two = await api.visitor.get("/api/v2/instance")
    assert two["domain"] == "med.test"
    assert two["version"].startswith("4.3.0 (compatible; Consilium ")
    assert two["api_versions"] == {"mastodon": 2}
    assert "evaluation only" in two["description"]
    assert two["registrations"]["enabled"] is False
    assert two["configuration"]["urls"]["streaming"] == "wss://med.test"
    assert two["configuration"]["statuses"]["max_characters"] == 5000
    assert two["configuration"]["media_attachments"]["supported_mime_types"][:7] == [
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "image/heif",
        "image/avif",
    ]
    one = await api.visitor.get("/api/v1/instance")
    assert (one["uri"], one["urls"]["streaming_api"]) == ("med.test", "wss://med.test")
    french = await api.visitor.answer("GET", "/api/v2/instance", headers={"Accept-Language": "fr"})
    assert french.status_code == 200


async def test_what_is_not_kept_is_an_empty_list(api: Api) -> None:
    ana = await api.member("ana")
    for path in (
        "/api/v1/announcements",
        "/api/v1/custom_emojis",
        "/api/v1/directory",
        "/api/v1/endorsements",
        "/api/v1/featured_tags",
        "/api/v1/followed_tags",
        "/api/v1/instance/peers",
        "/api/v1/trends/statuses",
        "/api/v2/suggestions",
        f"/api/v1/accounts/{ana.id}/featured_tags",
    ):
        assert await ana.get(path) == []
    await ana.get("/api/v1/push/subscription", 404)


async def test_people_elsewhere_whom_nobody_knows_stay_plain_text(api: Api) -> None:
    ana = await api.member("ana")
    made = await ana.say("@eve@unknown.example look", visibility="public")
    assert made["mentions"] == []
    assert "@eve@unknown.example" in made["content"]
