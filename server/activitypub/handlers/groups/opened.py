"""That one of the staff elsewhere opened a group in an emergency, as its moderators here are told by the group.

Who opened it is named by an id; its name is asked for once, and where it cannot be had the rest is told without.
"""

from __future__ import annotations

from federation.errors import Malformed
from federation.iri import origin_of
from federation.types import Iri
from federation.vocab.base import id_of
from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.handlers.groups import memberships
from server.domain.accounts import Account
from server.services import openings
from server.store.session import Unit


def heard(unit: Unit, arrived: Arrived) -> Applied:
    """By the group, to moderators of it here, and to nobody else."""
    memberships.check_group(unit, arrived)
    activity, group = arrived.activity, arrived.group.account
    by, reason = id_of(activity.object), arrived.document.get("summary")
    if by is None or activity.published is None or activity.end_time is None or not isinstance(reason, str):
        raise Malformed("view-shape")
    opener = _opener(unit, arrived, by) if by != group.uri else None
    told = openings.hear(unit, group, activity.to, opener, reason, activity.published, activity.end_time)
    return Applied.APPLIED if told else Applied.NOT_OURS


def _opener(unit: Unit, arrived: Arrived, iri: Iri) -> Account | None:
    """Of the group's own instance; a name of another is not looked for."""
    if origin_of(iri) != origin_of(arrived.actor.uri):
        raise Malformed("view-shape")
    return memberships.account_of(unit, arrived, iri)
