"""What a unit of work is handed: settings, clock, ids and the sealer. Built once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from federation.keys import PrivateKey
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
    rsa_key: Callable[[], PrivateKey] = PrivateKey.generate_rsa
    """Where a new actor's RSA key comes from: it takes long to make one."""
