"""Makes videos and sound anew that were acknowledged and wait. A restart in the middle begins them again: the row says what waits.

What cannot be made anew is refused with its reason, which the uploader's app is told. What could not be kept, on a full
disk perhaps, waits and is tried again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from server.core.context import Context
from server.domain.posts import Media
from server.jobs.rounds import attempt, repeat
from server.jobs.unit import Units
from server.media.limits import RefusalReason
from server.media.recordings import ProcessedRecording, RecordingWorkshop
from server.media.refusals import RefusedMedia
from server.media.vault import Vault
from server.services import media

EVERY_SECONDS = 0.5
AGAIN_AFTER = timedelta(minutes=1)


class UploadKeeper:
    def __init__(self, units: Units, workshop: RecordingWorkshop, vault: Vault, context: Context) -> None:
        self._units = units
        self._workshop = workshop
        self._vault = vault
        self._context = context
        self._failed: dict[int, datetime] = {}

    async def run(self) -> None:
        await repeat("uploads", self.work_waiting, EVERY_SECONDS)

    async def work_waiting(self) -> None:
        waiting = await self._units.read(media.waiting)
        now = self._context.clock.now()
        self._failed = {one.id: self._failed[one.id] for one in waiting if one.id in self._failed}
        for one in waiting:
            failed = self._failed.get(one.id)
            if failed is not None and now - failed < AGAIN_AFTER:
                continue
            if not await attempt("upload", partial(self._work, one)):
                self._failed[one.id] = now

    async def _work(self, one: Media) -> None:
        assert one.upload is not None
        sealed = await asyncio.to_thread(self._vault.read, one.upload)
        if sealed is None:
            await self._units.write(media.refused, one.id, RefusalReason.FAILED.value)
            return
        made = await self._workshop.process(self._context.sealer.open(media.UPLOAD, sealed))
        if isinstance(made, RefusedMedia):
            await self._units.write(media.refused, one.id, made.reason.value)
        else:
            await self._units.write(media.made, one.id, await self._kept(made))
        await asyncio.to_thread(self._vault.delete, one.upload)

    async def _kept(self, made: ProcessedRecording) -> dict[str, Any]:
        """What the row says of it from now on, once its bytes are on disk."""
        preview = made.preview
        return {
            "kind": made.kind.value,
            "mime": made.mime,
            "digest": await asyncio.to_thread(self._vault.store, made.data),
            "preview_digest": preview and await asyncio.to_thread(self._vault.store, preview.data),
            "preview_mime": preview and preview.mime,
            "blurhash": made.blurhash,
            "width": made.width,
            "height": made.height,
            "size": len(made.data),
            "duration": made.duration,
        }
