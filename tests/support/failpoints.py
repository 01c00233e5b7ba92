"""A process of the instance that ends itself by SIGKILL at one named place, whatever stands around it.

A place is `UNIT:MOMENT`: the name of the function that a unit of work runs, or `send` for the request of a delivery, and
`begin` (nothing has happened yet), `inside` (its rows are written and not committed) or `end` (they are committed, and nobody
has heard of it). What runs before is the program as it is. Units that found nothing to do do not count.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from server.activitypub.egress import Egress
from server.store.session import Database, Unit

VARIABLE = "FAILPOINT"


def arm(place: str) -> None:
    """For the process that calls it."""
    name, _, moment = place.partition(":")
    if name == "send":
        _arm_send(moment)
    else:
        _arm_units(name, moment)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm_send(moment: str) -> None:
    original = Egress.send

    async def send(self: Egress, *arguments: Any) -> Any:
        if moment == "begin":
            _die()
        answered = await original(self, *arguments)
        _die()
        return answered

    Egress.send = send  # type: ignore[method-assign]  in this process alone


def _arm_units(name: str, moment: str) -> None:
    original = Database.write

    async def write(self: Database, fn: Any, *arguments: Any, **more: Any) -> Any:
        if fn.__name__ != name:
            return await original(self, fn, *arguments, **more)
        if moment == "begin":
            _die()

        def within(unit: Unit, *given: Any, **named: Any) -> Any:
            value = fn(unit, *given, **named)
            if moment == "inside" and value != []:
                _die()
            return value

        value = await original(self, within, *arguments, **more)
        if moment == "end" and value != []:
            _die()
        return value

    Database.write = write  # type: ignore[method-assign]  likewise
