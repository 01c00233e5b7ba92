"""Takes away what is past its time, each thing in a unit of its own: where a round ends half way, the next goes on from there."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from server.core.clock import Clock
from server.core.log import logger
from server.domain.retention import RetentionKind
from server.jobs.rounds import Interval, attempt, repeat
from server.jobs.unit import Units
from server.jobs.verification import erase_documents
from server.media.vault import Vault
from server.services import blobs, reads, retention

log = logger("retention")
EVERY_SECONDS = 60
HOURLY = timedelta(hours=1)
STRETCHES = 50
"""Of each log in one round."""


class RetentionSweep:
    """vault: holds members' documents until they are erased."""

    def __init__(self, units: Units, vault: Vault, clock: Clock) -> None:
        self._units = units
        self._vault = vault
        self._hour = Interval(clock, HOURLY, at_once=False)

    async def run(self) -> None:
        await repeat("retention", self.look, EVERY_SECONDS)

    async def look(self) -> None:
        if self._hour.is_over():
            self._hour.begin()
            await self.sweep(retention.BY)

    async def sweep(self, by: str) -> Counter[RetentionKind]:
        """One round, with an end also where much is past its time. What fails in it is in the way of nothing else. Answers what went."""
        gone: Counter[RetentionKind] = Counter()
        for work in (self._posts, self._uploads, self._documents, self._reads, self._logs):
            await attempt(f"retention.{work.__name__.strip('_')}", partial(work, by, gone))
        if gone.total():
            log.info("retention.gone", count=gone.total())
        return gone

    async def _posts(self, by: str, gone: Counter[RetentionKind]) -> None:
        for post_id in await self._units.read(retention.due_posts):
            await attempt("retention.post", partial(self._post, by, gone, post_id))

    async def _post(self, by: str, gone: Counter[RetentionKind], post_id: int) -> None:
        gone[RetentionKind.POSTS] += await self._units.write(retention.withdraw, by, post_id)

    async def _uploads(self, by: str, gone: Counter[RetentionKind]) -> None:  # noqa: ARG002  as the others
        gone[RetentionKind.UPLOADS] += await self._units.write(blobs.forget_uploads)

    async def _documents(self, by: str, gone: Counter[RetentionKind]) -> None:  # noqa: ARG002
        gone[RetentionKind.DOCUMENTS] += await erase_documents(self._units, self._vault)

    async def _reads(self, by: str, gone: Counter[RetentionKind]) -> None:  # noqa: ARG002
        gone[RetentionKind.READS] += await self._units.write(reads.forget_old)

    async def _logs(self, by: str, gone: Counter[RetentionKind]) -> None:
        for kind, chain in retention.LOGS.items():
            for _ in range(STRETCHES):
                number = await self._units.write(retention.let_logs_go, by, chain)
                gone[kind] += number
                if not number:
                    break
