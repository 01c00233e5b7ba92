"""Rules that change: members of another institution are asked again, by message and on the page, and their answer arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.services import groups
from server.store import accounts as account_rows
from server.store import groups as group_rows
from server.store import memberships
from server.store.session import Unit
from tests.support.instances import Launcher, eventually
from tests.support.live_groups import Circle, Doctor

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rules-live")]


@pytest.fixture(scope="module")
def circle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Circle]:
    launcher = Launcher(tmp_path_factory.mktemp("rules"))
    try:
        yield Circle(launcher, "chu", "society")
    finally:
        launcher.close()


def test_members_elsewhere_are_asked_again_and_their_answer_arrives(circle: Circle) -> None:
    chu, society = circle["chu"], circle["society"]
    group = circle.group("society", "cardio")
    anna, cleo = circle.doctor("chu", "anna"), circle.doctor("society", "cleo")
    for member in (anna, cleo):
        circle.join(group, member, rules_version=1)
    rules = society.folder / "rules.md"
    rules.write_text("Be kind", encoding="utf-8")
    assert "version 2" in society.command("group", "rules", "set", "cardio", str(rules))
    for member in (anna, cleo):
        eventually(
            lambda member=member: [one for one in messages(member) if "have changed" in one], within=60
        )
    assert asked(circle, chu, group.account.uri, anna) == (True, 1)
    assert asked(circle, society, group.account.uri, cleo) == (True, 1)
    # they go on meanwhile
    said = str(anna.say(f"{group.handle} Before I have read them")["uri"])
    eventually(lambda: cleo.sees(said), within=60)
    for where, member in ((chu, anna), (society, cleo)):
        circle.run(where, accept, group.account.uri, member.account.id)
        assert asked(circle, where, group.account.uri, member) == (False, 2)
    eventually(lambda: asked(circle, society, group.account.uri, anna) == (False, 2), within=60)
    assert asked(circle, chu, group.account.uri, anna) == (False, 2)


def messages(member: Doctor) -> list[str]:
    found: list[Any] = member.get("/api/v1/conversations")
    return [one["last_status"]["content"] for one in found if one["last_status"]]


def asked(circle: Circle, where: Any, group_uri: str, member: Doctor) -> tuple[bool, int]:
    """Whether the rules wait to be accepted, and the version that was, as an instance knows it."""

    def read(unit: Unit) -> tuple[bool, int]:
        group = account_rows.find_by_uri(unit, group_uri)
        person = account_rows.find_by_uri(unit, member.account.uri)
        assert group is not None and person is not None
        record, found = group_rows.find(unit, group.id), memberships.find(unit, group.id, person.id)
        assert record is not None and found is not None
        return found.rules_version < record.rules_version, found.rules_version

    return circle.run(where, read)


def accept(unit: Unit, group_uri: str, account_id: int) -> None:
    """As the form of the page does."""
    group, member = account_rows.find_by_uri(unit, group_uri), account_rows.find(unit, account_id)
    assert group is not None and member is not None
    record = group_rows.find(unit, group.id)
    assert record is not None
    groups.accept_rules(unit, member, group, record.rules_version)
