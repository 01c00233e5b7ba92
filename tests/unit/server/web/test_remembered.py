"""What was read while a change came is not remembered: neither a token that was just revoked, nor a key that was just taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from federation.testing.actors import FakeActor
from federation.types import Iri
from federation.vocab import codec
from federation.vocab.actors import Actor
from server.activitypub.ingress.keys import KeyRing
from server.domain.changes import Change, ChangeKind
from server.domain.users import Role
from server.services import accounts, remote_accounts, tokens
from server.store.session import Database, Unit
from server.web.kit.auth import Principals
from server.web.kit.unit import Units
from tests.support.house import House

pytestmark = pytest.mark.anyio


class Overtaken:
    """Reads rows; before the answer is given, something else is committed and heard."""

    def __init__(self, house: House, meanwhile: Callable[[], None]) -> None:
        self._house = house
        self._meanwhile = meanwhile

    async def read(self, fn: Callable[..., Any], *args: Any) -> Any:
        found = self._house.read(fn, *args)
        self._meanwhile()
        return found

    async def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        return self._house.run(fn, *args)


def _token(unit: Unit) -> tuple[int, str]:
    user, account = accounts.create_user(
        unit, "test", "anna", "anna@x.example", password_hash=None, role=Role.MEMBER
    )
    app = tokens.command_app(unit)
    made = tokens.mint(unit, app, ("read",), user_id=user.id, account_id=account.id)
    return made.id, made.text


async def test_a_token_that_is_revoked_meanwhile(house: House) -> None:
    token_id, text = house.run(_token)

    def revoked() -> None:
        if house.run(tokens.revoke, "test", token_id=token_id):
            principals.heard([Change(ChangeKind.TOKEN, str(token_id))])

    principals = Principals(cast("Units", Overtaken(house, revoked)), house.clock)
    assert await principals.believe(text) is not None, "it was read before"
    assert await principals.believe(text) is None


async def test_a_key_that_is_taken_away_meanwhile(house: House) -> None:
    described = codec.decode(FakeActor.create("https://there.example", "anna").document())
    assert isinstance(described, Actor)
    key_id = described.public_keys[0].id
    house.run(remote_accounts.receive, described)

    def taken_away() -> None:
        house.run(_without_keys, described)
        ring.heard([Change(ChangeKind.KEY, key_id)])

    ring = KeyRing(cast("Database", Overtaken(house, taken_away)), house.clock, pytest.fail)
    assert await ring.find(Iri(key_id)) is not None, "it was read before"
    assert await ring.find(Iri(key_id)) is None


def _without_keys(unit: Unit, actor: Actor) -> None:
    account = accounts.find_by_uri(unit, actor.id or "")
    assert account is not None
    remote_accounts.rows.retire_keys(unit, account.id, [])
