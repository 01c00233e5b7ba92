"""Asking others to remove what they were given, answering when they ask us, and knowing what was answered.

A receipt is a signed promise of another institution; it proves that they said so and when, and nothing else. A row of ours
moves forward once. It refuses a purge for any cause but those of the profile: a pause is none. What is held by a lawful order is
hidden instead, and the receipt says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.core.errors import NotFound
from server.core.ids import Ids
from server.domain.accounts import Account
from server.domain.groups import Reason
from server.domain.ledger import Purge, PurgeReason, PurgeState, ReceiptStatus
from server.domain.messages import Sentence
from server.domain.posts import Post, Standing
from server.domain.trust import Trust
from server.domain.work import EventKind
from server.services import audit, events
from server.services.posts import delete as posts
from server.services.posts import earlier, group_life
from server.services.posts.earlier import Earlier
from server.store import accounts, groups, instances, ledger, memberships, repeats
from server.store import posts as post_rows
from server.store import purges as rows
from server.store.session import Unit

OVERDUE_AFTER = timedelta(hours=24)
LAST_MEMBER_LEFT = timedelta(days=7)
ASKED_AT_ONCE = 200
"""Requests that one look at what has ended makes."""
BACKUPS_KEPT = timedelta(days=35)
"""After which nothing of what was purged is in a backup of ours any more; said in every receipt that we give."""


def ask(
    unit: Unit,
    by: str,
    object_uri: Iri,
    reason: PurgeReason,
    hosts: Iterable[Origin] | None = None,
    *,
    group_id: int | None = None,
) -> list[Purge]:
    """Asks the hosts, or every host of the ledger, to remove an object. Who was asked and has not answered is not asked twice."""
    entries = {entry.host: entry for entry in ledger.of_object(unit, earlier.whole(object_uri))}
    wanted = sorted(set(entries) if hosts is None else set(hosts))
    asked = []
    for host in wanted:
        if rows.waits(unit, object_uri, host):
            continue
        entry = entries.get(host)
        purge_id = unit.new_id()
        rows.add(
            unit,
            {
                "id": purge_id,
                "request": Ids.public(),
                "nonce": token_hex(16),
                "reason": reason.value,
                "object_uri": object_uri,
                "group_id": group_id if entry is None else entry.group_id,
                "post_id": None if entry is None else entry.post_id,
                "host": host,
                "digest": "" if entry is None else entry.digest,
                "state": PurgeState.WAITING.value,
                "asked_by": by,
                "asked_at": unit.now,
            },
        )
        events.happened(unit, EventKind.PURGE_ASKED, purge_id=purge_id)
        found = rows.find(unit, purge_id)
        assert found is not None
        asked.append(found)
    if asked:
        audit.record(unit, by, "purge.ask", object_uri, reason=reason.value, hosts=len(asked))
    return asked


def ask_earlier(
    unit: Unit, by: str, found: Earlier, group: Account, but: frozenset[Origin] = frozenset()
) -> None:
    """A group of ours asks whoever may have a post for what it said before, its author's instance as well."""
    hosts = set(ledger.hosts_of(unit, found.post_uri)) - but
    if origin_of(found.post_uri) != unit.context.settings.origin:
        hosts |= {origin_of(found.post_uri)} - but
    ask(unit, by, found.uri, PurgeReason.INCIDENT, hosts, group_id=group.id)


def withdraw(unit: Unit, by: str, object_uri: Iri) -> list[Purge]:
    """An administrator asks back what left. Raises NotFound for what never left."""
    if not ledger.of_object(unit, object_uri):
        raise NotFound("Nothing of %(object)s has left this instance", object=object_uri[:200])
    return ask(unit, by, object_uri, PurgeReason.WITHDRAWN)


def trust_changed(unit: Unit, domain: Origin) -> int:
    """Asks back what an instance that was ended was given, some of it at a time. Answers how much; 0: that was all.

    Nothing is asked back of one that is paused, or that was connected again meanwhile.
    """
    peer = instances.find(unit, domain)
    if peer is None or peer.trust is not Trust.BLOCKED:
        return 0
    given = ledger.still_given(unit, domain, ASKED_AT_ONCE)
    for entry in given:
        ask(unit, "system", entry.object_uri, PurgeReason.ENDED, [domain])
    if len(given) == ASKED_AT_ONCE:
        events.happened(unit, EventKind.TRUST_CHANGED, domain=domain, trust=peer.trust.value)
    return len(given)


OPEN = (PurgeState.WAITING, PurgeState.OVERDUE, PurgeState.UNREACHABLE)
LATE = (PurgeState.OVERDUE, PurgeState.UNREACHABLE)


def listed(unit: Unit, state: PurgeState | None, limit: int) -> list[Purge]:
    """Oldest first; without a state whatever is not answered."""
    return rows.in_states(unit, OPEN if state is None else (state,), limit)


def late(unit: Unit) -> list[Purge]:
    """What nobody answered for a day, oldest first."""
    return rows.in_states(unit, LATE, 10_000)


