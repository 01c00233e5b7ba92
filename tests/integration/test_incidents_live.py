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
from server.services import earlier_words
from server.services.posts import visible
from server.store import accounts, memberships
from server.store.session import Unit
from tests.support.hostile import rows
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.pictures import png

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


def upload(doctor: Doctor, colour: tuple[int, int, int]) -> str:
    files = {"file": ("x.png", png(colour=colour), "image/png")}
    answered = doctor.live.client.post("/api/v2/media", files=files, data={"description": "An ECG"})
    return str(answered.raise_for_status().json()["id"])


def test_what_an_edit_took_out_is_purged_everywhere_with_its_picture(story: Story) -> None:
    """Two pictures and a name; the edit leaves one picture. Kept by all until the author takes it back on the page of the post."""
    kept, taken = upload(story.anna, (10, 200, 90)), upload(story.anna, (200, 10, 90))
    said = story.anna.say(f"{story.group.handle} Mr Example and his veins", media_ids=[kept, taken])
    uri = str(said["uri"])
    of_post = "select m.signed_digest from media m join post p on p.id = m.post_id where p.uri = ?"
    everywhere = (story.chu, story.clinic, story.society)
    for instance in (story.clinic, story.society):
        eventually(lambda instance=instance: len(rows(instance, of_post, uri)) == 2)
    gone = {one for (one,) in rows(story.society, of_post, uri)}
    words = {"status": f"{story.group.handle} Somebody and his arteries", "media_ids": [kept]}
    answered = story.anna.live.client.put(f"/api/v1/statuses/{said['id']}", json=words)
    assert answered.status_code == 200, answered.text
    for instance in (story.clinic, story.society):
        eventually(lambda instance=instance: len(rows(instance, of_post, uri)) == 1)
    gone -= {one for (one,) in rows(story.society, of_post, uri)}
    assert all(tables_with(instance, "his veins") for instance in everywhere), "an edit keeps what was said"
    story.circle.run(story.chu, _take_back, uri, story.anna.account.id)
    earlier = [one["object"] for one in answered_about(story, uri)]
    assert len(earlier) == 1 and earlier[0].startswith(f"{uri}#before-")
    for instance in everywhere:
        eventually(lambda instance=instance: not tables_with(instance, "his veins"))
        assert tables_with(instance, "his arteries"), f"{instance.name} keeps what the post says now"
        assert "his veins" not in instance.log()
        [digest] = gone
        assert rows(instance, "select 1 from media where ? in (signed_digest, digest)", digest) == []
    line = (story.clinic.folder / "data" / "purges.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["object"] == earlier[0], "a restore takes it away again"


def answered_about(story: Story, uri: str) -> list[dict[str, Any]]:
    """The receipts at the society, of the clinic; passed on to the author's instance."""
    answered(story.chu, uri, story.society, story.clinic)
    return answered(story.society, uri, story.clinic)


def _take_back(unit: Unit, uri: str, account_id: int) -> None:
    post, author = visible.find_by_uri(unit, uri), accounts.find(unit, account_id)
    assert post is not None and author is not None
    earlier_words.take_back(unit, author, post)


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
