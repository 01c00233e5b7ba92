"""Actors of other instances: keys that end, inboxes that lead elsewhere, ids that are ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from federation.testing.actors import FakeActor
from federation.types import Iri
from federation.vocab import codec
from federation.vocab.actors import Actor
from server.core.errors import Invalid
from server.domain.changes import Change, ChangeKind
from server.services import remote_accounts
from server.store.session import Unit
from tests.support.house import House

ANNA = FakeActor.create("https://there.example", "anna")


def described(actor: FakeActor) -> Actor:
    found = codec.decode(actor.document())
    assert isinstance(found, Actor)
    return found


def receive(unit: Unit, actor: Actor) -> list[Change]:
    remote_accounts.receive(unit, actor)
    return unit.changes


def test_every_process_hears_of_a_key_that_ended(house: House) -> None:
    """A key that its owner took out of the document, perhaps because it was stolen, is believed by no memory."""
    actor = described(ANNA)
    ended = actor.public_keys[0].id
    house.run(receive, actor)
    heard = house.run(receive, replace(actor, public_keys=()))
    assert Change(ChangeKind.KEY, ended) in heard
    again = house.run(receive, replace(actor, public_keys=()))
    assert Change(ChangeKind.KEY, ended) not in again


@pytest.mark.parametrize("inbox", ["https://elsewhere.example/inbox", "http://there.example/inbox"])
def test_an_inbox_is_where_its_actor_is(house: House, inbox: str) -> None:
    """What policy allows to one instance must not be delivered to another."""
    with pytest.raises(Invalid):
        house.run(receive, replace(described(ANNA), inbox=Iri(inbox)))


@pytest.mark.parametrize("inbox", ["https://elsewhere.example/inbox", "http://there.example/inbox"])
def test_a_shared_inbox_elsewhere_is_none(house: House, inbox: str) -> None:
    row = house.run(remote_accounts.receive, replace(described(ANNA), shared_inbox=Iri(inbox)))
    assert row.shared_inbox is None


def test_a_document_of_one_of_our_own_actors_is_refused(house: House) -> None:
    here = FakeActor.create("https://here.example", "anna")
    with pytest.raises(Invalid):
        house.run(receive, described(here))


def test_a_name_that_a_group_vouched_for_yields_to_the_actor_of_its_own_instance(house: House) -> None:
    """Nobody keeps a person away by having spoken of somebody with the same name before."""
    squatter = house.run(remote_accounts.introduce, Iri("https://there.example/actors/0"), "anna", "Anna")
    actor = described(ANNA)
    real = house.run(remote_accounts.receive, actor)
    assert (real.uri, real.acct) == (actor.id, "anna@there.example")
    assert house.account(squatter).username != "anna"
