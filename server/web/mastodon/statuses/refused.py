"""What an app gets a 422 for, and its person a message: apps keep most refusals to themselves."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from server.services.posts import refusals
from server.services.posts.refusals import Asked, NotPublished
from server.web.kit.call import Call

T = TypeVar("T")


async def telling(call: Call, asked: Asked, doing: Awaitable[T]) -> T:
    """The outcome; what is refused is told to the caller as well."""
    try:
        return await doing
    except NotPublished as refused:
        await call.write(refusals.tell, call.account_id, refused, asked)
        raise
