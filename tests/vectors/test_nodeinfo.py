"""NodeInfo documents against the published schemas."""

from __future__ import annotations

import pytest
from jsonschema import Draft4Validator

from federation.discovery import nodeinfo
from federation.discovery.nodeinfo import NodeInfo, Version
from federation.testing.vectors import read_json
from tests.support.shared import shared_path

FULL = NodeInfo(
    software="consilium",
    version="0.1.0",
    users=2,
    active_month=1,
    active_half_year=2,
    local_posts=0,
    repository="https://example.org/repository",
    homepage="https://example.org",
    metadata={"nodeName": "Hospital"},
)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("info", [FULL, NodeInfo("consilium", "0.1.0")])
def test_valid_by_schema(version: Version, info: NodeInfo) -> None:
    schema = read_json(shared_path("vectors") / "nodeinfo" / "schemas" / version / "schema.json")
    made = nodeinfo.build(info, version)
    assert list(Draft4Validator(schema).iter_errors(made)) == []
    assert made["metadata"]["upstream"]["name"] == "mastodon"
    assert list(Draft4Validator(schema).iter_errors({**made, "version": "9"})) != []


def test_published_examples_are_read() -> None:
    for version in ("1.0", "1.1", "2.0", "2.1", "2.2"):
        folder = shared_path("vectors") / "nodeinfo" / "schemas" / version
        found = nodeinfo.decode(read_json(folder / "example.json"))
        assert found.software == "diaspora"
        assert found.users is None or found.users >= 0
