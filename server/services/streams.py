"""What a group distributes, in order, to each instance that has members; and how far the stream of a group elsewhere was read.

At the group's instance: what it took up is logged once, and released to an instance under a number of that instance's own,
where trust, membership and policy permit it and the instance may have what it answers. The ledger has its row in the
same transaction. At a member's instance: a gap, a new epoch or a return makes the stream due to be pulled; push is the fast way,
pull the truth. What is refused there is remembered by the position of the first, and read again when trust or a rule has changed.
It refuses to release an answer or a reaction to whoever was not given what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.errors import Malformed
from federation.iri import origin_of
from federation.types import Iri, Origin
from federation.vocab.stream import StreamMark, read_mark, write_mark
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, Decision, Effect
from server.domain.groups import GroupActivity, History, StreamPosition
from server.domain.ledger import Via
from server.domain.posts import Post, Standing
from server.domain.work import EventKind, InboxItem
from server.services import boundary, events, ledger
from server.services.boundary import Crossing
from server.services.posts import earlier
from server.store import accounts, backlog, groups, instances, memberships, posts, rosters, work
from server.store import group_activities as rows
from server.store import ledger as ledger_rows
from server.store import streams as positions
from server.store.session import Unit

SOON = timedelta(seconds=2)
"""How long a missing item may be on its way before the stream is pulled."""
AGAIN = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
DAILY = timedelta(days=1)
"""What went unnumbered, since a rule or a tier stood against it for a while, shows no gap: asked for all the same."""
PAGE = 50
NEVER_READ = 0
"""No epoch: of a position that was made before anything was read."""
WITHHELD = rows.WITHHELD


# -- at the group's instance -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that a group of ours took up. inner: the bytes of the activity, verbatim; None where the group speaks itself."""

    uri: Iri
    kind: str
    object_uri: Iri
    author: Account
    content_class: ContentClass
    digest: str
    inner: bytes | None
    post: Post | None = None


def take_up(unit: Unit, group: Account, taken: Taken) -> GroupActivity | None:
    """Logs it. None where it was taken up before."""
    row_id = rows.add(
        unit,
        {
            "group_id": group.id,
            "uri": taken.uri,
            "kind": taken.kind,
            "object_uri": taken.object_uri,
            "post_id": None if taken.post is None else taken.post.id,
            "author_id": taken.author.id,
            "content_class": taken.content_class.word,
            "digest": taken.digest,
            "inner": taken.inner,
        },
    )
    if row_id is None:
        return None
    groups.first_post(unit, group.id)
    return rows.find(unit, row_id)


def distribute(unit: Unit, taken: GroupActivity) -> None:
    """It leaves with the next plan."""
    events.happened(unit, EventKind.GROUP_ACCEPTED, group_activity_id=taken.id)


@dataclass(frozen=True, slots=True)
class Released:
    """What may leave, and under which marks. decided: for each instance with members that was asked about.

    held: those for which a person must let it go; they have their number already.
    """

    inboxes: tuple[tuple[Origin, Iri], ...]
    marks: Mapping[Origin, str]
    decided: Mapping[Origin, Decision]

    @property
    def held(self) -> set[Origin]:
        return {host for host in self.marks if not self.decided[host].allowed}


def inboxes(unit: Unit, group: Account, about: Iri | None) -> list[tuple[Origin, Iri]]:
    """Where members of a group of ours are. about: what is answered or changed; who was not given that is left out."""
    found = memberships.inboxes(unit, group.id)
    if about is None:
        return found
    having = holders(unit, about)
    return [(host, inbox) for host, inbox in found if host in having]


def release(
    unit: Unit,
    group: Account,
    taken: GroupActivity,
    crossing: Crossing,
    *,
    about: Iri | None,
    only: Iterable[Origin] | None = None,
) -> Released:
    """Numbers it for each instance that may have it now. about: what it answers or changes.

    only: no other instances than these. Its ledger rows are written here.
    """
    wanted = inboxes(unit, group, about)
    if only is not None:
        among = set(only)
        wanted = [(host, inbox) for host, inbox in wanted if host in among]
    decided = boundary.decide_for_all(
        unit, Action.DELIVER, [host for host, _ in wanted], crossing, subject=taken.uri
    )
    epoch = rows.hold(unit, group.id)
    leaving: list[tuple[Origin, Iri]] = []
    marks: dict[Origin, str] = {}
    for host, inbox in wanted:
        denied = decided[host].effect is Effect.DENY
        n = None if denied else rows.enter(unit, group.id, taken.id, host)
        if n is not None:
            leaving.append((host, inbox))
            marks[host] = mark(unit, group, host, epoch, n)
    allowed = {host: decided[host] for host, _ in leaving if decided[host].allowed}
    _enter_ledger(unit, taken, allowed, Via.PUSH)
    return Released(tuple(leaving), marks, decided)


