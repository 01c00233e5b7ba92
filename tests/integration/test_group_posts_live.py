"""Members-only groups between real processes: what members post is with all members, and with nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from server.media.sealed import encrypt
from server.media.vault import Vault
from server.services import remote_media
from server.store import accounts as account_rows
from server.store import media as media_rows
from server.store import memberships
from server.store.session import Unit
from server.store.tables.posts import media
from server.store.tables.posts import post as post_table
from tests.support.hostile import (
    activity,
    create,
    note,
    outcome,
    post,
    rows,
    stored,
)
from tests.support.instances import Launcher, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.outsiders import Outsider, outsiders_of
from tests.support.pictures import png

pytestmark = pytest.mark.slow


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


def test_killed_in_the_middle_nothing_is_lost_and_nothing_twice(story: Story) -> None:
    """The group's instance is killed again and again while posts come in and go out."""
    society = story.circle["society"]
    said = []
    for number in range(6):
        said.append(story.anna.say(f"{story.group.handle} Round {number}")["uri"])
        if number % 2:
            society.kill()
            society.start()
    for uri in said:
        for member in story.members:
            eventually(lambda member=member, uri=uri: member.sees(uri), within=90)
    for member in story.members:
        shown = [(one["reblog"] or one)["uri"] for one in member.home()]
        assert [shown.count(uri) for uri in said] == [1] * len(said), member.account.username


def test_a_post_is_removed_and_a_discussion_closed_by_command(story: Story) -> None:
    society = story.circle["society"]
    said = story.anna.say(f"{story.group.handle} To be removed")
    story.everywhere(said["uri"])
    society.command("group", "post", "lock", said["uri"])
    eventually(lambda: story.bert.sees(said["uri"]))
    at_clinic = story.bert.sees(said["uri"])

    def refused() -> bool:
        answered = story.bert.live.client.post(
            "/api/v1/statuses", json={"status": "One more", "in_reply_to_id": at_clinic["id"]}
        )
        return answered.status_code == 422

    eventually(refused)
    society.command("group", "post", "remove", said["uri"], "--reason", "identifiers")
    for member in story.members:
        eventually(lambda member=member: member.sees(said["uri"]) is None)
    told = eventually(lambda: [one for one in story.anna.get("/api/v1/conversations") if one["last_status"]])
    assert any("identified" in one["last_status"]["content"] for one in told)
    society.command("group", "post", "remove", said["uri"], status=1)


# -- who is no member ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outsiders(story: Story) -> Iterator[dict[str, Outsider]]:
    with outsiders_of(story.circle, "society") as found:
        yield found


WORD = "quokka"


def test_other_instances_find_nothing_at_any_door(story: Story, outsiders: dict[str, Outsider]) -> None:
    """Whoever has no member: the same as for what never was."""
    society = story.circle["society"]
    said = story.cleo.say(f"{story.group.handle} A {WORD} in the ward")
    story.everywhere(said["uri"])
    path = said["uri"].removeprefix(society.base)
    activities = rows(
        society, "select a.uri from activity a join post p on p.id = a.post_id where p.uri = ?", said["uri"]
    )
    group = story.group.account.uri.removeprefix(society.base)
    doors = [path, f"{group}/stream", f"{group}/stream?after=0", f"{group}/outbox?page=0"]
    doors += [uri.removeprefix(society.base) for (uri,) in activities]
    doors += [f"{story.cleo.account.uri.removeprefix(society.base)}/outbox?page=0"]
    assert len(doors) > 5
    for name, outsider in outsiders.items():
        missing = outsider.get(society, "/objects/1")
        assert missing.status_code == (404 if outsider.heard else 403), name
        for door in doors:
            answered = outsider.get(society, door)
            assert WORD not in answered.text, (name, door)
            if not door.endswith("outbox?page=0"):
                assert (answered.status_code, answered.content) == (
                    missing.status_code,
                    missing.content,
                ), (name, door)


