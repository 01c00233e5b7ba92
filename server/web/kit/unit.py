"""The one place where the web opens units of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from server.store.session import Database, Unit

__all__ = ["Unit", "Units"]

P = ParamSpec("P")
R = TypeVar("R")


class Units:
    """`read` and `write` of one database, as handlers use them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._database.read(fn, *args, **kwargs)

    async def glance(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._database.glance(fn, *args, **kwargs)

    async def write(self, fn: Callable[Concatenate[Unit, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._database.write(fn, *args, **kwargs)