def of_object(unit: Unit, object_uri: Iri) -> list[Purge]:
    """Oldest first; of a post also what was asked about its earlier versions."""
    before = earlier.named(unit, object_uri)
    return rows.of_object(unit, object_uri) + ([] if before is None else rows.of_object(unit, before.uri))


# -- others ask us ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of another instance, verified. group_uri: "" where it is about no group."""

    request: str
    nonce: str
    origin: Origin
    actor_uri: Iri
    object_uri: Iri
    group_uri: str
    digest: str
    reason: str = ""


def answered(unit: Unit, request: str) -> bytes | None:
    """The receipt that was given for a request before; the same is given again."""
    row = rows.registered(unit, request)
    return None if row is None else bytes(row.receipt)


def remove(unit: Unit, asked: Asked) -> ReceiptStatus:
    """Takes the object away, for ever, or hides it where a lawful order keeps it. The answer does not tell whether it was here.

    Raises NotFound where the object is another's: then nothing happens and nothing is answered. To a group it is answered that
    what is not its own is not here as such, whether or not it is here as something else.
    """
    before = earlier.read(asked.object_uri)
    post = post_rows.find_by_uri(unit, earlier.whole(asked.object_uri))
    if post is not None:
        group = None if post.group_id is None else accounts.find(unit, post.group_id)
        author = accounts.find(unit, post.account_id)
        by_group = group is not None and group.uri == asked.actor_uri
        by_author = author is not None and (
            author.uri == asked.actor_uri or author.domain == asked.origin != ""
        )
        if not by_group and asked.group_uri == asked.actor_uri and not by_author:
            return ReceiptStatus.GONE
        if author is None or not (by_group or by_author):
            raise NotFound
        if post.local and not (by_group and asked.reason == PurgeReason.INCIDENT):
            raise NotFound  # what a member here wrote stays theirs, but for what identifies a patient
        if before is not None:
            return _remove_earlier(unit, asked, before, post, group)
        if rows.is_held(unit, asked.object_uri):
            post_rows.change(unit, post.id, {"standing": Standing.HIDDEN.value})
            return ReceiptStatus.HIDDEN_HELD
        if post.local and post.standing is not Standing.REMOVED:
            group_life.tell(unit, post, Sentence.POST_REMOVED, Reason.IDENTIFIERS)
        if group is not None and group.local and not by_group:
            # the request has come before the Delete that the group would pass on, or in its place
            given = set(ledger.hosts_of(unit, asked.object_uri)) - {asked.origin}
            ask(unit, asked.actor_uri, asked.object_uri, PurgeReason.DELETED, given, group_id=group.id)
        posts.bury(unit, author, post)
        repeats.bury(unit, asked.object_uri, author.uri, kept=True)
    elif before is not None and _may_bury(unit, asked):
        earlier.remove(unit, before, asked.actor_uri)
    elif _may_bury(unit, asked):
        repeats.bury_unknown(unit, asked.object_uri, asked.actor_uri, kept=True)
    return ReceiptStatus.GONE


def _remove_earlier(
    unit: Unit, asked: Asked, found: Earlier, post: Post, group: Account | None
) -> ReceiptStatus:
    """What a post said before. A group of ours that its author's instance asks asks all the others."""
    held = rows.is_held(unit, post.uri)
    if earlier.remove(unit, found, asked.actor_uri, keeps=held):
        if post.local:
            group_life.tell(unit, post, Sentence.EARLIER_REMOVED, Reason.IDENTIFIERS)
        if group is not None and group.local:
            ask_earlier(unit, asked.actor_uri, found, group, frozenset({asked.origin}))
    return ReceiptStatus.HIDDEN_HELD if held else ReceiptStatus.GONE


def _may_bury(unit: Unit, asked: Asked) -> bool:
    """Of what is not here: the object's own instance, and a group that is known here. Nothing of ours can still be to come."""
    if origin_of(asked.object_uri) in {asked.origin, unit.context.settings.origin}:
        return origin_of(asked.object_uri) == asked.origin
    group = accounts.find_by_uri(unit, asked.actor_uri)
    return group is not None and groups.find(unit, group.id) is not None


def register(unit: Unit, asked: Asked, status: ReceiptStatus, receipt: bytes) -> None:
    """Keeps the receipt and sends it. A restore from a backup reads the register again."""
    rows.register(
        unit,
        {
            "request": asked.request,
            "origin": asked.origin,
            "object_uri": asked.object_uri,
            "group_uri": asked.group_uri,
            "status": status.value,
            "receipt": receipt,
            "at": unit.now,
        },
    )
    audit.record(unit, asked.origin, "purge.done", asked.object_uri, status=status.value)
    send_receipt(unit, asked.request)


def send_receipt(unit: Unit, request: str) -> None:
    events.happened(unit, EventKind.PURGE_RECEIPTED, request=request)


def receipt_of(unit: Unit, request: str) -> tuple[Origin, bytes]:
    """To whom a receipt goes, and its bytes. Raises NotFound."""
    row = rows.registered(unit, request)
    if row is None:
        raise NotFound
    return Origin(row.origin), bytes(row.receipt)


