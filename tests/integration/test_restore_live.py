"""A restore drill: the group's instance comes back from a backup that was made in the middle.

What was deleted since is gone again, and stays gone; what was said since by others is there again; nothing is anywhere twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pyrage
import pytest

from federation.credentials.status import PLACES, StatusBits, decode_bits
from federation.types import Iri
from server.services import earlier_words, recovery, register, verification
from server.services.posts import visible
from server.services.verification import lists
from server.store import accounts, attestations, ledger
from server.store.session import Unit
from tests.support.hostile import rows
from tests.support.instances import SQLITE, Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor

pytestmark = pytest.mark.slow


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    try:
        yield launcher
    finally:
        launcher.close()


def put_back(instance: LiveInstance, backup: Path, *identity: str) -> None:
    """As docs/admin/backup.md says: the server stops, the old folder is moved away, secret and register stay."""
    instance.stop()
    data = instance.folder / "data"
    kept = {name: (data / name).read_bytes() for name in ("secret", "purges.jsonl")}
    rmtree(data)
    data.mkdir(mode=0o700)
    for name, content in kept.items():
        (data / name).write_bytes(content)
    instance.command("restore", str(backup), *identity)
    instance.start()


def suspension_bits(unit: Unit) -> StatusBits:
    """As partners fetch them: of the list that was in the backup."""
    document = json.loads(verification.signed(unit, "2"))
    assert document["credentialSubject"]["statusPurpose"] == "suspension"
    bits = decode_bits(document["credentialSubject"]["encodedList"])
    assert isinstance(bits, StatusBits)
    return bits


def a_place_given(unit: Unit) -> int:
    return next(one.index for one in lists.places(unit) if one.purpose == "suspension")


def places_known(unit: Unit) -> set[int]:
    return attestations.places_taken(unit, f"{unit.context.settings.base}/status/2")


def held_at(unit: Unit, uri: str) -> list[str]:
    return [entry.host for entry in ledger.of_object(unit, Iri(uri))]


def sees(doctor: Doctor, uri: str) -> bool:
    return doctor.sees(uri) is not None


def times(doctor: Doctor, uri: str) -> int:
    return [(one["reblog"] or one)["uri"] for one in doctor.home()].count(uri)


def test_a_groups_instance_from_a_backup_of_the_middle(launcher: Launcher, tmp_path: Path) -> None:
    circle = Circle(launcher, "chu", "society", engine=SQLITE)
    society = circle["society"]
    kept = society.folder / "data" / "purges.jsonl"
    group = circle.group("society", "cardio")
    anna, cleo = circle.doctor("chu", "anna"), circle.doctor("society", "cleo")
    for member in (cleo, anna):
        circle.join(group, member)

    before = anna.say(f"{group.handle} Before the backup")
    wrong = cleo.say(f"{group.handle} Wrong patient")
    hers = anna.say(f"{group.handle} Wrong ward")
    for said in (before, wrong, hers):
        eventually(lambda said=said: sees(anna, said["uri"]) and sees(cleo, said["uri"]))
    # the drill of docs/admin/backup.md: encrypted to a key whose other half the server never has
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    society.environment["CONSILIUM_BACKUP_RECIPIENTS"] = str(identity.to_public())
    society.command("backup", str(tmp_path / "backups"))

    since = anna.say(f"{group.handle} Since the backup")
    eventually(lambda: sees(cleo, since["uri"]))
    cleo.live.client.delete(f"/api/v1/statuses/{wrong['id']}").raise_for_status()
    anna.live.client.delete(f"/api/v1/statuses/{hers['id']}").raise_for_status()
    for said in (wrong, hers):
        eventually(lambda said=said: not sees(anna, said["uri"]) and not sees(cleo, said["uri"]))
        # before it was acknowledged, and so before anybody could miss it
        assert said["uri"] in {line.object for line in register.read(kept)}

    lost, unheard = (cleo.say(f"{group.handle} {said}") for said in ("Lost here", "Wrong bed"))
    for said in (lost, unheard):
        eventually(lambda said=said: sees(anna, said["uri"]))
    given = circle.run(society, a_place_given)  # after the backup, which so does not know it
    circle["chu"].stop()  # so that something is missing, and the house cannot open
    # acknowledged, and what says so to the others is lost with the database
    cleo.live.client.delete(f"/api/v1/statuses/{unheard['id']}").raise_for_status()
    put_back(society, tmp_path / "backups", "--identity-file", str(tmp_path / "identity"))
    gone = (wrong, hers)
    # before anything had time to arrive: the register was read before the first answer
    assert not any(sees(cleo, said["uri"]) for said in gone)
    assert cleo.live.client.get(f"/api/v1/statuses/{wrong['id']}").status_code == 404

    assert circle.run(society, recovery.is_under_way)
    assert not sees(cleo, since["uri"])
    # nobody is vouched for by what the backup says: who was revoked since, and whom it does not know, is suspended
    bits = circle.run(society, suspension_bits)
    assert all(bits.is_set(place) for place in range(0, PLACES, 97))
    assert circle.run(society, held_at, lost["uri"]) == []
    circle["chu"].start()
    society.command("instance", "resume", "--all", status=1)
    society.command("verification", "confirm")
    eventually(lambda: sees(cleo, since["uri"]))
    # chu has said what it holds: what is lost here can be asked back, and what was deleted here is asked back
    assert circle.run(society, held_at, lost["uri"]) == [anna.at.origin]
    eventually(lambda: not sees(anna, unheard["uri"]))
    assert not circle.run(society, recovery.is_under_way)
    bits = circle.run(society, suspension_bits)
    assert not any(map(bits.is_set, circle.run(society, places_known)))
    assert bits.is_set(given)
    afterwards = anna.say(f"{group.handle} After the restore")
    answer = cleo.say(f"{group.handle} We are back")
    for said in (before, since, afterwards, answer):
        for member in (anna, cleo):
            eventually(lambda member=member, said=said: sees(member, said["uri"]))
            assert times(member, said["uri"]) == 1
    for said in gone:
        for member in (anna, cleo):
            assert not sees(member, said["uri"])
    assert "Wrong" not in kept.read_text()


def test_a_members_instance_from_a_backup_of_the_middle(launcher: Launcher, tmp_path: Path) -> None:
    """The group lives elsewhere. What its instance was told to take away stays away, and it reads what was said since."""
    circle = Circle(launcher, "chu", "society", engine=SQLITE)
    chu, society = circle["chu"], circle["society"]
    group = circle.group("society", "cardio")
    anna, cleo = circle.doctor("chu", "anna"), circle.doctor("society", "cleo")
    for member in (cleo, anna):
        circle.join(group, member, rules_version=1)
    before, wrong, named = (
        cleo.say(f"{group.handle} {text}")
        for text in ("Before the backup", "Wrong patient", "Mrs Example, 1950")
    )
    removed = cleo.say(f"{group.handle} Out of place")
    for said in (before, wrong, named, removed):
        eventually(lambda said=said: sees(anna, said["uri"]))
    chu.command("backup", str(tmp_path / "backups"))

    since = cleo.say(f"{group.handle} Since the backup")
    words = {"status": f"{group.handle} Somebody"}
    cleo.live.client.put(f"/api/v1/statuses/{named['id']}", json=words).raise_for_status()
    eventually(lambda: sees(anna, since["uri"]) and "Somebody" in anna.sees(named["uri"])["content"])
    circle.run(society, take_back_earlier, named["uri"], cleo.account.id)
    cleo.live.client.delete(f"/api/v1/statuses/{wrong['id']}").raise_for_status()
    society.command("group", "post", "remove", removed["uri"], "--reason", "moderator")
    eventually(lambda: not sees(anna, wrong["uri"]) and not sees(anna, removed["uri"]))
    eventually(lambda: not holds(chu, "Mrs Example"), within=60)

    put_back(chu, tmp_path / "backups")
    # before anything had time to arrive
    assert not sees(anna, wrong["uri"])
    assert not holds(chu, "Mrs Example"), "nor in any table"
    assert not holds(chu, "Wrong patient")
    chu.command("verification", "confirm")
    eventually(lambda: not circle.run(chu, recovery.is_under_way), within=60)
    eventually(lambda: sees(anna, since["uri"]), within=60)
    eventually(lambda: "Somebody" in (anna.sees(named["uri"]) or {"content": ""})["content"], within=60)
    for said in (wrong, removed):
        assert not sees(anna, said["uri"])
    afterwards, answer = (
        anna.say(f"{group.handle} We are back"),
        cleo.say(f"{group.handle} Welcome"),
    )
    for said in (before, since, afterwards, answer):
        for member in (anna, cleo):
            eventually(lambda member=member, said=said: sees(member, said["uri"]), within=60)
            assert times(member, said["uri"]) == 1
    assert not holds(chu, "Mrs Example")
    assert not holds(chu, "Wrong patient")


def take_back_earlier(unit: Unit, uri: str, account_id: int) -> None:
    post, author = visible.find_by_uri(unit, uri), accounts.find(unit, account_id)
    assert post is not None and author is not None
    earlier_words.take_back(unit, author, post)


def holds(instance: LiveInstance, words: str) -> bool:
    """In any table."""
    tables = [name for (name,) in rows(instance, "select name from sqlite_master where type = 'table'")]
    return any(words in repr(rows(instance, f'select * from "{name}"')) for name in tables)
