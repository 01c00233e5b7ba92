"""The gauges, on both databases: what is measured is exported, and never tells who or what."""

from __future__ import annotations

from datetime import timedelta

from federation.types import Origin
from server.core.metrics import GAUGES, Measures, Metrics
from server.domain.trust import Trust
from server.services import backups, figures, instances
from server.store import instances as rows
from server.store import meta, purges
from tests.support.house import House
from tests.support.partners import as_partner

PEER = Origin("peer.example")


def measured(house: House) -> Measures:
    return house.read(figures.measure)


def test_every_gauge_is_measured_and_exported_and_no_other(any_house: House) -> None:
    found = measured(any_house)
    assert set(found) == set(GAUGES)
    metrics = Metrics()
    assert b"consilium_backup_timestamp_seconds 0" not in metrics.text()  # nothing measured is not `never`
    metrics.measured(found)
    text = metrics.text().decode()
    assert "consilium_backup_timestamp_seconds 0.0\n" in text
    assert 'consilium_unsealed{log="audit"} ' in text
    metrics.measured({})
    assert 'consilium_unsealed{log="audit"} ' not in metrics.text().decode()


def test_ages_and_the_backup(any_house: House) -> None:
    any_house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)  # its event waits
    any_house.run(lambda unit: meta.put(unit, backups.MADE, unit.now.isoformat()))
    any_house.clock.advance(timedelta(minutes=10))
    found = measured(any_house)
    now = any_house.clock.now().timestamp()
    assert list(found["consilium_oldest_due_seconds"]) == ["event"]
    assert 600 <= found["consilium_oldest_due_seconds"]["event"] < 610
    assert 600 <= now - found["consilium_backup_timestamp_seconds"][""] < 610
    assert now - found["consilium_measured_timestamp_seconds"][""] < 10
    assert found["consilium_unsealed"]["audit"] > 0


def test_partners_removals_and_what_ends(any_house: House) -> None:
    any_house.run(as_partner, PEER, agreement_until=any_house.clock.now() + timedelta(days=30))
    assert measured(any_house)["consilium_breakers_open"] == {"": 0}
    any_house.run(rows.record_breaker, PEER, any_house.clock.now(), 1, None)
    removal = {
        "id": 1,
        "request": "r",
        "nonce": "n",
        "reason": "author",
        "object_uri": "https://here.example/objects/1",
        "host": PEER,
        "asked_by": "command",
        "asked_at": any_house.clock.now(),
        "state": "overdue",
    }
    any_house.run(purges.add, removal)
    found = measured(any_house)
    assert found["consilium_breakers_open"] == {"": 1}
    assert found["consilium_agreements"] == {"ending": 1, "ended": 0}
    assert found["consilium_purges"] == {"waiting": 0, "overdue": 1, "unreachable": 0}


def test_no_label_names_anybody(any_house: House) -> None:
    any_house.run(as_partner, PEER, agreement_until=any_house.clock.now() + timedelta(days=30))
    any_house.clock.advance(timedelta(minutes=10))
    metrics = Metrics()
    metrics.measured(measured(any_house))
    assert "example" not in metrics.text().decode()
