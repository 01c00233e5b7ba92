"""The purge register: what was taken away here, by whom and when, in a file beside the database.

A backup knows nothing of what was deleted after it was made. The register outlives the database, and is read again when a backup is
put back: what was gone is taken away again before anybody is served. It holds ids and no words.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from federation.types import Iri
from server.domain.posts import Tombstone
from server.domain.work import EventKind
from server.services import events, streams
from server.services.posts import delete as deletion
from server.store import accounts, backlog, groups, meta, repeats, rosters
from server.store import posts as post_rows
from server.store import streams as positions
from server.store.session import Unit

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
    return [
        Line(one.deleted_at, one.uri, one.owner, one.kept) for one in repeats.tombstones_since(unit, moment)
    ]


# -- the file --------------------------------------------------------------------------------------------


class File:
    """Appends each line once, and returns when it is on disk. One process does: the one that holds the runner's lease."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = {line.object: line.at for line in read(path)}
        self._newest = max(self._written.values(), default=None)

    @property
    def from_here(self) -> datetime | None:
        """From when on lines may be missing; None where the file is empty."""
        return None if self._newest is None else self._newest - LOOK_BACK

    def append(self, lines: Iterable[Line]) -> int:
        """Answers how many were new. Raises OSError."""
        fresh = [line for line in lines if line.object not in self._written]
        if not fresh:
            return 0
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                cut_off = file.read(1) != b"\n"
                file.write(b"\n" if cut_off else b"")
            file.writelines(msgspec.json.encode(line) + b"\n" for line in fresh)
            file.flush()
            os.fsync(file.fileno())
        for line in fresh:
            self._newest = line.at if self._newest is None else max(self._newest, line.at)
            self._written[line.object] = line.at
        horizon = self._newest - LOOK_BACK * 2 if self._newest is not None else None
        self._written = {uri: at for uri, at in self._written.items() if horizon is None or at >= horizon}
        return len(fresh)


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
