"""What a group of ours states in its document: the profile's terms, and which instances have members."""

from __future__ import annotations

from federation.types import Iri, Origin
from federation.vocab.profile import GroupTerms
from server.domain.accounts import Account
from server.domain.boundary import GroupAccess
from server.domain.groups import Host, MembershipState
from server.services import accounts, keys
from server.services.groups import standing
from server.store import memberships, partners, trials
from server.store.session import Unit


def hosts(unit: Unit, group: Account) -> tuple[Host, ...]:
    """Instances with members, each with the key that its statements are checked by. One without a key is left out.

    Those that are no partners at present stay listed: what their members said before is read by its proofs.
    """
    found = []
    for origin, _, since in memberships.hosts(unit, group.id, interrupted=True):
        key = key_of(unit, origin)
        if key:
            found.append(Host(origin, key, since or unit.now))
    return tuple(found)


def hosts_of(unit: Unit, group: Account) -> list[Origin]:
    """Instances with active members, as far as is known here: of a group elsewhere, as it states them."""
    if group.local:
        return [origin for origin, _, _ in memberships.hosts(unit, group.id)]
    return [host.origin for host in standing.get(unit, group).hosts]


def key_of(unit: Unit, origin: Origin) -> str:
    """The Ed25519 Multikey of an instance: our own, or the one pinned for a partner; empty where there is none."""
    if origin == unit.context.settings.origin:
        actor = accounts.get_instance_actor(unit)
        return keys.signer(unit, actor.id).private.public.to_multibase()
    partner = partners.find(unit, origin)
    return partner.key if partner is not None else ""


def of(unit: Unit, group: Account) -> GroupTerms:
    """Raises NotFound where the account is no group."""
    found = standing.get(unit, group)
    scheme = unit.context.settings.scheme
    return GroupTerms(
        access=found.access.value,
        specialty=found.specialty,
        languages=found.languages,
        rules=found.rules,
        rules_version=found.rules_version,
        minimum_level=found.minimum_level,
        professions=found.professions,
        admission=found.admission.value,
        roster=found.roster.value,
        history=found.history.value,
        retention_days=found.retention_days,
        class_floor=found.class_floor.word,
        introduced=found.introduced,
        trial=trials.is_group(unit, group.id),
        epoch=found.epoch,
        hosts=tuple(
            (Iri(f"{scheme}://{host.origin}/actor"), host.key, host.since) for host in hosts(unit, group)
        ),
    )


def may_know(unit: Unit, group: Account, origin: Origin) -> bool:
    """Whether an instance, a partner, may know of a group: of a secret one only where a member or an invited one lives."""
    if standing.get(unit, group).access is not GroupAccess.SECRET:
        return True
    states = [MembershipState.ACTIVE, MembershipState.SUSPENDED, MembershipState.INVITED]
    return bool(memberships.at_origin(unit, group.id, origin, states))
