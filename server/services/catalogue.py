"""The groups that an instance lists for a partner, so that members there find them: which of ours, and what to make of theirs.

Each catalogue is made for one partner, lasts a day and is newer than the one before. Secret groups stand in none. Groups that a
partner lists no more are not offered any longer; whoever is a member stays one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Direction, GroupAccess, Tier
from server.services import boundary
from server.store import groups, meta, partners
from server.store.session import Unit

LASTS: Final = timedelta(days=1)
AHEAD: Final = timedelta(minutes=5)
MOST: Final = 500


class Fault(StrEnum):
    """Why a catalogue is not believed."""

    EXPIRED = "catalogue-expired"
    AHEAD = "catalogue-of-the-future"
    OLDER = "catalogue-older"
    FOREIGN = "catalogue-foreign"


def ours_for(unit: Unit, origin: Origin) -> list[Account]:
    """What is listed here and the policy lets this instance know of."""
    found = []
    for group in groups.local(unit):
        account = groups.account_of(unit, group.account_id)
        if account is None or not group.listed or group.access is GroupAccess.SECRET or group.dissolved_at:
            continue
        crossing = boundary.in_group(
            unit, account.id, account.id, ContentClass.NOTICE, form=ContentForm.RELATION
        )
        if boundary.permits(unit, Direction.OUT, Action.FETCH, origin, crossing):
            found.append(account)
    return found[:MOST]


def partners_now(unit: Unit) -> list[Origin]:
    """Those whose catalogues are read."""
    return [one.domain for one in partners.all_known(unit) if boundary.tier_of(unit, one.domain) is Tier.T2]


def take(
    unit: Unit, origin: Origin, listed: Iterable[Iri], made_at: datetime, until: datetime
) -> list[Iri] | Fault:
    """A partner's catalogue whose proof was checked. Answers the groups that are not known here yet."""
    uris = list(listed)
    if until <= unit.now:
        return Fault.EXPIRED
    if made_at > unit.now + AHEAD:
        return Fault.AHEAD
    last = meta.get(unit, f"catalogue:{origin}")
    if last is not None and made_at <= datetime.fromisoformat(last):
        return Fault.OLDER
    if len(uris) > MOST or any(origin_of(uri) != origin for uri in uris):
        return Fault.FOREIGN
    meta.put(unit, f"catalogue:{origin}", made_at.astimezone(UTC).isoformat())
    known = set()
    for group in groups.known(unit):
        account = groups.account_of(unit, group.account_id)
        if account is None or account.domain != origin:
            continue
        known.add(account.uri)
        if group.listed is not (account.uri in uris):
            groups.change(unit, group.account_id, {"listed": account.uri in uris})
    return [uri for uri in dict.fromkeys(uris) if uri not in known]


def add(unit: Unit, uri: Iri, account: Account) -> None:
    """A listed group whose document has been fetched, and proven."""
    if account.uri == uri and groups.find(unit, account.id) is not None:
        groups.change(unit, account.id, {"listed": True})
