"""A message from elsewhere is held to what a message here is held to: no national patient identifier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.domain.pages import Page
from server.domain.posts import Visibility
from server.services import conversations
from tests.support.exchange import Exchange, open_exchange

NUMBER = "2 69 05 49 588 157 80"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "society") as opened:
        yield opened


def forged(net: Exchange, content: str, kind: str, serial: int) -> tuple[str, str]:
    """What the hospital would send if its own net did not hold. Answers the outcome and the id of the post."""
    chu, society = net["chu"], net["society"]
    sent = next(one for _, one in net.carried if b"hello" in one.body)
    document: dict[str, Any] = msgspec.json.decode(sent.body)
    document["id"] += str(serial)
    document["type"] = kind
    if kind == "Create":
        document["object"]["id"] += str(serial)
    else:
        document["object"]["updated"] = "2026-03-02T10:00:00Z"
    document["object"]["content"] = f"<p>@cleo {content}</p>"
    outcome = net.hand_over(chu, society, replace(sent, body=msgspec.json.encode(document)))
    net.settle()
    return outcome, str(document["object"]["id"])


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_message_with_a_patients_number_is_not_kept_and_its_reader_is_told(
    net: Exchange, kind: str
) -> None:
    chu, society = net["chu"], net["society"]
    anna, cleo = chu.doctor("anna"), society.doctor("cleo")
    chu.knows(society, cleo)
    chu.say(anna, "@cleo@society.example hello", visibility=Visibility.DIRECT)
    net.settle()
    before = len(society.house.read(conversations.page, cleo.id, Page(20)))
    outcome, uri = forged(net, f"NIR {NUMBER}", kind, 7)
    assert outcome == "identifiers"
    found = society.find(uri)
    assert found is None if kind == "Create" else found is not None and NUMBER not in found.content
    told = society.house.read(conversations.page, cleo.id, Page(20))
    assert len(told) == before + 1, "a message of the instance"
    outcome, uri = forged(net, "call 01 45 81 42 50", kind, 8)
    assert outcome == "applied", "a telephone number may stand in a message"
