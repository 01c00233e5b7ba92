"""The state of the instance in numbers, for the administrator's monitoring. It counts; it never tells who or what."""

from __future__ import annotations

from datetime import UTC, datetime

from server.core.metrics import Measures
from server.domain.boundary import Effect
from server.domain.seals import SealedLog
from server.services import backups
from server.services.status import CREDENTIALS_SOON
from server.store import backlog, crossings, figures, meta, parked, seals
from server.store.session import Unit


def measure(unit: Unit) -> Measures:
    """A value for each gauge of `core.metrics`."""
    peers, purges = figures.peers(unit), figures.purges(unit)
    return {
        "consilium_waiting": backlog.counts(unit),
        "consilium_oldest_due_seconds": {
            kind: (unit.now - since).total_seconds() for kind, since in parked.oldest_due(unit).items()
        },
        "consilium_breakers_open": {"": figures.breakers_open(unit)},
        "consilium_decisions_today": _decisions(unit),
        "consilium_purges": {
            "waiting": purges.waiting,
            "overdue": purges.overdue,
            "unreachable": purges.unreachable,
        },
        "consilium_agreements": {"ending": peers.ending, "ended": peers.ended_agreements},
        "consilium_credentials_ending": {"": figures.credentials(unit, CREDENTIALS_SOON).ending},
        "consilium_unsealed": {log.value: seals.waiting(unit, log).count for log in SealedLog},
        "consilium_backup_timestamp_seconds": {"": _backup(unit)},
        "consilium_measured_timestamp_seconds": {"": unit.now.timestamp()},
    }


def _decisions(unit: Unit) -> dict[str, float]:
    found = crossings.since(unit, unit.now.date())
    return {
        Effect.ALLOW.value: sum(one.allowed for one in found),
        Effect.HOLD.value: sum(one.held for one in found),
        Effect.DENY.value: sum(one.denied for one in found),
    }


def _backup(unit: Unit) -> float:
    text = meta.get(unit, backups.MADE)
    return datetime.fromisoformat(text).astimezone(UTC).timestamp() if text else 0
