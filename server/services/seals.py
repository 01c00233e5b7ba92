"""Seals the audit and decision logs in order, and finds what was changed in them since.

A row's seal is SHA-256 over the seal before it and the row as JSON with sorted names. The head of a chain is kept
with an HMAC under the secret outside the database, so that whoever can write to the database alone can neither
change nor cut off what is sealed. Whoever holds the secret too is found by a head written down elsewhere: see `against`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from server.core.clock import iso
from server.core.errors import Invalid
from server.domain.seals import FIRST, Check, Damage, Head, SealedLog, Waiting, find_head
from server.domain.signin import MailKind
from server.domain.users import Role
from server.services import audit, crossings, mail
from server.store import meta, users
from server.store import seals as rows
from server.store.session import Unit

BATCH = 500
PAGE = 1_000
MAILED = "seals.mailed"
STARTS = "seal-start"


def seal(unit: Unit) -> bool:
    """Seals up to BATCH rows of each log. True where more may wait."""
    return max(_seal(unit, log) for log in SealedLog)  # both of them, also where the first has more


def _seal(unit: Unit, log: SealedLog) -> bool:
    found = rows.unsealed(unit, log, BATCH)
    if not found:
        return False
    kept = rows.head(unit, log, to_change=True)
    # a chain goes on where its head stands, whatever rows say: a cut then shows as what it is
    sequence, last = (kept[0].sequence, kept[0].seal) if kept else (0, FIRST)
    made = []
    for row in found:
        sequence += 1
        last = _seal_of(last, sequence, rows.content(row))
        made.append((row.id, sequence, last))
    rows.put(unit, log, made)
    head = Head(log, sequence, last, unit.now)
    rows.keep_head(unit, head, _code(unit, head))
    if log is SealedLog.DECISIONS:
        crossings.count(unit, found)
    return len(found) == BATCH


def _seal_of(before: bytes, sequence: int, content: dict[str, Any]) -> bytes:
    said = {**content, "at": iso(content["at"]), "sequence": sequence}
    return sha256(before + msgspec.json.encode(said, order="deterministic")).digest()


def _code(unit: Unit, head: Head, purpose: str = "seal-head") -> bytes:
    key = unit.context.sealer.derive(purpose)
    return hmac.digest(key, f"{head.words()}:{iso(head.at)}".encode(), "sha256")


def begin(unit: Unit, log: SealedLog) -> Check:
    """The state of a look through a chain, as `go_on` takes it."""
    kept, begun = rows.head(unit, log), rows.start(unit, log)
    last = rows.last_sequence(unit, log)
    if kept is None:
        return Check(log, None, 0, FIRST, Damage.HEAD if last or begun else None)
    head, code = kept
    if not hmac.compare_digest(code, _code(unit, head)) or last > head.sequence:
        return Check(log, head, 0, FIRST, Damage.HEAD)
    if begun is None:
        return Check(log, head, 0, FIRST)
    start, code = begun
    found = Check(log, head, start.sequence, start.seal, start=start.sequence)
    beyond = start.sequence > head.sequence or (start.sequence == head.sequence and start.seal != head.seal)
    if beyond or not hmac.compare_digest(code, _code(unit, start, STARTS)):
        return replace(found, damage=Damage.START)
    return found


def go_on(unit: Unit, check: Check) -> Check:
    """Looks at the next PAGE rows, up to the head that stood when the look began."""
    head = check.head
    if head is None or check.finished:
        return check
    found = [
        row for row in rows.sealed(unit, check.log, check.sequence, PAGE) if row.sequence <= head.sequence
    ]
    if not found:
        return replace(check, damage=Damage.TRUNCATED)
    sequence, last = check.sequence, check.seal
    for row in found:
        so_far = replace(check, sequence=sequence, seal=last)
        if row.sequence != sequence + 1:
            return replace(so_far, damage=Damage.MISSING)
        sequence, last = row.sequence, _seal_of(last, row.sequence, rows.content(row))
        if row.seal != last:
            return replace(so_far, damage=Damage.CHANGED)
    wrong = sequence == head.sequence and last != head.seal
    return replace(check, sequence=sequence, seal=last, damage=Damage.HEAD if wrong else None)


def mail_heads(unit: Unit) -> int:
    """Once a day, tells auditors where the chains end. Answers how many were told."""
    today = unit.now.date().isoformat()
    if not mail.possible(unit) or meta.get(unit, MAILED) == today or not (ends := heads(unit)):
        return 0
    meta.put(unit, MAILED, today)
    told = users.addresses_of_role(unit, Role.AUDITOR)
    for address, language in told:
        mail.queue(unit, MailKind.SEALS, address, language, "\n".join(end.words() for end in ends))
    return len(told)


def against(unit: Unit, words: str) -> bool:
    """Whether a head that was written down, `LOG:NUMBER:SEAL`, is still in its chain. Raises Invalid."""
    written = find_head(words, unit.now)
    if written is None:
        raise Invalid(
            "A head is written as LOG:NUMBER:SEAL, such as audit:17: and 64 digits and letters a to f"
        )
    begun = rows.start(unit, written.log)
    if begun is not None and written.sequence <= begun[0].sequence:
        if written.sequence == begun[0].sequence:
            return begun[0].seal == written.seal
        raise Invalid(
            "%(head)s is older than what is kept: rows up to %(number)s went when their time was over",
            head=f"{written.log.value}:{written.sequence}",
            number=begun[0].sequence,
        )
    return rows.at_sequence(unit, written.log, written.sequence) == written.seal


# -- what is past its time -------------------------------------------------------------------------------


def past(unit: Unit, log: SealedLog, before: datetime) -> tuple[int, datetime | None]:
    """How many rows from the beginning on may go, and when the first was written."""
    kept, first = rows.head(unit, log), _started(unit, log)
    stays = rows.stays_from(unit, log, first.sequence, before)
    number = (stays - 1 if stays else kept[0].sequence if kept else 0) - first.sequence
    return (number, rows.oldest(unit, log, first.sequence)) if number > 0 else (0, None)


def let_go(unit: Unit, by: str, log: SealedLog, before: datetime) -> int:
    """Takes up to PAGE rows from the beginning of a chain, and keeps where it begins now. Answers how many; 0: no more may go.

    Only what is sealed, in order, and as it was sealed: of a chain with damage nothing goes, for it may be evidence.
    """
    if rows.head(unit, log, to_change=True) is None:  # others who would seal or let go wait
        return 0
    check = begin(unit, log)
    stays = rows.stays_from(unit, log, check.sequence, before)
    found = rows.sealed(unit, log, check.sequence, PAGE)
    last, sequence = check.seal, check.sequence
    for row in found if check.damage is None else ():
        if stays is not None and row.sequence >= stays:
            break
        if row.sequence != sequence + 1 or row.seal != _seal_of(last, row.sequence, rows.content(row)):
            return 0
        sequence, last = row.sequence, row.seal
    if sequence == check.sequence:
        return 0
    start = Head(log, sequence, last, unit.now)
    rows.keep_start(unit, start, _code(unit, start, STARTS))
    gone = rows.drop(unit, log, sequence)
    audit.record(unit, by, "retention.log", log.value, rows=gone, through=start.words())
    return gone


def _started(unit: Unit, log: SealedLog) -> Head:
    begun = rows.start(unit, log)
    return begun[0] if begun else Head(log, 0, FIRST, unit.now)


def any_waiting(unit: Unit) -> bool:
    """Whether there is something to seal; it costs one look."""
    return any(rows.unsealed(unit, log, 1) for log in SealedLog)


def waiting(unit: Unit, log: SealedLog) -> Waiting:
    return rows.waiting(unit, log)


def heads(unit: Unit) -> list[Head]:
    """Where the chains stand; a log without a sealed row is left out."""
    return [kept[0] for log in SealedLog if (kept := rows.head(unit, log))]


def export(
    unit: Unit, log: SealedLog, since: datetime, until: datetime, after_id: int
) -> Iterator[dict[str, Any]]:
    """One page of a log as plain values, times in UTC and seals in hex, by id."""
    for row in rows.between(unit, log, since, until, after_id, PAGE):
        yield {
            **rows.content(row),
            "id": str(row.id),
            "at": iso(row.at),
            "sequence": row.sequence,
            "seal": row.seal.hex() if row.seal else None,
        }
