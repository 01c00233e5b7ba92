"""New keys for an actor of this instance: the old ones are no longer used or listed, and vouch for the new ones.

Of a member the group's instances hear by a renewed request with a new attestation; of a group by its document, which the old key signs
as well; of the instance by a card that the old key signs as well, which the other administrators load. It moves no pin of anybody.
"""

from __future__ import annotations

from federation.types import Iri
from server.core.errors import Invalid
from server.domain.accounts import Account, AccountKind
from server.domain.work import EventKind
from server.services import accounts, audit, events, groups, keys, verification
from server.store import accounts as rows
from server.store import groups as group_rows
from server.store.session import Unit


def member(unit: Unit, by: str, account: Account) -> list[Account]:
    """Answers the groups that could not be told: the member has to look at their pages. Raises Invalid."""
    if account.kind is AccountKind.GROUP or not account.local or account.gone:
        raise Invalid("@%(name)s is no person with an account here", name=account.username)
    _rotate(unit, by, account)
    events.happened(unit, EventKind.ACTOR_CHANGED, account_id=account.id)
    return groups.renew_all(unit, account)


def group(unit: Unit, by: str, account: Account) -> None:
    """Of a group that lives here."""
    _rotate(unit, by, account)
    if group_rows.find(unit, account.id) is not None:
        events.happened(unit, EventKind.GROUP_CHANGED, group_id=account.id)


def instance(unit: Unit, by: str) -> Iri:
    """Partners take what this instance signs when they have loaded its new card. Answers the id of the new key."""
    actor = accounts.get_instance_actor(unit)
    new = _rotate(unit, by, actor)
    verification.sign_lists_again(unit)
    return new


def _rotate(unit: Unit, by: str, account: Account) -> Iri:
    new = keys.rotate(unit, account.id, account.uri)
    rows.change(unit, account.id, {})
    audit.record(unit, by, "keys.rotated", account.uri, key=new)
    return new
