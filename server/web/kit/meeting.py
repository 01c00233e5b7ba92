"""Looking up people and posts elsewhere for a member: by address, by handle, and whoever a text names before it is stored.

Only connected instances are asked; what is not found there is nobody.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from server.domain.accounts import Account
from server.domain.posts import Post
from server.domain.viewers import Viewer
from server.services import accounts, search
from server.text.mentions import find_mentions
from server.web.kit.call import Call
from server.web.kit.unit import Unit

MOST_LOOKUPS = 5
"""How many unknown handles of one post are looked up elsewhere before it is stored."""
LOOKUP_SECONDS = 8
"""How long a post waits for them; whoever is not found by then stays plain text."""


async def meet(call: Call, text: str) -> None:
    """Afterwards they can be mentioned."""
    handles = [str(handle) for handle in find_mentions(text) if handle.host]
    if not handles:
        return
    unknown = await call.read(_unknown, call.viewer, handles)
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOKUP_SECONDS), asyncio.TaskGroup() as group:
            for handle in unknown[:MOST_LOOKUPS]:
                group.create_task(call.house.ingress.lookup.account(handle))


async def called(call: Call, text: str) -> Account | None:
    """By `name@host`; None for what is no handle."""
    name, at, host = text.removeprefix("@").partition("@")
    if not (name and at and host) or " " in text:
        return None
    return await _known(call, await call.house.ingress.lookup.account(f"{name}@{host}"))


async def at_address(call: Call, address: str) -> tuple[Post | None, Account | None]:
    """Whatever stands there. Whether the member may see the post is asked afterwards."""
    post = await call.house.ingress.lookup.post(address)
    if post is not None:
        return post, None
    return None, await _known(call, await call.house.ingress.lookup.account(address))


async def _known(call: Call, account: Account | None) -> Account | None:
    """What is known to the instance need not be to the member: a secret group is nobody, wherever it lives."""
    if account is None:
        return None
    return next(iter(await call.read(accounts.known_to, call.viewer, [account])), None)


def _unknown(unit: Unit, viewer: Viewer, handles: list[str]) -> list[str]:
    return [handle for handle in handles if search.find_account(unit, viewer, handle) is None]
