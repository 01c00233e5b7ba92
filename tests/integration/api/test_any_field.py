"""Whatever stands in a field that a route reads, there is an answer with a sentence, and no fault of ours."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from server.web.kit.routing import Route
from server.web.mastodon.routes import ROUTES
from tests.integration.api.conftest import Api

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ODD: tuple[Any, ...] = (
    [],
    ["x", ["y"]],
    {"a": {"b": None}},
    {"0": "x"},
    -1,
    1 << 70,
    1e300,
    "\0",
    "9999-99-99T00:00:00Z",
    "https://[::1",
)
NAMES = re.compile(r"\"([a-z][a-z_]+)\"|^    ([a-z][a-z_]+): ", re.MULTILINE)
"""Words in quotes, and the fields of a shape: more than what a handler reads, and all of that."""
WRITES = {(route.method, route.handler): route for route in ROUTES if route.method != "GET"}.values()
"""Each handler once."""


@pytest.fixture
def settings_of() -> dict[str, Any]:
    return {"rate_limits": False}


def read_by(route: Route) -> list[str]:
    """The names of fields in the module of a route's handler."""
    module = inspect.getmodule(route.handler)
    assert module is not None
    return sorted({quoted or field for quoted, field in NAMES.findall(inspect.getsource(module))})


async def test_what_stands_in_a_field(api: Api) -> None:
    ana, ben = await api.member("ana"), await api.member("ben")
    said = await ben.say("Round #number one", visibility="public")
    faults = []
    for route in WRITES:
        of = ben.id if "/accounts/" in route.path or "/follow_requests/" in route.path else said["id"]
        path = route.path.replace("{id}", of).replace("{tag}", "number").replace("{key}", "ungrouped-1")
        for field in read_by(route):
            for odd in ODD:
                answer = await ana.http.request(route.method, path, json={"status": "x", field: odd})
                told = answer.status_code < 400 or answer.json().get("error")
                if answer.status_code >= 500 or not told:
                    faults.append((route.method, route.path, field, odd))
    assert faults == []


def test_fields_are_found() -> None:
    """The test above would be silent about a handler whose fields it does not know."""
    known = {route.path: read_by(route) for route in WRITES}
    assert {"avatar", "header", "fields_attributes"} <= set(known["/api/v1/profile"])
    assert {"status", "media_ids", "poll"} <= set(known["/api/v1/statuses"])
    assert {"subscription", "data"} <= set(known["/api/v1/push/subscription"])
