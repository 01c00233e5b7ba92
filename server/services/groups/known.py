"""What is known here of a group elsewhere: its document, as its instance vouches for it.

It refuses to let a document open what was said for few: a group in which something was posted keeps its access.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from federation.iri import origin_of
from federation.vocab.profile import GroupTerms
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import GroupAccess
from server.domain.groups import Host, MembershipState
from server.services.groups.founding import tell_of_rules
from server.store import groups, memberships, rosters
from server.store.session import Unit

ANEW_AFTER: Final = timedelta(days=1)
_MEMBER = (MembershipState.ACTIVE, MembershipState.SUSPENDED)


def receive_document(
    unit: Unit, group: Account, terms: GroupTerms, key: str, document: bytes, digest: str
) -> bool:
    """Takes in a document that was proven by the key of the group's instance. key: the group's. False for what is no group."""
    if group.local or group.kind is not AccountKind.GROUP:
        return False
    before = groups.find(unit, group.id)
    values: dict[str, Any] = {
        "access": terms.access,
        "specialty": terms.specialty,
        "languages": list(terms.languages),
        "rules": terms.rules,
        "rules_version": terms.rules_version,
        "minimum_level": terms.minimum_level,
        "professions": list(terms.professions),
        "admission": terms.admission,
        "roster": terms.roster,
        "history": terms.history,
        "retention_days": terms.retention_days,
        "class_floor": terms.class_floor,
        "introduced": terms.introduced,
        "epoch": terms.epoch,
        "hosts": groups.hosts_value(
            tuple(Host(origin_of(instance), multikey, since) for instance, multikey, since in terms.hosts)
        ),
        "document": document,
        "document_digest": digest,
        "key": key,
        "fetched_at": unit.now,
        "dissolved_at": None,  # what was dissolved has no document: it came back out of a backup
    }
    if before is None:
        return groups.add(unit, {"account_id": group.id, **values})
    if before.access.members_only and not GroupAccess(terms.access).members_only:
        del values["access"]
    groups.change(unit, group.id, values)
    if terms.rules_version > before.rules_version:
        tell_of_rules(unit, group)
    return True


def documents_due(unit: Unit, limit: int = 20) -> list[Account]:
    """Groups elsewhere with members here whose document was not fetched for a day."""
    own = unit.context.settings.origin
    due = []
    for one in groups.fetched_before(unit, unit.now - ANEW_AFTER, limit):
        group = groups.account_of(unit, one)
        if group is not None and memberships.at_origin(unit, group.id, own, _MEMBER):
            due.append(group)
    return due


def document_failed(unit: Unit, group: Account) -> None:
    """It is tried again in an hour."""
    groups.change(unit, group.id, {"fetched_at": unit.now - ANEW_AFTER + timedelta(hours=1)})


def compare_all(unit: Unit) -> int:
    """Every roster is to be fetched and compared, whatever was heard meanwhile. Answers how many."""
    own = unit.context.settings.origin
    due = 0
    for group_id in memberships.groups_elsewhere(unit, _MEMBER):
        rosters.moved(unit, group_id, own, 0, None)
        if rosters.find(unit, group_id, own).check_at is None:
            rosters.change(unit, group_id, own, {"check_at": unit.now})
            due += 1
    return due
