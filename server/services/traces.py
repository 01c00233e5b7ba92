"""What a member here wrote in groups, and where it is: who may have it, since when, by which rule, and what became of it there.

For its author alone, also when the post itself is gone. It names institutions, never people, and holds no words of the post.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.ledger import LedgerEntry, Purge, PurgeState, Via
from server.domain.posts import Post
from server.domain.reads import is_recorded
from server.services import groups, reads
from server.services.groups import Readers
from server.services.posts import earlier
from server.store import accounts, ledger, memberships, purges
from server.store import posts as post_rows
from server.store.session import Unit

SHOWN = 1000
"""Rows of the ledger that the overview looks at, newest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One institution. entry: None where the group passed it on. asked: the newest request to remove it, None where there is none."""

    host: Origin
    entry: LedgerEntry | None
    asked: Purge | None

    @property
    def earlier_only(self) -> bool:
        """Whether it was asked for nothing but what the post said before it was edited."""
        return self.asked is not None and earlier.read(self.asked.object_uri) is not None


@dataclass(frozen=True, slots=True)
class Trace:
    """post: None where it is gone. readers: where a group elsewhere passes it on to, as it says itself; for members of it alone.

    shown_here: to how many members here it was shown, its author not among them.
    """

    post_id: int
    object_uri: Iri
    since: datetime
    group: Account | None
    post: Post | None
    lines: tuple[Line, ...]
    readers: tuple[Readers, ...] = ()
    shown_here: int = 0

    @property
    def open(self) -> int:
        """How many have been asked to remove it and have not answered."""
        return sum(one.asked is not None and one.asked.state is not PurgeState.DONE for one in self.lines)

    @property
    def proven(self) -> int:
        """How many have stated that it is gone."""
        return sum(one.asked is not None and one.asked.state is PurgeState.DONE for one in self.lines)


def of_author(unit: Unit, author: Account) -> list[Trace]:
    """Newest first."""
    found: dict[int, list[LedgerEntry]] = {}
    for entry in ledger.of_author(unit, author.id, SHOWN):
        if entry.post_id is not None and entry.group_id is not None and entry.via is not Via.MEDIA:
            found.setdefault(entry.post_id, []).append(entry)
    return [_trace(unit, post_id, entries) for post_id, entries in found.items()]


def of_post(unit: Unit, author: Account, post_id: int) -> Trace:
    """Raises NotFound for everybody but its author, and for what was not said in a group. lines: empty for what never left."""
    entries = [
        one
        for one in ledger.of_post(unit, post_id)
        if one.author_id == author.id and one.group_id is not None and one.via is not Via.MEDIA
    ]
    if entries:
        return _trace(unit, post_id, entries, reading=author)
    post = post_rows.find(unit, post_id)
    if post is None or post.account_id != author.id or not is_recorded(post):
        raise NotFound
    group = None if post.group_id is None else accounts.find(unit, post.group_id)
    shown_here = reads.readers(unit, post.uri)
    return Trace(post_id, post.uri, post.published_at, group, post, (), shown_here=shown_here)


def _trace(unit: Unit, post_id: int, entries: list[LedgerEntry], reading: Account | None = None) -> Trace:
    first = min(entries, key=lambda one: one.since)
    whole_last = sorted(
        purges.of_object(unit, first.object_uri), key=lambda one: one.object_uri == first.object_uri
    )
    asked = {one.host: one for one in whole_last}
    mine = sorted(entries, key=lambda one: one.host)
    lines = [Line(one.host, one, asked.pop(one.host, None)) for one in mine]
    lines += [Line(host, None, one) for host, one in sorted(asked.items())]
    group = None if first.group_id is None else accounts.find(unit, first.group_id)
    return Trace(
        post_id,
        first.object_uri,
        first.since,
        group,
        post_rows.find(unit, post_id),
        tuple(lines),
        () if group is None or reading is None else _readers(unit, group, reading),
        0 if reading is None else reads.readers(unit, first.object_uri),
    )


def _readers(unit: Unit, group: Account, reading: Account) -> tuple[Readers, ...]:
    own = unit.context.settings.origin
    if group.local or not memberships.is_active(unit, group.id, reading.id):
        return ()
    home = origin_of(group.uri)
    return tuple(one for one in groups.who_can_read(unit, group) if one.host not in {own, home})
