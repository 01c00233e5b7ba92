"""The trust table in memory: the first thing that is asked about any origin, before a look-up of any kind.

A change of trust, in whichever process, empties it; the next question reads the rows again. It is never older than
the last change heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from federation.types import Origin
from server.domain.changes import Change, ChangeKind
from server.domain.trust import Trust


class TrustTable:
    """`ports.HostGate` of this instance. load: reads all rows; small, so at once."""

    def __init__(self, own: Origin, load: Callable[[], dict[Origin, Trust]]) -> None:
        self._own = own
        self._load = load
        self._lock = Lock()
        self._known: dict[Origin, Trust] | None = None
        self._generation = 0

    def allows(self, origin: Origin) -> bool:
        """Whether we speak with this origin. Our own is never dialled."""
        return origin != self._own and self.trust(origin).speaks

    def trust(self, origin: Origin) -> Trust:
        known = self._known
        if known is None:
            with self._lock:
                generation = self._generation
            known = self._load()
            with self._lock:
                # a change that came while we read makes what we read doubtful for the next question
                if generation == self._generation:
                    self._known = known
        return known.get(origin, Trust.UNKNOWN)

    def read_elsewhere(self, origin: Origin, trust: Trust) -> None:
        """Somebody has read the row of an origin: where that says otherwise, this table is old, and is read anew."""
        if self.trust(origin) is not trust:
            self.heard([Change(ChangeKind.TRUST, origin)])

    def heard(self, changes: Iterable[Change]) -> None:
        """Callable from any thread."""
        if any(change.kind in {ChangeKind.TRUST, ChangeKind.EVERYTHING} for change in changes):
            with self._lock:
                self._generation += 1
                self._known = None
