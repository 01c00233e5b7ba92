"""A group elsewhere accepts or rejects: what a member here posted."""

from __future__ import annotations

from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.handlers.groups import announced
from server.store.session import Unit


def accept(unit: Unit, arrived: Arrived) -> Applied:
    return announced.accepted(unit, arrived) or Applied.NOT_OURS


def reject(unit: Unit, arrived: Arrived) -> Applied:
    return announced.rejected(unit, arrived) or Applied.NOT_OURS
