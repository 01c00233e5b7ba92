"""New keys of a member, of a group and of an instance, between real processes: groups go on, by the word of the old key."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from federation.keys import PublicKey
from tests.support.hostile import rows
from tests.support.instances import Launcher, LiveInstance, eventually
from tests.support.live_groups import Circle, Doctor, LiveGroup
from tests.support.partners import card_of, load_card

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("key-rotation-live")]


class Story:
    """A group on the society's instance; Anna at the hospital, Bert at the clinic."""

    def __init__(self, launcher: Launcher) -> None:
        self.circle = Circle(launcher, "chu", "clinic", "society")
        self.group: LiveGroup = self.circle.group("society", "cardio")
        self.anna, self.bert = self.circle.doctor("chu", "anna"), self.circle.doctor("clinic", "bert")
        for member in (self.anna, self.bert):
            self.circle.join(self.group, member, rules_version=1)
        self.said(self.anna, self.bert, "Before everything")

    def said(self, by: Doctor, to: Doctor, text: str) -> None:
        uri = str(by.say(f"{self.group.handle} {text}")["uri"])
        eventually(lambda: to.sees(uri), within=60)

    def key_of(self, at: LiveInstance, uri: str) -> str:
        """The Multikey that an instance has of an actor at present."""
        found = rows(
            at,
            "select k.public from account_key k join account a on a.id = k.account_id"
            " where a.uri = ? and k.algorithm = 'ed25519' and k.retired_at is null",
            uri,
        )
        [(key,)] = found
        return PublicKey.from_der(key).to_multibase()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    launcher = Launcher(tmp_path_factory.mktemp("rotation"))
    try:
        yield Story(launcher)
    finally:
        launcher.close()


def test_a_member_has_new_keys_and_is_believed_everywhere(story: Story) -> None:
    chu, society = story.circle["chu"], story.circle["society"]
    anna = story.anna.account.uri
    before = story.key_of(society, anna)
    assert chu.command("account", "rekey", "anna").strip() == "@anna signs with new keys"
    new = story.key_of(chu, anna)
    assert new != before
    story.said(story.anna, story.bert, "With a new key")
    assert story.key_of(society, anna) == new
    story.said(story.bert, story.anna, "Answered")
    [(attested,)] = rows(
        society,
        "select t.document from membership m join account a on a.id = m.account_id"
        " join attestation t on t.id = m.attestation_id where a.uri = ?",
        anna,
    )
    listed = json.loads(attested)["credentialSubject"]["assertionMethod"]
    assert listed["publicKeyMultibase"] == new


def test_a_group_has_new_keys_and_its_members_go_on(story: Story) -> None:
    society, group = story.circle["society"], story.group.account.uri
    before = story.key_of(society, group)
    society.command("group", "rekey", "cardio")
    new = story.key_of(society, group)
    assert new != before
    story.said(story.anna, story.bert, "By the group with its new key")
    for name in ("chu", "clinic"):
        eventually(lambda name=name: _known_key(story.circle[name], group) == new, within=60)
    story.said(story.bert, story.anna, "Answered")


def _known_key(at: LiveInstance, group: str) -> str:
    """By which a group elsewhere is believed."""
    query = 'select g.key from "group" g join account a on a.id = g.account_id where a.uri = ?'
    [(known,)] = rows(at, query, group)
    return str(known)


def test_an_instance_has_new_keys_and_the_old_one_vouches_for_them(story: Story) -> None:
    chu, clinic, society = (story.circle[name] for name in ("chu", "clinic", "society"))
    old = card_of(chu)
    chu.command("instance", "rekey", "--yes")
    card = card_of(chu)
    assert card["key"] != old["key"] and card["retiredKeys"] == [old["key"]]
    for other in (society, clinic):
        load_card(other, card)
    for other in (society, clinic):
        other.command("instance", "test", chu.origin)
        chu.command("instance", "test", other.origin)
    story.said(story.anna, story.bert, "With the new card")
    story.said(story.bert, story.anna, "Answered")
    [(pinned,)] = rows(society, "select key from partner where domain = ?", chu.origin)
    assert pinned == card["key"]
