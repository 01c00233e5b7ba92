"""The five sentences, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from federation.types import Origin
from server.domain.remarks import Level, Remark
from server.domain.trust import Trust
from server.domain.users import Role
from server.services import accounts, backups, diagnosis, instances, partners, status
from server.services.storage import MEGABYTE, Space
from server.store import instances as rows
from server.store import meta, purges
from tests.support.house import House
from tests.support.partners import as_partner

ROOMY = Space(total=100_000 * MEGABYTE, free=50_000 * MEGABYTE, database=3 * MEGABYTE)
PEER = Origin("peer.example")


def lines(house: House, space: Space = ROOMY) -> dict[str, Remark]:
    return {remark.topic: remark for remark in house.read(status.report, space)}


def test_all_is_well(any_house: House) -> None:
    any_house.run(lambda unit: meta.put(unit, backups.MADE, unit.now.isoformat()))
    any_house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)
    found = lines(any_house)
    assert list(found) == ["partners", "queues", "purges", "backup", "endings"]
    assert {topic: remark.level for topic, remark in found.items()} == dict.fromkeys(found, Level.OK)
    assert not any(remark.action for remark in found.values())
    assert found["partners"].values["connected"] == 1


def test_peers_that_fail_and_strangers_that_knock(any_house: House) -> None:
    for name in ("peer.example", "other.example"):
        any_house.run(instances.set_trust, "command", Origin(name), Trust.ALLOWED)
    since = any_house.clock.now()
    any_house.run(rows.record_breaker, PEER, since, 3, None)
    assert lines(any_house)["partners"].level is Level.OK  # not yet a day
    any_house.clock.advance(timedelta(days=2))
    assert lines(any_house)["partners"].level is Level.WARN
    any_house.run(rows.record_breaker, Origin("other.example"), since, 3, None)
    assert lines(any_house)["partners"].level is Level.FAIL  # nobody is left
    any_house.run(rows.record_breaker, Origin("other.example"), None, 0, None)
    any_house.run(rows.record_breaker, PEER, None, 0, None)
    any_house.run(instances.knock, Origin("stranger.example"))
    found = lines(any_house)["partners"]
    assert (found.level, found.values["knocks"]) == (Level.WARN, 1)
    any_house.clock.advance(timedelta(days=8))
    assert lines(any_house)["partners"].level is Level.OK


def test_agreements_that_end(any_house: House) -> None:
    any_house.run(as_partner, PEER, agreement_until=any_house.clock.now() + timedelta(days=61))
    assert lines(any_house)["endings"].level is Level.OK
    any_house.clock.advance(timedelta(days=2))
    found = lines(any_house)["endings"]
    assert (found.level, found.values["ending"], found.values["ended"]) == (Level.WARN, 1, 0)
    assert "consilium instance pair" in found.action
    any_house.clock.advance(timedelta(days=59))
    found = lines(any_house)["endings"]
    assert (found.level, found.values["ending"], found.values["ended"]) == (Level.WARN, 0, 1)
    any_house.run(partners.unpair, "command", PEER)
    assert lines(any_house)["endings"].level is Level.OK


def test_effects_that_nobody_works(any_house: House) -> None:
    any_house.run(instances.set_trust, "command", PEER, Trust.ALLOWED)  # its event waits
    assert lines(any_house)["queues"].level is Level.OK
    any_house.clock.advance(timedelta(minutes=10))
    assert lines(any_house)["queues"].level is Level.WARN
    any_house.clock.advance(timedelta(hours=1))
    found = lines(any_house)["queues"]
    assert (found.level, found.values["waiting"]) == (Level.FAIL, 1)


def test_a_backup_that_is_missing_or_old(any_house: House) -> None:
    assert lines(any_house)["backup"].level is Level.WARN
    any_house.run(lambda unit: meta.put(unit, backups.MADE, unit.now.isoformat()))
    any_house.clock.advance(timedelta(hours=25))
    assert lines(any_house)["backup"].level is Level.OK
    any_house.clock.advance(timedelta(hours=2))
    found = lines(any_house)["backup"]
    assert (found.level, found.values["hours"]) == (Level.WARN, 27)
    any_house.clock.advance(timedelta(days=7))
    assert lines(any_house)["backup"].level is Level.FAIL


def test_a_certificate_that_ends(any_house: House) -> None:
    any_house.run(diagnosis.saw_certificate, any_house.clock.now() + timedelta(days=15))
    assert lines(any_house)["endings"].level is Level.OK
    any_house.clock.advance(timedelta(days=2))
    assert lines(any_house)["endings"].level is Level.WARN
    any_house.clock.advance(timedelta(days=14))
    assert lines(any_house)["endings"].level is Level.FAIL


def test_removals_that_nobody_confirms(any_house: House) -> None:
    values = {
        "id": 1,
        "request": "r",
        "nonce": "n",
        "reason": "author",
        "object_uri": "https://here.example/objects/1",
        "host": PEER,
        "asked_by": "command",
        "asked_at": any_house.clock.now(),
    }
    any_house.run(purges.add, {**values, "state": "waiting"})
    assert lines(any_house)["purges"].level is Level.OK
    any_house.run(purges.add, {**values, "id": 2, "request": "s", "state": "overdue"})
    found = lines(any_house)["purges"]
    assert (found.level, found.values["overdue"]) == (Level.FAIL, 1)
    assert "consilium purge overdue" in found.action


@pytest.mark.parametrize(("free", "level"), [(50, Level.FAIL), (600, Level.WARN), (5000, Level.OK)])
def test_the_disk(house: House, free: int, level: Level) -> None:
    space = Space(total=100_000 * MEGABYTE, free=free * MEGABYTE, database=None)
    assert lines(house, space)["queues"].level is level


def test_doctor_reads_either_database(any_house: House) -> None:
    any_house.run(accounts.ensure_instance_actor)
    assert {remark.topic: remark.level for remark in any_house.read(diagnosis.database)}[
        "people"
    ] is Level.WARN
    any_house.run(
        accounts.create_user, "command", "chief", "chief@here.example", password_hash=None, role=Role.ADMIN
    )
    found = {remark.topic: remark.level for remark in any_house.read(diagnosis.database)}
    assert found == dict.fromkeys(("database", "keys", "founded", "queue", "people"), Level.OK)
    _, theirs = any_house.read(diagnosis.times)
    assert (theirs is None) == any_house.database.is_sqlite
