"""The trust table as CSV in Mastodon's formats: domain blocks and domain allows.

A file is read whole or refused with the numbers of its bad lines. Reading never changes anything: first comes the
difference to what is stored, then, when a person agrees to that very difference, one unit applies it.

An import never makes a partner, never connects an instance because a block list names it, and never ends a
relationship: an instance that is connected and that the file wants gone is a conflict, left alone unless the person
says otherwise, and then paused. Severities: `suspend` ends instances that are not connected, `silence` holds
connected ones, `noop` changes the flags alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from federation.errors import Malformed
from federation.iri import canonical_origin
from federation.types import Origin
from server.core.errors import Conflict, Invalid
from server.core.i18n import N_
from server.domain.trust import Instance, Trust
from server.services import audit, instances
from server.services.instances import NO_DETAILS, Details
from server.store.session import Unit

BLOCKS_HEADER = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
ALLOWS_HEADER = ("#domain",)
LARGEST = 4 * 2**20
MOST_LINES = 50_000
LONGEST_COMMENT = 2000
_SHOWN = 20
_BOOLEANS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False, "": False}


class Severity(StrEnum):
    """ALLOW is not in Mastodon's word list: it stands for a line of a list of allowed domains."""

    ALLOW = "allow"
    NOOP = "noop"
    SILENCE = "silence"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file."""

    domain: Origin
    severity: Severity
    details: Details = NO_DETAILS
    obfuscate: bool = False


class Effect(StrEnum):
    """What a line would do."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one line would change. details: None where they stay. note: gettext id of the reason, or empty."""

    domain: Origin
    effect: Effect
    before: Trust
    after: Trust
    details: Details | None = None
    note: str = ""


# -- files -----------------------------------------------------------------------------------------------


