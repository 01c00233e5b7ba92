"""The document of a group: proven by the group and by its instance, and every way in which it is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from federation.errors import SignatureInvalid
from federation.resolve import ResolvedActor
from federation.types import JsonObject
from federation.vocab import codec
from federation.vocab.actors import Actor
from server.activitypub import signing
from server.activitypub.egress import group_documents
from server.activitypub.ingress import lookup
from server.domain.accounts import Account
from server.domain.viewers import Peer
from server.services import accounts
from server.store import accounts as account_rows
from server.store import groups as rows
from tests.support.exchange import Exchange, Instance, open_exchange


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Exchange]:
    with open_exchange(tmp_path, "chu", "society") as found:
        yield found


def given_to(net: Exchange, group: Account) -> JsonObject:
    peer = Peer(net["chu"].origin, profiled=True)
    return codec.parse(net["society"].house.run(group_documents.document, peer, group))


def believed(net: Exchange, document: JsonObject) -> bool:
    actor = codec.decode(document)
    assert isinstance(actor, Actor)
    assert actor.id is not None
    found = ResolvedActor(actor.id, actor, document, msgspec.json.encode(document))
    return net["chu"].house.run(lookup.remember_group, found) is not None


def signed_by(at: Instance, document: JsonObject, *signers: Account | None) -> JsonObject:
    """The same words with proofs by these alone; None is the instance."""

    def sign(unit: Any) -> JsonObject:
        found = {name: value for name, value in document.items() if name != "proof"}
        for one in signers:
            found = signing.signed(
                unit, accounts.get_instance_actor(unit).id if one is None else one.id, found
            )
        return found

    return at.house.run(sign)


def test_the_group_and_its_instance_have_signed_it(net: Exchange) -> None:
    society = net["society"]
    group = society.group()
    document = given_to(net, group)
    assert [one["verificationMethod"] for one in document["proof"]] == [
        f"{group.uri}#ed25519-1",
        "https://society.example/actor#ed25519-1",
    ]
    both = [society.key_of(group).to_multibase(), society.key().to_multibase()]
    assert signing.fits_each(document, both, society.house.clock.now())
    assert believed(net, document)


def test_one_of_the_two_is_not_enough(net: Exchange) -> None:
    society = net["society"]
    group, other = society.group(), society.group("other")
    document = given_to(net, group)
    assert believed(net, signed_by(society, document, group, None))
    for signers, reason in [
        ([group], "proof-of-instance"),
        ([None], "proof-of-group"),
        ([None, other], "proof-of-group"),
        ([], "proof-of-instance"),
    ]:
        with pytest.raises(SignatureInvalid) as refused:
            believed(net, signed_by(society, document, *signers))
        assert refused.value.reason == reason
    with pytest.raises(SignatureInvalid):
        believed(net, {**document, "name": "Another"})


def test_another_key_of_the_group_is_believed_when_the_known_one_has_signed_too(net: Exchange) -> None:
    society, chu = net["society"], net["chu"]
    group, before = society.group(), society.group("before")
    document = given_to(net, group)
    assert believed(net, document)
    known = chu.house.read(account_rows.find_by_uri, group.uri)
    assert known is not None
    old = society.key_of(before).to_multibase()
    chu.house.run(lambda unit: rows.change(unit, known.id, {"key": old}))
    with pytest.raises(SignatureInvalid) as refused:
        believed(net, document)
    assert refused.value.reason == "proof-of-group"
    assert believed(net, signed_by(society, document, before, group, None))
    record = chu.house.read(rows.find, known.id)
    assert record is not None
    assert record.key == society.key_of(group).to_multibase()
