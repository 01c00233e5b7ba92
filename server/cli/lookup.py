"""What a command names: an account by handle or address that may never have been heard of here, a group that lives here."""

from __future__ import annotations

import asyncio

from server.app import looking_up
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.store import accounts, groups
from server.store.session import Database, Unit


def look_up(database: Database, text: str, *, fresh: bool) -> Account:
    """fresh: as its own instance describes it at this moment, even when it is known. Raises NotFound."""

    async def fetched() -> Account | None:
        async with looking_up(database) as lookup:
            return await lookup.account(text, fresh=fresh)

    found = asyncio.run(fetched())
    if found is None:
        raise NotFound(
            "There is no account %(name)s, or its instance is not connected or does not answer",
            name=text[:320],
        )
    return found


def group_named(unit: Unit, name: str) -> Account:
    """A group that lives here. Raises NotFound."""
    found = accounts.find_by_name(unit, name.removeprefix("@"))
    if found is None or groups.find(unit, found.id) is None or found.gone:
        raise NotFound("There is no group %(name)s here", name=name[:60])
    return found
