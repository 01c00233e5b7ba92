"""What a unit of work is handed: settings, clock, ids and the sealer. Built once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.clock import Clock
from server.core.ids import Ids
from server.core.secrets import Sealer
from server.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """The unchanging surroundings of every unit."""

    settings: Settings
    clock: Clock
    ids: Ids
    sealer: Sealer
