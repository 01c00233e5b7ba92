"""A partner's hint that its lists have changed: from its instance actor alone, as the profile demands, with no effect but a fetch."""

from __future__ import annotations

from typing import Any

import pytest

from federation.errors import SignatureMissing
from federation.types import JsonObject, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.profile import Envelope, write_envelope
from server.activitypub.handlers import handler_for
from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.handlers.status_lists import HINT
from server.domain.accounts import Account
from server.services.verification import received
from tests.support.house import House
from tests.unit.server.verification.conftest import Hospital
from tests.unit.server.verification.test_received import came, fetch

LIST = "https://chu.example/status/1"


def hint(house: House, sender: Account, *, about: Any = LIST, profiled: bool = True) -> Arrived:
    document: JsonObject = write_envelope(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": "https://chu.example/activities/9",
            "type": "Update",
            "actor": sender.uri,
            "object": about,
        },
        Envelope(content_class="notice"),
    )
    activity = codec.decode(document)
    assert isinstance(activity, Activity)
    return Arrived(
        activity, sender, Origin("chu.example"), house.clock.now(), document=document, profiled=profiled
    )


def fetched(any_house: House) -> tuple[Hospital, Account]:
    """A partner whose lists were fetched a moment ago, and its instance actor."""
    hospital = Hospital(any_house)
    hospital.become_partner()
    came(hospital)
    assert fetch(hospital) == [None, None]
    assert any_house.read(received.due) == []
    return hospital, any_house.remote("instance", "chu.example", uri=hospital.actor.id)


def test_a_hint_makes_the_lists_due(any_house: House) -> None:
    _, actor = fetched(any_house)
    arrived = hint(any_house, actor)
    assert handler_for(arrived) is HINT
    HINT.verify(arrived)
    assert any_house.run(HINT.receive, arrived) is Applied.APPLIED
    assert {one.uri for one in any_house.read(received.due)} == {LIST, "https://chu.example/status/2"}


def test_nobody_but_the_instance_actor_is_believed(any_house: House) -> None:
    hospital, actor = fetched(any_house)
    lynx, _ = hospital.person("ocelot")
    assert any_house.run(HINT.receive, hint(any_house, lynx)) is Applied.IGNORED
    with pytest.raises(SignatureMissing):
        HINT.verify(hint(any_house, actor, profiled=False))
    assert any_house.read(received.due) == []


@pytest.mark.parametrize(
    "about",
    ["https://elsewhere.example/status/1", "https://chu.example/actors/1", {"type": "Note", "id": LIST}],
)
def test_other_updates_are_no_hints(house: House, about: Any) -> None:
    _, actor = fetched(house)
    assert handler_for(hint(house, actor, about=about)) is not HINT
