"""Purges, receipts and incidents between real processes: hidden within a minute, taken back with a signed answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from federation.keys import PublicKey
from server.activitypub import signing
from server.core.clock import SystemClock
from server.domain.groups import MembershipRole
from server.store import memberships
from server.store.session import Unit
from tests.support.hostile import rows
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("incidents-live")]

MINUTE = 60


class Story:
    """A group on the society's instance; Anna at the hospital, Bert at the clinic, Cleo, who moderates, at the society."""

    def __init__(self, launcher: Launcher) -> None:
        self.circle = Circle(launcher, "chu", "clinic", "society")
        self.group: LiveGroup = self.circle.group("society", "cardio")
        self.anna, self.bert = self.circle.doctor("chu", "anna"), self.circle.doctor("clinic", "bert")
        self.cleo = self.circle.doctor("society", "cleo")
        for member in self.members:
            self.circle.join(self.group, member)
        self.circle.run(self.society, _promote, self.group.account.id, self.cleo.account.id)

    @property
    def members(self) -> tuple[Doctor, ...]:
        return self.anna, self.bert, self.cleo

    @property
    def chu(self) -> LiveInstance:
        return self.circle["chu"]

    @property
    def clinic(self) -> LiveInstance:
        return self.circle["clinic"]

    @property
    def society(self) -> LiveInstance:
        return self.circle["society"]

    def said(self, text: str) -> str:
        uri = str(self.anna.say(f"{self.group.handle} {text}")["uri"])
        for member in self.members:
            eventually(lambda member=member: member.sees(uri))
        return uri

    def report(self, by: Doctor, uri: str) -> None:
        """As an app does, under the first of the instance's rules."""
        [rule, *_] = by.get("/api/v1/instance/rules")
        assert "identifies a patient" in rule["text"]
        seen = by.sees(uri)
        made = by.post(
            "/api/v1/reports",
            account_id=seen["account"]["id"],
            status_ids=[seen["id"]],
            category="violation",
            rule_ids=[rule["id"]],
        )
        assert made["status_ids"] == [seen["id"]]
        assert by.live.client.get(f"/api/v1/statuses/{seen['id']}").status_code == 404, "here at once"

    def hidden(self, uri: str, within: float = MINUTE) -> None:
        for member in self.members:
            eventually(lambda member=member: member.sees(uri) is None, within=within)


def _promote(unit: Unit, group_id: int, account_id: int) -> None:
    found = memberships.find(unit, group_id, account_id)
    assert found is not None
    memberships.change(unit, found.id, {"role": MembershipRole.MODERATOR.value})


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    launcher = Launcher(tmp_path_factory.mktemp("incidents"))
    try:
        yield Story(launcher)
    finally:
        launcher.close()


def purges(instance: LiveInstance, uri: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(instance.command("purge", "show", uri, "--json"))["purges"]
    return found


def answered(instance: LiveInstance, uri: str, *hosts: LiveInstance) -> list[dict[str, Any]]:
    """What was asked back, once all of the hosts have answered."""

    def all_done() -> list[dict[str, Any]]:
        found = purges(instance, uri)
        done = {one["host"] for one in found if one["state"] == "done"}
        return found if done == {host.origin for host in hosts} else []

    return eventually(all_done, within=MINUTE) or []


def tables_with(instance: LiveInstance, words: str) -> list[str]:
    """Tables that hold the words anywhere, in text or bytes."""
    tables = [name for (name,) in rows(instance, "select name from sqlite_master where type = 'table'")]
    return [name for name in tables if words in repr(rows(instance, f'select * from "{name}"'))]


def pinned(instance: LiveInstance, host: LiveInstance) -> str:
    [(key,)] = rows(instance, "select key from partner where domain = ?", host.origin)
    return str(key)


def test_hidden_everywhere_within_a_minute_and_shown_again(story: Story) -> None:
    uri = story.said("An ECG of Mrs Example")
    began = time.monotonic()
    story.report(story.bert, uri)
    story.hidden(uri)
    assert time.monotonic() - began < MINUTE
    [waiting] = json.loads(story.society.command("group", "incident", "list", "--json"))
    assert waiting["object"] == uri
    story.society.command("group", "incident", "restore", uri)
    for member in story.members:
        eventually(lambda member=member: member.sees(uri))
    story.society.command("group", "incident", "restore", uri, status=1)


def test_purged_everywhere_with_a_signed_receipt_from_each(story: Story) -> None:
    uri = story.said("Mrs Example, born long ago")
    story.report(story.anna, uri)
    story.hidden(uri)
    story.society.command("group", "incident", "purge", uri)
    found = answered(story.society, uri, story.chu, story.clinic)
    for one in found:
        host = next(each for each in (story.chu, story.clinic) if each.origin == one["host"])
        receipt = json.loads(one["receipt"])
        assert (receipt["status"], receipt["object"], receipt["request"]) == ("gone", uri, one["request"])
        assert signing.fits(receipt, pinned(story.society, host), SystemClock().now())
        assert not signing.fits(
            {**receipt, "status": "hidden-held"}, pinned(story.society, host), SystemClock().now()
        )
        PublicKey.from_multibase(pinned(story.society, host))
    for instance in (story.chu, story.clinic, story.society):
        assert rows(instance, "select 1 from post where uri = ?", uri) == []
        assert tables_with(instance, "born long ago") == [], f"{instance.name} keeps the words"
        assert "born long ago" not in instance.log()


def test_killed_just_after_the_report_was_taken_it_is_hidden_everywhere_all_the_same(story: Story) -> None:
    uri = story.said("Mr Example and the pacemaker")
    story.report(story.bert, uri)
    story.clinic.kill()
    story.clinic.start()
    story.hidden(uri)
    assert story.society.command("group", "incident", "list").count(uri) == 1


def test_who_is_paused_or_ended_still_takes_back_and_answers(story: Story) -> None:
    first, second = (
        story.said("To be taken back during a pause"),
        story.said("To be taken back after the end"),
    )
    story.society.command("instance", "suspend", story.clinic.origin)
    story.society.command("group", "post", "remove", first, "--reason", "moderator")
    [done] = answered(story.society, first, story.clinic)
    assert done["reason"] == "removed"
    assert rows(story.clinic, "select 1 from post where uri = ?", first) == []
    story.society.command("instance", "block", story.clinic.origin)
    story.clinic.command("instance", "block", story.society.origin)
    story.society.command("group", "post", "remove", second, "--reason", "moderator")
    answered(story.society, second, story.clinic)
    assert rows(story.clinic, "select 1 from post where uri = ?", second) == []