def test_what_other_instances_say_to_the_group_has_no_effect(
    story: Story, outsiders: dict[str, Outsider]
) -> None:
    society = story.circle["society"]
    said = story.cleo.say(f"{story.group.handle} Nobody else may answer this {WORD}")
    story.everywhere(said["uri"])
    mastodon = outsiders["mastodon"].actor
    addressed = {"to": [story.group.account.uri], "cc": [f"{story.group.account.uri}/followers"]}
    answer_note = note(mastodon, "I was not asked", inReplyTo=said["uri"], **addressed)
    attempts = [
        create(mastodon, answer_note, **addressed),
        activity(mastodon, "Like", said["uri"], **addressed),
        activity(mastodon, "Announce", said["uri"], **addressed),
        activity(mastodon, "Like", said["uri"]),
        activity(mastodon, "Announce", said["uri"]),
    ]
    for attempt in attempts:
        assert post(society, mastodon, attempt).status_code == 202
        assert outcome(society, attempt) not in {"applied", "held"}, attempt["type"]
    assert not stored(society, answer_note["id"])
    shown = story.cleo.get(f"/api/v1/statuses/{said['id']}")
    assert (shown["favourites_count"], shown["reblogs_count"], shown["replies_count"]) == (0, 0, 0)


def test_nothing_ever_arrived_at_them(story: Story, outsiders: dict[str, Outsider]) -> None:
    said = story.cleo.say(f"{story.group.handle} The last {WORD}")
    story.everywhere(said["uri"])
    for outsider in outsiders.values():
        for frame in outsider.peer.seen:
            assert WORD.encode() not in frame.body
            assert b'"Announce"' not in frame.body
    for instance in story.circle.instances.values():
        assert WORD not in instance.log()


def test_colleagues_who_are_no_members_see_no_trace(story: Story) -> None:
    said = story.anna.say(f"{story.group.handle} Another {WORD} #{WORD}tag")
    story.everywhere(said["uri"])
    doors = (
        f"/api/v1/statuses/{said['id']}",
        f"/api/v1/statuses/{said['id']}/context",
        f"/api/v1/statuses/{said['id']}/history",
        f"/api/v1/statuses/{said['id']}/favourited_by",
        f"/api/v1/accounts/{story.anna.account.id}/statuses",
        f"/api/v1/timelines/tag/{WORD}tag",
        "/api/v1/timelines/public",
        "/api/v1/timelines/home",
        f"/api/v2/search?q={WORD}&type=statuses",
        f"/api/v2/search?q={said['uri']}&resolve=true",
    )
    for door in doors:
        answered = story.otto.live.client.get(door)
        shown = (
            answered.text.replace(f"{WORD}tag", "") if "tag/" in door or "search" in door else answered.text
        )
        assert WORD not in shown, (door, answered.text[:300])
    seen = story.otto.get(f"/api/v1/accounts/{story.anna.account.id}")
    assert (seen["statuses_count"], seen["last_status_at"]) == (0, None)


# -- pictures --------------------------------------------------------------------------------------------


def upload(doctor: Doctor, colour: tuple[int, int, int]) -> str:
    files = {"file": ("x.png", png(colour=colour), "image/png")}
    answered = doctor.live.client.post("/api/v2/media", files=files, data={"description": "An ECG"})
    return str(answered.raise_for_status().json()["id"])


def shown_picture(doctor: Doctor, uri: str) -> bytes:
    """As an app loads it, once it can be had."""
    link = eventually(lambda: doctor.sees(uri))["media_attachments"][0]["url"]

    def load() -> bytes | None:
        answered = doctor.live.client.get(link.removeprefix(doctor.at.base))
        return answered.content if answered.status_code == 200 else None

    return eventually(load, within=60) or b""


