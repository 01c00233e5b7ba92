"""An account that a command names by handle or address, and that may never have been heard of here."""

from __future__ import annotations

import asyncio

from server.app import looking_up
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.store.session import Database


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
