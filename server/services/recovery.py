"""A house that came out of a backup stands still until it has caught up, and then opens by itself.

An administrator may open it sooner, but not before the confirmation below. Meanwhile what arrives is stored and waits, nothing leaves but what takes something back, and peers are asked to come again. Its own
lists say of everybody whom they ever vouched for that they are suspended, until a person has confirmed them: who was revoked since the
backup, and who was vouched for since, it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.types import Iri, Origin
from server.core.errors import Invalid
from server.core.log import logger
from server.domain.work import Hint
from server.services import audit, inventories
from server.services.verification import lists
from server.store import accounts, attestations, groups, instances, memberships, meta, pauses
from server.store import inventories as inventory_rows
from server.store import streams as positions
from server.store.session import Unit

log = logger("recovery")
SETTLE = timedelta(seconds=5)
"""Until partners have fetched the lists that were confirmed: before that they would refuse what members here say."""


@dataclass(frozen=True, slots=True)
class Missing:
    """groups: elsewhere, whose stream or roster was not read. lists: of partners, not asked for yet. confirmation: of our own lists.

    inventories: of instances that have not said yet what they hold of groups here.
    """

    groups: tuple[Iri, ...]
    lists: int
    confirmation: bool
    inventories: int

    def __bool__(self) -> bool:
        return bool(self.groups) or self.lists > 0 or self.confirmation or self.inventories > 0


def begin(unit: Unit, made_at: datetime) -> None:
    """Before anybody is served. made_at: what happened from then on the backup does not know."""
    inventories.expect(unit, made_at)
    meta.put(unit, meta.RECOVERING, unit.now.isoformat())
    attestations.all_due_now(unit)
    closed = lists.close(unit)
    audit.record(unit, "system", "restore.begin", unit.context.settings.origin, lists=closed)


def since(unit: Unit) -> datetime | None:
    """None where the house does not recover."""
    text = meta.get(unit, meta.RECOVERING)
    return datetime.fromisoformat(text) if text else None


def is_under_way(unit: Unit) -> bool:
    return since(unit) is not None


def missing(unit: Unit, began: datetime) -> Missing:
    """Of instances that are connected: of others nothing can be had."""
    own = unit.context.settings.origin
    speaking = {one.domain for one in instances.all_known(unit) if one.trust.speaks}
    behind = []
    for group in groups.known(unit):
        account = accounts.find(unit, group.account_id)
        if account is None or account.local or Origin(account.domain) not in speaking:
            continue
        position = positions.find(unit, group.account_id)
        unread = position is not None and (position.behind or position.hidden_at is not None)
        if unread and memberships.count_at(unit, group.account_id, own):
            behind.append(account.uri)
    due = attestations.lists_due(unit, began, began, 100)
    asked = len(set(inventory_rows.expected(unit)) & speaking)
    return Missing(tuple(behind), len(due), bool(lists.named(unit, lists.UNCONFIRMED)), asked)


def look(unit: Unit) -> bool:
    """Opens the house if nothing is missing. False where it goes on waiting."""
    began = since(unit)
    if began is None:
        return True
    if missing(unit, began) or _settles(unit):
        return False
    open_(unit, "system")
    return True


def _settles(unit: Unit) -> bool:
    """Whether a partner may not have fetched yet what was confirmed."""
    confirmed_at = meta.get(unit, lists.CONFIRMED_AT)
    if confirmed_at is None:
        return False
    moments = (datetime.fromisoformat(confirmed_at), pauses.last_hint(unit) or unit.now - SETTLE)
    return unit.now - max(moments) < SETTLE or pauses.hints_wait(unit)


def open_(unit: Unit, by: str) -> None:
    began = since(unit)
    if began is None:
        raise Invalid("The instance does not stand still after a restore")
    left = missing(unit, began)
    if left.confirmation:
        raise Invalid(
            "Who is verified must be confirmed first: look through the list, then `consilium verification confirm`"
        )
    meta.put(unit, meta.RECOVERING, "")
    audit.record(
        unit,
        by,
        "restore.open",
        unit.context.settings.origin,
        unread=len(left.groups),
        lists=left.lists,
        inventories=left.inventories,
    )
    log.warning("restored.opened", unread=len(left.groups), lists=left.lists, inventories=left.inventories)
    unit.hint(Hint.DELIVER)
    unit.hint(Hint.INBOUND)


def confirm(unit: Unit, by: str) -> int:
    """A person has looked at who is vouched for. Answers how many lists. Raises Invalid."""
    confirmed = lists.confirm(unit)
    if not confirmed:
        raise Invalid("Nothing waits to be confirmed: no backup was restored since")
    audit.record(unit, by, "restore.confirm", unit.context.settings.origin, lists=confirmed)
    return confirmed
