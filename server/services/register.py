"""The purge register: what was taken away here, by whom and when, in a file beside the database.

A backup knows nothing of what was deleted after it was made. The register outlives the database, and is read again when a backup is
put back: what was gone is taken away again before anybody is served. It holds ids and no words.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from federation.types import Iri
from server.core.errors import StorageFull
from server.core.files import sync_folder
from server.core.log import logger
from server.domain.posts import Tombstone
from server.domain.work import EventKind
from server.services import events, streams
from server.services.posts import delete as deletion
from server.services.posts import earlier
from server.store import accounts, backlog, groups, meta, repeats, rosters
from server.store import posts as post_rows
from server.store import streams as positions
from server.store.session import Unit

log = logger("register")

LOOK_BACK = timedelta(minutes=15)
"""A deletion is committed a moment after the time that it carries, and clocks go back a little."""
RESTORED = "restored_at"
"""In `meta`: this database came out of a backup at that moment. What has happened since the backup it does not know."""
BACKED_UP = "restored_from"
"""In `meta`: when that backup was made."""
CAUGHT_UP = "caught_up"
"""In `meta`: the RESTORED for which the register was read again."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """at: when it was taken away. owner: whose it was, or the group. kept: its tombstone stays for ever."""

    at: datetime
    object: str
    owner: str
    kept: bool = False


def since(unit: Unit, moment: datetime) -> list[Line]:
    """What was taken away from a moment on, oldest first."""
    return list(map(_line, repeats.tombstones_since(unit, moment)))


def _line(buried: Tombstone) -> Line:
    return Line(buried.deleted_at, buried.uri, buried.owner, buried.kept)


# -- the file --------------------------------------------------------------------------------------------


def write_ahead(unit: Unit) -> None:
    """What a unit takes away, on disk when this returns: before it is committed, acknowledged or receipted.

    A unit that is not committed after all leaves a line of something that somebody had asked to take away. Raises StorageFull.
    """
    try:
        append(unit.context.settings.purge_register_path, map(_line, unit.buried))
    except OSError as error:
        log.error("register.not_written", error=type(error).__name__, number=error.errno)
        raise StorageFull from error


def append(path: Path, lines: Iterable[Line]) -> None:
    """Several processes may at once. Returns when the lines are on disk. Raises OSError."""
    made = not path.exists()
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        cut_off = False
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            cut_off = file.read(1) != b"\n"
        file.write(b"\n" * cut_off + b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    if made:
        sync_folder(path.parent)


def complete(unit: Unit, path: Path) -> int:
    """Adds what an older version, or a disk that was away, left out at the end. Answers how many. Raises OSError."""
    written = {line.object: line.at for line in read(path)}
    newest = max(written.values(), default=None)
    moment = datetime.min.replace(tzinfo=UTC) if newest is None else newest - LOOK_BACK
    missing = [line for line in since(unit, moment) if line.object not in written]
    if missing:
        append(path, missing)
    return len(missing)


def read(path: Path) -> Iterator[Line]:
    """Its lines, oldest first; none where there is no file yet. A line that was cut off when the machine stopped is passed over.

    Raises OSError.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            try:
                yield msgspec.json.decode(text, type=Line)
            except msgspec.MsgspecError:
                continue


# -- after a backup was put back -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that came out of a backup and has not caught up yet."""

    at: str
    made_at: datetime


def restored(unit: Unit) -> Restored | None:
    """None where there is nothing to catch up with."""
    at, made_at = meta.get(unit, RESTORED), meta.get(unit, BACKED_UP)
    if at is None or made_at is None or meta.get(unit, CAUGHT_UP) == at:
        return None
    return Restored(at, datetime.fromisoformat(made_at))


def catch_up(unit: Unit, found: Restored, lines: Iterable[Line]) -> int:
    """Before anybody is served: takes away again what was gone, and asks groups elsewhere what has happened since.

    Groups that live here count anew, so that the instances of their members read them again from the beginning. Groups elsewhere are hidden
    until their roster was compared. Answers how many posts were taken away.
    """
    taken = 0
    for line in lines:
        if line.at < found.made_at - LOOK_BACK:
            continue
        before = earlier.read(line.object)
        if before is not None:
            earlier.remove(unit, before, line.owner)
            continue
        post = post_rows.find_by_uri(unit, line.object)
        author = None if post is None else accounts.find(unit, post.account_id)
        place = None if post is None or post.group_id is None else accounts.find(unit, post.group_id)
        said = Tombstone(Iri(line.object), Iri(line.owner), line.at, line.kept)
        if post is not None and author is not None and said.covers(author, place):
            backlog.cancel_of_post(unit, post.id)
            deletion.bury(unit, author, post)
            taken += 1
        repeats.bury(unit, Iri(line.object), line.owner, kept=line.kept)
    own = unit.context.settings.origin
    for group in groups.known(unit):
        account = accounts.find(unit, group.account_id)
        if account is None:
            continue
        if account.local:
            stamp = groups.raise_epoch(unit, group.account_id)
            for one in rosters.of_group(unit, group.account_id):
                rosters.change(unit, group.account_id, one.host, {"stamp": stamp})
            events.happened(unit, EventKind.GROUP_CHANGED, group_id=group.account_id)
        else:
            streams.behind(unit, group.account_id)
            positions.hide(unit, group.account_id)
            rosters.change(unit, group.account_id, own, {"check_at": unit.now})
    meta.put(unit, CAUGHT_UP, found.at)
    return taken
