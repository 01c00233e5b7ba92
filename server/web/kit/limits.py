"""How often whom: fixed windows counted in this process, one bucket a route class and caller.

It refuses with the seconds to wait. Counters are bounded: when too many callers are remembered the oldest window
goes, never the newest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from server.core.clock import Clock, iso
from server.core.errors import RateLimited
from server.domain.users import Principal
from server.web.kit.routing import Rate

CALLERS = 50_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """calls in seconds."""

    calls: int
    seconds: int


# apps and sign-ins are counted by address, and a whole hospital may share one: guessing is bounded by login as well
ALLOWANCES: dict[Rate, Allowance] = {
    Rate.API: Allowance(1500, 300),
    Rate.SINGLE: Allowance(300, 300),
    Rate.MEDIA: Allowance(30, 1800),
    Rate.DELETE: Allowance(30, 1800),
    Rate.APPS: Allowance(60, 600),
    Rate.SIGNIN: Allowance(100, 300),
    Rate.PAGES: Allowance(600, 300),
    Rate.INBOX: Allowance(30_000, 300),
    Rate.LANE: Allowance(3000, 300),
    Rate.PEERS: Allowance(3000, 300),
}


@dataclass(slots=True)
class _Window:
    index: int
    count: int


class Limiter:
    """Counts calls. enabled: off in benchmarks only."""

    def __init__(self, clock: Clock, *, enabled: bool) -> None:
        self._clock = clock
        self._enabled = enabled
        self._windows: dict[tuple[Rate, str], _Window] = {}

    def count_principal(self, rate: Rate, principal: Principal) -> dict[str, str]:
        """Counts a call of an account, with whichever of its tokens, and of the token; tells of what is nearer its end."""
        token = f"token:{principal.token_id}"
        whose = token if principal.account_id is None else f"account:{principal.account_id}"
        told = self.count(rate, whose)
        if rate is not Rate.API or not told:
            return told
        return min(self.count(Rate.SINGLE, token), told, key=_left)

    def count(self, rate: Rate, caller: str) -> dict[str, str]:
        """Counts one call; answers the headers that tell the caller. Raises RateLimited, which says the same."""
        allowance = ALLOWANCES.get(rate)
        if allowance is None or not self._enabled:
            return {}
        now = self._clock.now().timestamp()
        index = int(now // allowance.seconds)
        window = self._windows.get((rate, caller))
        if window is None or window.index != index:
            if len(self._windows) >= CALLERS:
                self._windows.pop(next(iter(self._windows)))
            window = self._windows[rate, caller] = _Window(index, 0)
        window.count += 1
        resets = (index + 1) * allowance.seconds
        told = {
            "X-RateLimit-Limit": str(allowance.calls),
            "X-RateLimit-Remaining": str(max(0, allowance.calls - window.count)),
            "X-RateLimit-Reset": iso(datetime.fromtimestamp(resets, UTC)),
        }
        if window.count > allowance.calls:
            raise RateLimited(max(1, math.ceil(resets - now)), allowance=told)
        return told


def _left(told: dict[str, str]) -> int:
    return int(told["X-RateLimit-Remaining"])
