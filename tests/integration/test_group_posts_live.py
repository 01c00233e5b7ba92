"""Members-only groups between real processes: what members post is with all members, and with nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.instances import Launcher, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("group-posts-live")]


class Story:
    """A group on the society's instance; Anna and Otto at the hospital, Bert at the clinic, Cleo at the society. Otto is no member."""

    def __init__(self, launcher: Launcher) -> None:
        self.circle = Circle(launcher, "chu", "clinic", "society")
        self.group: LiveGroup = self.circle.group("society", "cardio")
        self.anna, self.otto = self.circle.doctor("chu", "anna"), self.circle.doctor("chu", "otto")
        self.bert, self.cleo = self.circle.doctor("clinic", "bert"), self.circle.doctor("society", "cleo")
        for member in (self.cleo, self.anna, self.bert):
            self.circle.join(self.group, member)

    @property
    def members(self) -> tuple[Doctor, ...]:
        return self.anna, self.bert, self.cleo

    def everywhere(self, uri: str) -> None:
        for member in self.members:
            eventually(lambda member=member: member.sees(uri))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    launcher = Launcher(tmp_path_factory.mktemp("groups"))
    try:
        yield Story(launcher)
    finally:
        launcher.close()


def test_a_post_is_with_every_member_and_nobody_else(story: Story) -> None:
    said = story.anna.say(f"{story.group.handle} An ECG with ST elevation")
    assert said["visibility"] == "private"
    assert [one["acct"] for one in said["mentions"]] == [story.group.handle[1:]]
    story.everywhere(said["uri"])
    shown = next(one for one in story.bert.home() if one["reblog"] and one["reblog"]["uri"] == said["uri"])
    assert shown["account"]["acct"] == story.group.handle[1:]
    assert story.otto.live.client.get(f"/api/v1/statuses/{said['id']}").status_code == 404
    assert story.otto.sees(said["uri"]) is None


def test_answers_and_likes_go_round(story: Story) -> None:
    said = story.anna.say(f"{story.group.handle} Second opinion?")
    story.everywhere(said["uri"])
    at_clinic = story.bert.sees(said["uri"])
    answer = story.bert.say("I would wait", in_reply_to_id=at_clinic["id"])
    eventually(lambda: story.anna.get(f"/api/v1/statuses/{said['id']}/context")["descendants"])
    at_society = story.cleo.sees(said["uri"])
    context = eventually(
        lambda: story.cleo.get(f"/api/v1/statuses/{at_society['id']}/context")["descendants"]
    )
    assert [one["uri"] for one in context] == [answer["uri"]]
    story.cleo.post(f"/api/v1/statuses/{at_society['id']}/favourite")
    eventually(lambda: story.anna.get(f"/api/v1/statuses/{said['id']}")["favourites_count"] == 1)
    eventually(lambda: story.bert.get(f"/api/v1/statuses/{at_clinic['id']}")["favourites_count"] == 1)


def test_an_instance_that_was_down_reads_what_it_missed(story: Story) -> None:
    clinic = story.circle["clinic"]
    clinic.stop()
    said = story.anna.say(f"{story.group.handle} While you were away")
    eventually(lambda: story.cleo.sees(said["uri"]))
    clinic.start()
    eventually(lambda: story.bert.sees(said["uri"]), within=60)


def test_what_is_deleted_is_gone_everywhere(story: Story) -> None:
    said = story.anna.say(f"{story.group.handle} Wrong patient")
    story.everywhere(said["uri"])
    story.anna.live.client.delete(f"/api/v1/statuses/{said['id']}").raise_for_status()
    for member in story.members:
        eventually(lambda member=member: member.sees(said["uri"]) is None)
