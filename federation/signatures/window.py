"""When a signed thing may have been made: the time window of every scheme. Refuses what lies outside as Expired."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from federation.errors import Expired, SignatureInvalid

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_MONTH_NAMES: Final = dict(zip(_MONTHS.values(), _MONTHS, strict=True))
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_IMF_DATE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


@dataclass(frozen=True, slots=True)
class Window:
    """back: how old a signature may be. forward: how far the signer's clock may run ahead of ours."""

    back: timedelta = timedelta(hours=1)
    forward: timedelta = timedelta(minutes=5)

    def check(self, made: datetime, now: datetime) -> None:
        """Raises Expired."""
        if made < now - self.back:
            raise Expired("signature-too-old")
        if made > now + self.forward:
            raise Expired("signature-from-the-future")


USUAL_WINDOW: Final = Window()
EXACT_WINDOW: Final = Window(back=timedelta(minutes=5))
"""Of members-only traffic: partners' clocks are within a minute of each other, as their test rounds hold."""


def parse_http_date(text: str) -> datetime:
    """An IMF-fixdate (RFC 9110 5.6.7). The obsolete forms are refused as SignatureInvalid."""
    match = _IMF_DATE.fullmatch(text)
    month = _MONTHS.get(match[2]) if match else None
    if match is None or month is None:
        raise SignatureInvalid("date-malformed")
    try:
        return datetime(
            int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=UTC
        )
    except ValueError:
        raise SignatureInvalid("date-malformed") from None


def format_http_date(moment: datetime) -> str:
    """The moment as IMF-fixdate, free of the process's locale."""
    utc = moment.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02d} {_MONTH_NAMES[utc.month]} {utc.year:04d}"
        f" {utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} GMT"
    )


def from_unix(seconds: int) -> datetime:
    """A moment from Unix seconds that a peer sent; SignatureInvalid outside what a clock can show."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        raise SignatureInvalid("time-malformed") from None
