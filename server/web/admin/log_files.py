"""The audit log and the decisions to take along: days in UTC, as lines of JSON or as CSV. That somebody did is in the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response, StreamingResponse

from server.core.errors import Invalid
from server.domain.seals import SealedLog
from server.services import audit, log_files
from server.services.log_files import LogForm
from server.web.kit.call import Call
from server.web.kit.unit import Unit

FIRST_DAY = date(1970, 1, 1)


async def of_audit(call: Call) -> Response:
    return await _file(call, SealedLog.AUDIT)


async def of_decisions(call: Call) -> Response:
    return await _file(call, SealedLog.DECISIONS)


async def _file(call: Call, log: SealedLog) -> Response:
    """Every entry of the days asked for; whole days."""
    assert call.session is not None
    query = call.request.query_params
    form = LogForm.CSV if query.get("form") == LogForm.CSV else LogForm.JSON
    today = call.context.clock.now().date()
    first, last = _day(query.get("since", ""), FIRST_DAY), _day(query.get("until", ""), today)
    if last < first:
        raise Invalid("The last day is before the first")
    ending, kind = log_files.KINDS[form]
    name = f"{log.value}-{first}-{last}.{ending}"
    await call.write(_taken, f"user:{call.session.user_id}", log, first, last)
    return StreamingResponse(
        _pages(call, log, form, _start(first), _start(last) + timedelta(days=1)),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        media_type=kind,
    )


def _taken(unit: Unit, by: str, log: SealedLog, first: date, last: date) -> None:
    audit.record(unit, by, "audit.export", log.value, since=first.isoformat(), until=last.isoformat())


def _day(text: str, otherwise: date) -> date:
    """Raises Invalid."""
    if not text.strip():
        return otherwise
    try:
        found = date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Invalid("“%(text)s” is no date such as 2027-12-31", text=text[:40]) from None
    return min(max(found, FIRST_DAY), date(9998, 12, 31))


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def _pages(
    call: Call, log: SealedLog, form: LogForm, since: datetime, until: datetime
) -> AsyncIterator[str]:
    after = 0
    while True:
        text, number, after = await call.read(log_files.page, log, form, since, until, after)
        if not number:
            return
        yield text
