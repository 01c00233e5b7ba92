"""The audit log and the decisions as a file for the auditor: a line of JSON an entry, or CSV. Oldest first, times in UTC, seals included."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import Any

import msgspec

from server.domain.seals import SealedLog
from server.services import seals
from server.store.session import Unit


class LogForm(StrEnum):
    """How a file is written."""

    JSON = "json"
    CSV = "csv"


KINDS: dict[LogForm, tuple[str, str]] = {
    LogForm.JSON: ("jsonl", "application/x-ndjson"),
    LogForm.CSV: ("csv", "text/csv; charset=utf-8"),
}
"""Ending and media type."""


def page(
    unit: Unit, log: SealedLog, form: LogForm, since: datetime, until: datetime, after_id: int = 0
) -> tuple[str, int, int]:
    """The next stretch of a file, how many entries it holds, and the id of the last; "" and 0 where nothing follows.

    Of CSV the first stretch begins with the names of the columns.
    """
    found = list(seals.export(unit, log, since, until, after_id))
    if not found:
        return "", 0, after_id
    text = _lines(found) if form is LogForm.JSON else _table(found, named=after_id == 0)
    return text, len(found), int(found[-1]["id"])


def _lines(found: Sequence[dict[str, Any]]) -> str:
    return "".join(f"{msgspec.json.encode(one).decode()}\n" for one in found)


def _table(found: Sequence[dict[str, Any]], *, named: bool) -> str:
    out = StringIO()
    writer = csv.writer(out)
    if named:
        writer.writerow(found[0])
    writer.writerows([_cell(value) for value in one.values()] for one in found)
    return out.getvalue()


def _cell(value: Any) -> str:
    """As a spreadsheet may open it: nothing that it would take for a formula."""
    text = value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
