"""Whether this instance is still for evaluation only, as every page and the API's description say it.

Remembered, so that a page of an error can say it without the database. It is left once and for good: a process that
has not heard of it yet says it a moment too long, never too short.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.changes import Change, ChangeKind


class Evaluation:
    """on: until it was left."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread."""
        if any(change.kind is ChangeKind.LIVE for change in changes):
            self.on = False