def let_go(unit: Unit, activity_id: int, host: Origin) -> None:
    """A person let go what a rule had held: the instance may have it from now on."""
    taken = rows.find_by_activity(unit, activity_id)
    if taken is not None:
        _enter_ledger(unit, taken, {host: Decision(Effect.ALLOW, ("review",), "")}, Via.PUSH)


def mark(unit: Unit, group: Account, host: Origin, epoch: int, n: int) -> str:
    """The header Consilium-Stream of one request."""
    roster = rosters.find(unit, group.id, host)
    return write_mark(StreamMark(group.uri, epoch, n, roster.stamp, roster.digest))


def holders(unit: Unit, object_uri: Iri) -> set[Origin]:
    """Instances that may have an object: those of the ledger, and where it comes from."""
    return {*ledger.hosts_of(unit, object_uri), origin_of(object_uri)}


def _enter_ledger(unit: Unit, taken: GroupActivity, permitted: Mapping[Origin, Decision], via: Via) -> None:
    if taken.kind not in {"Create", "Update"} or not permitted:
        return
    ledger_rows.add(
        unit,
        [
            {
                "object_uri": taken.object_uri,
                "host": host,
                "group_id": taken.group_id,
                "post_id": taken.post_id,
                "author_id": taken.author_id,
                "digest": taken.digest,
                "via": via.value,
                "rule": " ".join(found.rules)[:120],
            }
            for host, found in sorted(permitted.items())
        ],
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What an instance that was away gets. last: the newest position that it was ever given."""

    epoch: int
    items: tuple[tuple[int, GroupActivity], ...]
    last: int


def page(unit: Unit, group: Account, host: Origin, after: int, limit: int = PAGE) -> Page:
    """Behind a position. What the instance was never offered, or not permitted before, is released now if it may be."""
    epoch = rows.hold(unit, group.id)
    if rows.last(unit, group.id, host) - after < limit:
        _catch_up(unit, group, host, limit)
    found = rows.released(unit, group.id, host, after, limit)
    return Page(epoch, tuple(found), rows.last(unit, group.id, host))


def _catch_up(unit: Unit, group: Account, host: Origin, limit: int) -> None:
    """Releases what is older than the instance's first member, as far as the group shows its history."""
    record = groups.find(unit, group.id)
    assert record is not None
    since: datetime | None = None
    if record.history is History.JOIN:
        since = next(
            (first for origin, _, first in memberships.hosts(unit, group.id) if origin == host), unit.now
        )
    entered, after = 0, 0
    while entered < limit:
        candidates = rows.not_released(unit, group.id, host, since, after, limit)
        for taken in candidates:
            after = taken.id
            entered += _release_late(unit, group, taken, host, since)
        if len(candidates) < limit:
            return


def pass_over(unit: Unit, group: Account, taken: GroupActivity, host: Origin) -> None:
    """Its place in the stream is empty: when it is shown again, it is released anew."""
    rows.leave(unit, group.id, taken.id, host)


def _release_late(
    unit: Unit, group: Account, taken: GroupActivity, host: Origin, since: datetime | None
) -> bool:
    post = None if taken.post_id is None else posts.find(unit, taken.post_id)
    if post is not None and post.standing is Standing.HIDDEN:
        return False
    crossing, about = _judged(unit, taken)
    if taken.kind == "Update" and since is not None and post is not None and post.published_at < since:
        return False  # an edit that brings a post of before
    if about is not None and host not in holders(unit, about):
        return False
    decided = boundary.decide_for_all(unit, Action.DELIVER, [host], crossing, subject=taken.uri)[host]
    if not decided.allowed or rows.enter(unit, group.id, taken.id, host) is None:
        return False
    _enter_ledger(unit, taken, {host: decided}, Via.HISTORY)
    return True


def _judged(unit: Unit, taken: GroupActivity) -> tuple[Crossing, Iri | None]:
    """What the policy is asked of something that was distributed, and what it is about."""
    assert taken.activity_id is not None
    carried = work.get_activity(unit, taken.activity_id)
    crossing = Crossing.from_record(carried.crossing)
    post = None if taken.post_id is None else posts.find(unit, taken.post_id)
    return crossing, about(unit, taken, post)


def about(unit: Unit, taken: GroupActivity, post: Post | None) -> Iri | None:
    """What it answers, or changes. An edit is what brings a post whose earlier words were taken away."""
    brings = taken.kind == "Create" or (
        taken.kind == "Update" and post is not None and earlier.gone_before_of(unit, post) is not None
    )
    if not brings:
        return taken.object_uri
    return None if post is None else post.in_reply_to_uri


def trust_changed(unit: Unit, origin: Origin) -> None:
    """Something may cross to and from an instance again: what was said meanwhile has no number there, so no gap tells of it.

    Groups here say so to it, each by its document; streams of groups there are read from where they were left.
    """
    peer = instances.find(unit, origin)
    if peer is None or not peer.trust.speaks:
        return
    for group_id in memberships.local_groups_of_origin(unit, origin):
        events.happened(unit, EventKind.GROUP_CHANGED, group_id=group_id, host=origin)
    for group_id in positions.at_origin(unit, origin):
        behind(unit, group_id)


# -- at a member's instance ------------------------------------------------------------------------------


def heard(unit: Unit, group: Account, said: StreamMark) -> None:
    """Something came under this mark. Whatever is missing before it is pulled."""
    if positions.follows(unit, group.id, said.epoch, said.n):
        return
    known = positions.find(unit, group.id)
    if known is None or said.epoch > known.epoch:
        begins = known is None and said.n <= 1
        position = {"epoch": said.epoch, "n": said.n if begins else 0, "missed": None}
        if known is not None and known.epoch != NEVER_READ:
            _say_again(unit, group)
        positions.put(unit, group.id, {**position, "pull_at": unit.now + DAILY})
        if not begins:
            _due(unit, group.id)
    elif said.epoch == known.epoch and said.n > known.n and not known.behind:
        _due(unit, group.id)


def _say_again(unit: Unit, group: Account) -> None:
    """The group's instance came out of a backup: what was said to it since, as far as it is kept, is said again in the same bytes."""
    backlog.send_again(unit, group.origin(unit.context.settings.origin))


def behind(unit: Unit, group_id: int) -> None:
    """Somebody here has become a member, or something may cross again: the stream is read from where it was left, or refused."""
    positions.go_back(unit, group_id)
    positions.put(unit, group_id, {"behind": True, "failures": 0, "pull_at": unit.now})


def not_taken(unit: Unit, item: InboxItem) -> None:
    """What a group distributed was refused here. The position has moved on, or will: where it stood is remembered."""
    if item.stream is None:
        return
    with suppress(Malformed):
        mark = read_mark(item.stream)
        group = accounts.find_by_uri(unit, mark.group)
        if group is not None and mark.group == item.actor:
            positions.not_taken(unit, group.id, mark.epoch, mark.n)


def _due(unit: Unit, group_id: int) -> None:
    positions.put(unit, group_id, {"behind": True, "pull_at": unit.now + SOON})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stream to pull. asked: since when it is due; where the position says otherwise later, it was asked for once more."""

    group: Account
    after: int
    asked: datetime | None


def due(unit: Unit, limit: int = 20) -> list[Wanted]:
    found = []
    for one in positions.due(unit, limit):
        group = groups.account_of(unit, one.group_id)
        if group is not None and not group.local:
            found.append(Wanted(group, one.n, one.pull_at))
    return found


def rest(unit: Unit, group: Account) -> Wanted:
    """What is still to be pulled of a stream."""
    known = positions.find(unit, group.id)
    return Wanted(group, 0, None) if known is None else Wanted(group, known.n, known.pull_at)


def pulled(unit: Unit, wanted: Wanted, epoch: int, n: int, last: int) -> bool:
    """A page is stored up to position n. True where there is more."""
    group = wanted.group
    known = positions.find(unit, group.id)
    if known is not None and known.epoch not in {NEVER_READ, epoch}:
        # the group's instance was restored: its numbers begin anew
        _say_again(unit, group)
        positions.put(
            unit, group.id, {"epoch": epoch, "n": 0, "missed": None, "behind": True, "pull_at": unit.now}
        )
        return True
    if known is not None and known.n < wanted.after:
        return True  # it went back to what was refused while the page was on its way
    n = max(n, 0 if known is None else known.n)
    more = n < last
    again = _asked_again(known, wanted)
    missed = None if known is None else known.missed
    had_again = missed is not None and wanted.after < missed <= n
    positions.put(
        unit,
        group.id,
        {
            "epoch": epoch,
            "n": n,
            "missed": None if had_again else missed,
            "failures": 0,
            "behind": more or again,
            "pull_at": unit.now if more or again else unit.now + DAILY,
        },
    )
    return more


def _asked_again(known: StreamPosition | None, wanted: Wanted) -> bool:
    """Something came while the page was on its way, which may not have it."""
    return known is not None and known.pull_at != wanted.asked


def pull_failed(unit: Unit, wanted: Wanted) -> None:
    known = positions.find(unit, wanted.group.id)
    if _asked_again(known, wanted):
        return  # it is due for what came meanwhile
    failures = 0 if known is None else known.failures
    wait = AGAIN[min(failures, len(AGAIN) - 1)]
    positions.put(unit, wanted.group.id, {"failures": failures + 1, "pull_at": unit.now + wait})


def position(unit: Unit, group: Account) -> StreamPosition | None:
    return positions.find(unit, group.id)
