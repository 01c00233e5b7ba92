"""Encoded JSON that is the same for all its readers, kept by what it was made from.

A key names the row and its version, so an entry is never wrong, only unused; the oldest unused goes first.
Nothing that depends on the reader may be put here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

KEPT = 20_000


class Prepared:
    """A bounded memory, least recently used out first. For the event loop's thread only."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: Any) -> None:
        self._entries[key] = entry
        if len(self._entries) > self._kept:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
