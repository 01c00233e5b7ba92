"""Whether this process can do its work: database, queue, disk."""

from __future__ import annotations

import shutil
from typing import Protocol

from server.core.settings import Settings
from server.services import health
from server.web.kit.unit import Units

FREE_SHARE = 0.05


class Hints(Protocol):
    """The part of a queue that is asked here."""

    async def healthy(self) -> bool: ...


class Health:
    """Asked by load balancers and monitoring; the answers name parts, never values."""

    def __init__(self, units: Units, settings: Settings, queue: Hints) -> None:
        self._units = units
        self._settings = settings
        self._queue = queue
        self.stopping = False

    async def ready(self) -> dict[str, bool]:
        """Each part, and whether it is fit."""
        return {
            "serving": not self.stopping,
            "database": await self._database(),
            "queue": await self._queue.healthy(),
            "disk": self._disk(),
        }

    async def _database(self) -> bool:
        try:
            await self._units.write(health.probe)
        except Exception:  # noqa: BLE001  whatever it is, the database is not fit
            return False
        return True

    def _disk(self) -> bool:
        usage = shutil.disk_usage(self._settings.data_dir)
        return usage.free > min(usage.total * FREE_SHARE, 2**30)
