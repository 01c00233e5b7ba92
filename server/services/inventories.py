"""What member instances hold of a group that lives elsewhere, and what its instance learns from it after a restore.

A backup does not know what left after it was made: the ledger lacks it, and what was written and deleted since has nobody to be asked for. So each
instance with members is asked what came to it since. It enters the ledger; what the purge register names is asked back. Of words that
are lost here nothing comes back: an inventory has ids. An instance is believed of itself alone: what it names that is here it must have had, by its digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.ledger import PurgeReason, Via
from server.services import audit, purges
from server.store import accounts, groups, ledger, memberships, posts, repeats
from server.store import inventories as rows
from server.store.session import Unit

PAGE = 500
AGAIN = timedelta(seconds=30)
NAMED = 50
"""Of what is lost here, so many ids stand in the audit log."""


class Found(StrEnum):
    """What something that an instance holds is to us."""

    KNOWN = "known"
    OTHER = "other"  # in another version: an edit is lost here, or did not arrive there
    LOST = "lost"  # nothing is known of it here
    TAKEN_BACK = "taken-back"  # it was deleted here: it is asked back
    NOT_OURS = "not-ours"


@dataclass(frozen=True, slots=True)
class Item:
    """A post that an instance says it holds. digest: of the version."""

    object_uri: Iri
    group_uri: Iri
    author_uri: Iri
    digest: str


def expect(unit: Unit, since: datetime) -> int:
    """Each instance with members of groups here is to be asked. Answers how many."""
    own, settings = unit.context.settings.origin, unit.context.settings
    hosts = {
        host
        for group in groups.local(unit)
        if group.access.members_only
        for host, _, _ in memberships.hosts(unit, group.account_id)
    } - {own}
    seconds = int(since.timestamp())
    urls = [
        (host, Iri(f"{settings.scheme_of(host)}://{host}/actors/inventory?since={seconds}"))
        for host in sorted(hosts)
    ]
    rows.expect(unit, urls)
    return len(urls)


def due(unit: Unit, limit: int) -> list[tuple[Origin, Iri]]:
    """Which pages are to be read now, of which instances."""
    return rows.due(unit, limit)


def take(unit: Unit, host: Origin, items: Iterable[Item], following: Iri | None) -> Counter[Found]:
    """One page of what an instance holds. following: where it goes on."""
    found: Counter[Found] = Counter()
    lost: list[Iri] = []
    here: dict[Iri, Account | None] = {}
    for item in items:
        if item.group_uri not in here:
            here[item.group_uri] = _group(unit, item.group_uri, host)
        group = here[item.group_uri]
        outcome = Found.NOT_OURS if group is None else _compare(unit, group, host, item)
        found[outcome] += 1
        if outcome is Found.LOST and len(lost) < NAMED:
            lost.append(item.object_uri)
    if following is None:
        rows.read(unit, host)
    else:
        rows.turn(unit, host, following)
    counted = {outcome.value: count for outcome, count in found.items()}
    audit.record(unit, "system", "restore.inventory", host, **counted, ids=lost)
    return found


def _group(unit: Unit, uri: Iri, host: Origin) -> Account | None:
    """A members-only group here in which somebody of that instance is."""
    account = accounts.find_by_uri(unit, uri)
    record = None if account is None or not account.local else groups.find(unit, account.id)
    if account is None or record is None or not record.access.members_only:
        return None
    return account if memberships.count_at(unit, account.id, host) else None


def _compare(unit: Unit, group: Account, host: Origin, item: Item) -> Found:
    if origin_of(item.object_uri) == host:
        return Found.NOT_OURS  # what was written there is theirs
    post = posts.find_by_uri(unit, item.object_uri)
    if post is not None:
        if post.group_id != group.id:
            return Found.NOT_OURS
        if not post.digest or post.digest != item.digest:
            return Found.OTHER
        _enter(unit, group, host, item, post.id)
        return Found.KNOWN
    _enter(unit, group, host, item, None)
    if repeats.find_tombstone(unit, item.object_uri) is None:
        return Found.LOST
    purges.ask(unit, "system", item.object_uri, PurgeReason.DELETED, [host])
    return Found.TAKEN_BACK


def _enter(unit: Unit, group: Account, host: Origin, item: Item, post_id: int | None) -> None:
    author = accounts.find_by_uri(unit, item.author_uri)
    entry = {
        "object_uri": item.object_uri,
        "host": host,
        "group_id": group.id,
        "post_id": post_id,
        "author_id": None if author is None else author.id,
        "digest": item.digest,
        "via": Via.INVENTORY.value,
        "rule": "",
    }
    ledger.add(unit, [entry])


def failed(unit: Unit, host: Origin) -> None:
    """It is asked again."""
    rows.later(unit, host, unit.now + AGAIN)


def none(unit: Unit, host: Origin) -> None:
    """It answers that it has none: an earlier release, or no partner any more."""
    rows.read(unit, host)
    audit.record(unit, "system", "restore.inventory", host, answered=False)