def handing_over(unit: Unit, uri: str, data: bytes) -> None:
    """From now on the group's instance hands over these bytes, whatever was signed."""
    [found] = unit.all(
        select(media.c.id).join(post_table, post_table.c.id == media.c.post_id).where(post_table.c.uri == uri)
    )
    one = media_rows.find(unit, found.id)
    assert one is not None
    key = remote_media.key(unit, one)
    assert key is not None
    vault = Vault(unit.context.settings.data_dir / "media")
    media_rows.change(unit, one.id, {"original": vault.store(encrypt(key, data))})


def test_other_bytes_than_were_signed_are_shown_to_nobody(story: Story) -> None:
    said = story.anna.say(
        f"{story.group.handle} Altered on its way", media_ids=[upload(story.anna, (9, 90, 9))]
    )
    story.everywhere(said["uri"])
    chu, clinic, society = (story.circle[name] for name in ("chu", "clinic", "society"))
    kept = "select m.original from media m join post p on p.id = m.post_id where p.uri = ? and m.original is not null"
    eventually(lambda: rows(society, kept, said["uri"]))
    [(digest,)] = rows(
        chu, "select m.digest from media m join post p on p.id = m.post_id where p.uri = ?", said["uri"]
    )
    true = next((chu.folder / "data" / "media").rglob(digest)).read_bytes()
    shown = story.bert.sees(said["uri"])["media_attachments"][0]
    story.circle.run(society, handing_over, said["uri"], png(colour=(250, 0, 0)))
    for url in (shown["url"], shown["preview_url"], shown["url"]):
        assert story.bert.live.client.get(url.removeprefix(clinic.base)).status_code == 404
    assert rows(clinic, kept.replace("original is not null", "digest is not null"), said["uri"]) == []
    # the control: the bytes that were signed are shown
    story.circle.run(society, handing_over, said["uri"], true)
    assert shown_picture(story.bert, said["uri"])


def test_a_picture_reaches_members_by_the_groups_instance_and_is_encrypted_elsewhere(
    story: Story, outsiders: dict[str, Outsider]
) -> None:
    said = story.anna.say(
        f"{story.group.handle} With a picture", media_ids=[upload(story.anna, (200, 30, 90))]
    )
    assert said["visibility"] == "private"
    for member in story.members:
        assert shown_picture(member, said["uri"])
    chu, clinic, society = (story.circle[name] for name in ("chu", "clinic", "society"))
    [(digest,)] = rows(
        chu, "select m.digest from media m join post p on p.id = m.post_id where p.uri = ?", said["uri"]
    )
    for instance, kept in ((clinic, False), (society, True)):
        [(signed, original, remote)] = rows(
            instance,
            "select m.signed_digest, m.original, m.remote_url from media m join post p on p.id = m.post_id"
            " where p.uri = ?",
            said["uri"],
        )
        assert signed == digest
        assert (original is not None) is kept
        where = society.base if instance is clinic else chu.base
        assert remote == f"{where}/media/{digest}"
        for file in (instance.folder / "data" / "media").rglob("*"):
            if file.is_file():
                assert not file.read_bytes().startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")), file
    for name, outsider in outsiders.items():
        for instance in (society, chu):
            answered = outsider.get(instance, f"/media/{digest}")
            assert answered.status_code in {403, 404}, (name, answered.status_code)
    link = story.bert.sees(said["uri"])["media_attachments"][0]["url"].removeprefix(clinic.base)
    assert "no-store" in clinic_headers(story, link) or "private" in clinic_headers(story, link)
    # the member is removed: the link that was made for them shows nothing any more
    story.circle.run(clinic, ends, story.group.account.uri, story.bert.account.id)
    assert story.bert.live.client.get(link).status_code == 404


def clinic_headers(story: Story, link: str) -> str:
    return str(story.bert.live.client.get(link).headers["cache-control"])


def ends(unit: Unit, group_uri: str, account_id: int) -> None:
    group = account_rows.find_by_uri(unit, group_uri)
    assert group is not None
    found = memberships.find(unit, group.id, account_id)
    assert found is not None
    memberships.change(unit, found.id, {"state": "removed"})