# -- receipts of others ----------------------------------------------------------------------------------


class Received(StrEnum):
    """What a receipt came to. STRANGE: it answers nothing that we asked, or not as we asked it."""

    DONE = "done"
    REPEATED = "repeated"
    STRANGE = "strange"


def receive_receipt(
    unit: Unit,
    origin: Origin,
    *,
    request: str,
    nonce: str,
    object_uri: str,
    status: ReceiptStatus,
    backups_expire: datetime | None,
    receipt: bytes,
) -> Received:
    """receipt: verified, verbatim."""
    found = rows.find_by_request(unit, request)
    if found is None or (found.host, found.nonce, found.object_uri) != (origin, nonce, object_uri):
        audit.record(unit, origin, "purge.strange_receipt", object_uri)
        return Received.STRANGE
    values = {
        "state": PurgeState.DONE.value,
        "status": status.value,
        "receipt": receipt,
        "received_at": unit.now,
        "backups_expire": backups_expire,
    }
    if not rows.move(unit, found.id, values, was=OPEN):
        return Received.REPEATED
    audit.record(unit, origin, "purge.receipt", object_uri, status=status.value)
    if origin_of(found.object_uri) not in {origin, unit.context.settings.origin}:
        events.happened(unit, EventKind.PURGE_FORWARDED, purge_id=found.id)
    return Received.DONE


def receive_forwarded(
    unit: Unit,
    origin: Origin,
    group: Account,
    *,
    request: str,
    nonce: str,
    object_uri: Iri,
    host: Origin,
    status: ReceiptStatus,
    answered_at: datetime,
    backups_expire: datetime | None,
    receipt: bytes,
) -> Received:
    """What another instance answered to a group, about what a member here wrote. origin: the group's. receipt: verified."""
    before = earlier.read(object_uri)
    given = ledger.of_object(unit, earlier.whole(object_uri))
    entry = next((one for one in given if one.host == origin), None)
    if entry is None or origin_of(object_uri) != unit.context.settings.origin:
        return Received.STRANGE
    added = rows.add(
        unit,
        {
            "id": unit.new_id(),
            "request": request,
            "nonce": nonce,
            "reason": (PurgeReason.DELETED if before is None else PurgeReason.INCIDENT).value,
            "object_uri": object_uri,
            "group_id": group.id,
            "post_id": entry.post_id,
            "host": host,
            "state": PurgeState.DONE.value,
            "asked_by": group.uri[:255],
            "asked_at": answered_at,
            "status": status.value,
            "receipt": receipt,
            "received_at": unit.now,
            "backups_expire": backups_expire,
        },
    )
    return Received.DONE if added else Received.REPEATED


# -- what is overdue -------------------------------------------------------------------------------------


def sweep(unit: Unit) -> None:
    """Marks what nobody answered for a day, and asks again. After three days the boundary lets nothing more of the group there."""
    for found in rows.unanswered(unit, unit.now - OVERDUE_AFTER):
        peer = instances.find(unit, found.host)
        reachable = peer is not None and peer.failing_since is None
        state = PurgeState.OVERDUE if reachable else PurgeState.UNREACHABLE
        if state is not found.state:
            rows.move(unit, found.id, {"state": state.value}, was=OPEN)
            audit.record(unit, "system", f"purge.{state.value}", found.object_uri, host=found.host)
            events.happened(unit, EventKind.PURGE_ASKED, purge_id=found.id)


def ask_due(unit: Unit) -> int:
    """Asks for what an end makes due: of a partnership, of a group, or of the last membership at an instance, a week later.

    A pause is no end. Answers how many were asked.
    """
    asked = 0
    for group_id, host in ledger.groups_and_hosts(unit):
        group, reason = accounts.find(unit, group_id), _end_of(unit, group_id, host)
        if group is None or reason is None:
            continue
        own = unit.context.settings.origin
        for entry in ledger.not_asked(unit, group_id, host, ASKED_AT_ONCE - asked):
            # of a group elsewhere only what was written here is ours to take
            if group.local or origin_of(entry.object_uri) == own:
                asked += len(ask(unit, "system", entry.object_uri, reason, [host], group_id=group_id))
        if asked >= ASKED_AT_ONCE:
            break
    return asked


def _end_of(unit: Unit, group_id: int, host: Origin) -> PurgeReason | None:
    peer = instances.find(unit, host)
    if peer is not None and peer.trust is Trust.BLOCKED:
        return PurgeReason.ENDED
    group, account = groups.find(unit, group_id), accounts.find(unit, group_id)
    if group is None or account is None or not account.local:
        return None
    if group.dissolved_at is not None:
        return PurgeReason.DISSOLVED
    inside, ended_at = memberships.last_ended(unit, group_id, host)
    left = not inside and ended_at is not None and unit.now - ended_at >= LAST_MEMBER_LEFT
    return PurgeReason.LAST_MEMBER if left else None