def read(text: str) -> list[Entry]:
    """The entries of a file, each domain once. Raises Invalid with the numbers of all bad lines."""
    if len(text) > LARGEST:
        raise Invalid("The file is larger than %(most)s megabytes", most=LARGEST // 2**20)
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    found: dict[Origin, tuple[int, Entry]] = {}
    problems: list[str] = []
    try:
        columns = _columns(next(reader, []))
        for row in reader:
            number = reader.line_num
            if number > MOST_LINES:
                raise Invalid("The file has more than %(most)s lines", most=MOST_LINES)
            if not any(cell.strip() for cell in row):
                continue
            try:
                entry = _entry(columns, row)
            except ValueError as problem:
                problems.append(f"{number} ({problem})")
                continue
            known = found.setdefault(entry.domain, (number, entry))
            if known[1] != entry:
                problems.append(f"{number} (says something else of {entry.domain} than line {known[0]})")
    except csv.Error:
        problems.append(f"{reader.line_num} (not readable as CSV)")
    if problems:
        more = f", and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise Invalid("Nothing was imported. Bad lines: %(lines)s", lines=", ".join(problems[:_SHOWN]) + more)
    return [entry for _, entry in found.values()]


def _columns(header: list[str]) -> dict[str, int]:
    names = [name.strip().lower().removeprefix("\ufeff").removeprefix("#") for name in header]
    allowed = [name[1:] for name in BLOCKS_HEADER]
    if not names or names[0] != "domain" or len(set(names)) != len(names):
        raise Invalid(
            "The first line must be %(blocks)s for a list of blocks, or %(allows)s for a list of allowed domains",
            blocks=",".join(BLOCKS_HEADER),
            allows=",".join(ALLOWS_HEADER),
        )
    if len(names) > 1 and "severity" not in names:
        raise Invalid("The first line names no #severity: it is unclear what the list means")
    return {name: position for position, name in enumerate(names) if name in allowed}


def _entry(columns: dict[str, int], row: list[str]) -> Entry:
    """Raises ValueError with a few words."""

    def cell(name: str) -> str:
        position = columns.get(name)
        return row[position].strip() if position is not None and position < len(row) else ""

    try:
        domain = canonical_origin(cell("domain"))
    except Malformed:
        raise ValueError("no host name") from None
    if "severity" not in columns:
        if any(value.strip() for value in row[1:]):
            raise ValueError("more columns than the first line")
        return Entry(domain, Severity.ALLOW)
    word = cell("severity").lower()
    if word not in {Severity.NOOP, Severity.SILENCE, Severity.SUSPEND}:
        raise ValueError("severity is not noop, silence or suspend")
    flags: dict[str, bool] = {}
    for name in ("reject_media", "reject_reports", "obfuscate"):
        value = cell(name).lower()
        if value not in _BOOLEANS:
            raise ValueError(f"{name} is not true or false")
        flags[name] = _BOOLEANS[value]
    comment = cell("public_comment")
    if len(comment) > LONGEST_COMMENT or "\x00" in comment:
        raise ValueError("the comment is too long or has illegal characters")
    details = Details(flags["reject_media"], flags["reject_reports"], comment)
    return Entry(domain, Severity(word), details, flags["obfuscate"])


def write(entries: Iterable[Entry], header: tuple[str, ...]) -> str:
    """A file with one of the two headers. Raises ValueError on an entry of the other kind."""
    out = StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(header)
    for entry in entries:
        if (entry.severity is Severity.ALLOW) != (header == ALLOWS_HEADER):
            raise ValueError("a file holds blocks or allowed domains, not both")
        lines.writerow(_cells(entry))
    return out.getvalue()


def _cells(entry: Entry) -> list[str]:
    if entry.severity is Severity.ALLOW:
        return [entry.domain]
    flags = [str(flag).lower() for flag in (entry.details.reject_media, entry.details.reject_reports)]
    return [
        entry.domain,
        entry.severity.value,
        *flags,
        entry.details.public_comment,
        str(entry.obfuscate).lower(),
    ]


def blocks(unit: Unit) -> list[Entry]:
    """What is held, paused, ended or flagged, as a list of blocks."""
    severities = {
        Trust.LIMITED: Severity.SILENCE,
        Trust.SUSPENDED: Severity.SUSPEND,
        Trust.BLOCKED: Severity.SUSPEND,
    }
    found = []
    for row in instances.all_known(unit):
        severity = severities.get(row.trust, Severity.NOOP)
        details = _details(row)
        if severity is not Severity.NOOP or details != NO_DETAILS:
            found.append(Entry(row.domain, severity, details))
    return found


def allows(unit: Unit) -> list[Entry]:
    """The connected instances; those that are held stand in the list of blocks as well, as `silence`."""
    return [Entry(row.domain, Severity.ALLOW) for row in instances.all_known(unit) if row.trust.speaks]


# -- difference ------------------------------------------------------------------------------------------


def compare(unit: Unit, entries: Iterable[Entry]) -> list[Difference]:
    """What an import would change, in the order of the file."""
    known = {row.domain: row for row in instances.all_known(unit)}
    own = unit.context.settings.origin
    return [
        Difference(entry.domain, Effect.SAME, Trust.UNKNOWN, Trust.UNKNOWN, note=N_("this instance itself"))
        if entry.domain == own
        else _difference(entry, known.get(entry.domain))
        for entry in entries
    ]


def _difference(entry: Entry, row: Instance | None) -> Difference:
    before = row.trust if row else Trust.UNKNOWN
    after, note, conflict = _judged(entry.severity, before)
    details = None
    # a list of blocks leaves no row of an instance that it would hold if it were connected
    noted = row is not None or entry.severity in {Severity.NOOP, Severity.SUSPEND}
    if (
        entry.severity is not Severity.ALLOW
        and noted
        and entry.details != (_details(row) if row else NO_DETAILS)
    ):
        details = entry.details
    if conflict:
        return Difference(entry.domain, Effect.CONFLICT, before, after, details, note)
    if after is before and details is None:
        return Difference(entry.domain, Effect.SAME, before, after, None, note)
    effect = Effect.ADD if row is None else Effect.CHANGE
    return Difference(entry.domain, effect, before, after, details, note)


def _judged(severity: Severity, before: Trust) -> tuple[Trust, str, bool]:
    """The trust that a line wants, why it is not what one may think, and whether a person must say so."""
    if severity is Severity.ALLOW:
        if before in {Trust.SUSPENDED, Trust.BLOCKED}:
            return Trust.ALLOWED, N_("was stopped here; the file would connect it again"), True
        return (before if before.speaks else Trust.ALLOWED), "", False
    if severity is Severity.SILENCE:
        if before is Trust.ALLOWED:
            return Trust.LIMITED, N_("everything from there will be held for review"), False
        return before, "" if before.speaks else N_("a list of blocks connects nobody"), False
    if severity is Severity.SUSPEND:
        if before.speaks:
            return Trust.SUSPENDED, N_("is connected here; the file would pause it"), True
        return (Trust.BLOCKED if before is Trust.UNKNOWN else before), "", False
    return before, "", False


def _details(row: Instance) -> Details:
    return Details(row.reject_media, row.reject_reports, row.public_comment)


def apply(
    unit: Unit, by: str, entries: list[Entry], shown: list[Difference], *, conflicts: bool = False
) -> int:
    """Applies the difference that was shown. Answers how many instances changed.

    conflicts: what the file contradicts follows the file as well. Raises Conflict, changing nothing, where the trust
    table is no longer what it was when the difference was shown.
    """
    differences = compare(unit, entries)
    if differences != shown:
        raise Conflict("The list of instances has changed meanwhile; look at the difference again")
    applied = 0
    for one in differences:
        if one.effect is Effect.SAME or (one.effect is Effect.CONFLICT and not conflicts):
            continue
        if one.after is not one.before or one.effect is Effect.ADD:
            instances.set_trust(unit, by, one.domain, one.after, "import")
        if one.details is not None:
            instances.set_details(unit, by, one.domain, one.details)
        applied += 1
    audit.record(unit, by, "instance.import", "", lines=len(entries), applied=applied, conflicts=conflicts)
    return applied
