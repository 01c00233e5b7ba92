"""What of the vault nobody needs any more: uploads that no post came for, bytes that no row names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from server.store import blobs, media
from server.store.session import Unit

WAIT_FOR_A_POST = timedelta(days=1)
MOST = 1_000


def forget_uploads(unit: Unit) -> int:
    """Takes away the rows of uploads that were never posted. Answers how many."""
    found = media.unattached_before(unit, unit.now - WAIT_FOR_A_POST, MOST)
    for one in found:
        media.remove(unit, one.id)
    return len(found)


def unnamed(unit: Unit, digests: Sequence[str]) -> list[str]:
    """Those that no row names."""
    kept = blobs.named(unit, digests)
    return [digest for digest in digests if digest not in kept]
