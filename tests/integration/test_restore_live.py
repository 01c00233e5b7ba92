"""A restore drill: the group's instance comes back from a backup that was made in the middle.

What was deleted since is gone again, and stays gone; what was said since by others is there again; nothing is anywhere twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from server.services import register
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


def put_back(instance: LiveInstance, backup: Path) -> None:
    """As docs/admin/backup.md says: the server stops, the old folder is moved away, secret and register stay."""
    instance.stop()
    data = instance.folder / "data"
    kept = {name: (data / name).read_bytes() for name in ("secret", "purges.jsonl")}
    rmtree(data)
    data.mkdir(mode=0o700)
    for name, content in kept.items():
        (data / name).write_bytes(content)
    instance.command("restore", str(backup))
    instance.start()


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
    society.command("backup", str(tmp_path / "backups"))

    since = anna.say(f"{group.handle} Since the backup")
    eventually(lambda: sees(cleo, since["uri"]))
    cleo.live.client.delete(f"/api/v1/statuses/{wrong['id']}").raise_for_status()
    anna.live.client.delete(f"/api/v1/statuses/{hers['id']}").raise_for_status()
    for said in (wrong, hers):
        eventually(lambda said=said: not sees(anna, said["uri"]) and not sees(cleo, said["uri"]))
        # before it was acknowledged, and so before anybody could miss it
        assert said["uri"] in {line.object for line in register.read(kept)}

    put_back(society, tmp_path / "backups")
    gone = (wrong, hers)
    # before anything had time to arrive: the register was read before the first answer
    assert not any(sees(cleo, said["uri"]) for said in gone)
    assert cleo.live.client.get(f"/api/v1/statuses/{wrong['id']}").status_code == 404

    eventually(lambda: sees(cleo, since["uri"]))
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
