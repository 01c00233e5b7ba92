"""The catalogue of listed groups: who gets it, what stands in it, and every way in which it is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.errors import FederationError
from federation.types import Iri, JsonObject
from federation.vocab import codec
from server.activitypub import signing
from server.activitypub.egress import catalogue as egress
from server.activitypub.ingress import catalogue as ingress
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.verification import Method
from server.domain.viewers import Member, Peer
from server.services import accounts, groups, search, verification
from server.services.verification import Claim, Decision
from server.store import accounts as account_rows
from server.store import groups as rows
from tests.support.exchange import Exchange, Instance, open_exchange
from tests.support.partners import as_partner

URL = Iri("https://society.example/actors/catalogue")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "society") as found:
        yield found


def given_to(net: Exchange, *, profiled: bool = True) -> JsonObject:
    peer = Peer(net["chu"].origin, profiled=profiled)
    return codec.parse(net["society"].house.run(egress.document, peer))


def again(at: Instance, document: JsonObject, **changed: Any) -> JsonObject:
    """The document with other members, signed anew by the instance."""
    plain = {name: value for name, value in document.items() if name != "proof"}

    def sign(unit: Any) -> JsonObject:
        return signing.signed(unit, accounts.get_instance_actor(unit).id, {**plain, **changed})

    return at.house.run(sign)


def store(net: Exchange, document: JsonObject) -> list[Iri]:
    return net["chu"].house.run(ingress.store, net["society"].origin, URL, document)


def test_listed_groups_stand_in_it_and_no_others(net: Exchange) -> None:
    society = net["society"]
    listed = society.group("cardio", listed=True)
    society.group("private", listed=False)
    society.group("hidden", listed=True, access="secret")
    assert given_to(net)["orderedItems"] == [listed.uri]
    assert store(net, given_to(net)) == [listed.uri]


def test_only_partners_get_it(net: Exchange) -> None:
    net["society"].group("cardio", listed=True)
    with pytest.raises(NotFound):
        given_to(net, profiled=False)
    net["society"].house.run(as_partner, net["chu"].origin, net["chu"].key(), agreement="")
    with pytest.raises(NotFound):
        given_to(net)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"orderedItems": ["https://chu.example/actors/1"]}, "catalogue-foreign"),
        ({"endTime": "2026-03-01T09:00:00Z"}, "catalogue-expired"),
        ({"published": "2027-01-01T00:00:00Z"}, "catalogue-of-the-future"),
        ({"instance": "clinic.example"}, "catalogue-of-another"),
        ({"id": "https://society.example/actors/other"}, "catalogue-of-another"),
        ({"published": "soon"}, "catalogue-without-time"),
    ],
)
def test_what_does_not_fit_is_refused(net: Exchange, changed: dict[str, Any], reason: str) -> None:
    net["society"].group("cardio", listed=True)
    with pytest.raises(FederationError) as refused:
        store(net, again(net["society"], given_to(net), **changed))
    assert refused.value.reason == reason


def test_an_older_one_and_the_same_one_are_refused(net: Exchange) -> None:
    older = given_to(net)
    net["society"].house.clock.advance(timedelta(minutes=1))
    net["chu"].house.clock.advance(timedelta(minutes=1))
    newer = given_to(net)
    store(net, newer)
    for document in (older, newer):
        with pytest.raises(FederationError) as refused:
            store(net, document)
        assert refused.value.reason == "catalogue-older"


def test_another_key_than_the_pinned_one_is_not_believed(net: Exchange) -> None:
    document = again(net["chu"], given_to(net))
    with pytest.raises(FederationError) as refused:
        store(net, document)
    assert refused.value.reason == "proof-of-instance"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(["published", "endTime", "instance", "orderedItems", "id"]),
    value=st.text(max_size=40),
)
def test_whatever_is_changed_after_signing_is_refused(net: Exchange, name: str, value: str) -> None:
    document = given_to(net)
    if document[name] == value:
        return
    with pytest.raises(FederationError) as refused:
        store(net, {**document, name: value})
    assert refused.value.reason == "proof-of-instance"


def test_a_group_that_is_listed_is_found_and_suggested(net: Exchange) -> None:
    """By its specialty, in both languages of the house; until the partner lists it no more."""
    society, chu = net["society"], net["chu"]
    group = society.group("cardio", listed=True, specialty="cardiology", access="open")
    known = chu.knows(society, group)
    chu.house.run(
        lambda unit: rows.add(unit, {"account_id": known.id, "access": "open", "specialty": "cardiology"})
    )
    anna = _cardiologist(chu)
    assert chu.house.read(groups.suggested, anna) == []
    store(net, given_to(net))
    assert [one.uri for one in chu.house.read(groups.suggested, anna)] == [group.uri]
    for typed in ("cardiology", "cardiologie"):
        found = chu.house.run(search.accounts, Member(anna.id), typed, limit=5)
        assert group.uri in [one.uri for one in found]
    society.house.run(rows.change, group.id, {"listed": False})
    for one in (society, chu):
        one.house.clock.advance(timedelta(minutes=1))
    store(net, given_to(net))
    assert chu.house.read(groups.suggested, anna) == []


def _cardiologist(at: Instance) -> Account:
    anna = at.doctor("anna")

    def specialise(unit: Any) -> Account:
        decision = Decision(2, Method.ADMINISTRATOR, "substantial")
        verification.record(unit, "test", anna, Claim("physician", ("cardiology",), "FR"), decision)
        found = account_rows.find(unit, anna.id)
        assert found is not None
        return found

    return at.house.run(specialise)
