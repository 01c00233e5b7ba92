"""Members here who moderate an open group elsewhere: known by its list, they ask, and what they asked stands until the group announces it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from federation.types import Iri, JsonObject
from server.core.errors import Conflict, NotFound
from server.domain.accounts import Account
from server.domain.moderation import Asked, Verb
from server.domain.posts import Post, Visibility
from server.domain.trust import Trust
from server.services import groups, instances, open_moderation, relationships
from server.services.posts.refusals import NotPublished
from server.store import accounts as account_rows
from tests.support import other_software
from tests.support.exchange import open_exchange
from tests.support.moderators_elsewhere import OPTIONAL, SERIAL, SPEAKERS, announce
from tests.support.open_groups import World
from tests.support.other_software import AS, COMMUNITIES, PUBLIC, Spoken, wrapped

SOFTWARE = ("lemmy", "mbin", "piefed")


@dataclass
class There:
    """A community of other software that Sven follows and moderates, with a post by somebody there."""

    world: World
    spoken: Spoken
    group: Account
    post: Post
    author: Account

    @property
    def sven(self) -> Account:
        return self.world.sven

    def told(self, inner: JsonObject) -> str:
        outcome = self.world.net.told(self.world.society, announce(self.spoken.uri, inner))
        self.world.net.settle()
        return outcome

    def asks(self, verb: Verb, about: str) -> JsonObject:
        """What leaves when Sven does it on our pages."""
        self.world.net.carried.clear()
        self.world.society.house.run(open_moderation.by_member, self.group, self.sven, verb, Iri(about))
        self.world.net.settle()
        [said] = [json.loads(one.body) for _, one in self.world.net.carried]
        [destination] = [one.destination for _, one in self.world.net.carried]
        assert destination == self.spoken.origin
        found: JsonObject = said
        return found

    def asked(self) -> list[Asked]:
        """About what this test is about."""
        found = self.world.society.house.read(open_moderation.asked, self.group)
        return [one for one in found if one.uri in {self.post.uri, self.author.uri}]

    def moderates(self) -> bool:
        return self.world.society.house.read(groups.find_for, self.sven, self.group).moderates

    def lists(self, *moderators: str) -> None:
        """Who moderates, as the community says it to whoever asks."""
        uri = self.spoken.moderators
        assert uri is not None
        self.world.net.served[Iri(uri)] = {
            "@context": AS,
            "id": uri,
            "type": "OrderedCollection",
            "orderedItems": list(moderators),
        }


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("elsewhere")
    with open_exchange(folder, "chu", "clinic", "society", partners=False, posts="public") as net:
        yield World(net)


@pytest.fixture(params=SOFTWARE)
def there(opened: World, request: pytest.FixtureRequest) -> There:
    world = opened
    world.net.settle()
    world.forget()
    spoken = COMMUNITIES[request.param]()
    serial = next(SERIAL)
    old = str(spoken.post["id"])
    spoken.post["id"] = f"{old}{serial}"
    said = json.loads(json.dumps(spoken.said["object"]).replace(old, f"{old}{serial}"))
    other_software.serve(world.net, spoken)
    group = other_software.introduce(world.society, spoken.group)
    follow = world.society.house.run(relationships.follow, world.sven, group)
    world.net.told(
        world.society, {**wrapped("Accept", spoken.uri, follow.uri), "id": f"{spoken.uri}#{serial}"}
    )
    world.net.told(world.society, spoken.announce(said, f"said-{serial}"))
    post = world.society.find(str(spoken.post["id"]))
    assert post is not None
    author = world.society.house.read(account_rows.find, post.account_id)
    assert author is not None
    made = There(world, spoken, group, post, author)
    made.lists(world.sven.uri, f"https://{spoken.origin}/u/owner")
    world.net.settle()
    return made


def named(there: There) -> None:
    """The community says that Sven moderates it."""
    assert there.told(_listed(there, "Add")) == "applied"
    assert there.moderates()


def _listed(there: There, kind: str) -> JsonObject:
    owner = f"https://{there.spoken.origin}/u/owner"
    return {
        **wrapped(kind, owner, there.sven.uri, target=there.spoken.moderators),
        "id": f"{owner}#{kind}-{next(SERIAL)}",
    }


def test_who_moderates_is_known_by_the_list_alone(there: There) -> None:
    """What is announced of it makes the list be read, and is not believed."""
    there.lists()
    there.told(_listed(there, "Add"))
    assert not there.moderates()
    with pytest.raises(NotFound):
        there.asks(Verb.LOCK, there.post.uri)
    there.lists(there.sven.uri)
    named(there)
    there.told(_listed(there, "Remove"))
    assert there.moderates()
    there.lists()
    there.told(_listed(there, "Remove"))
    assert not there.moderates()
    with pytest.raises(NotFound):
        there.asks(Verb.LOCK, there.post.uri)


SAID = {
    Verb.LOCK: ("Lock", False),
    Verb.UNLOCK: ("Lock", True),
    Verb.REMOVE: ("Delete", False),
    Verb.RESTORE: ("Delete", True),
    Verb.EXCLUDE: ("Block", False),
    Verb.ADMIT: ("Block", True),
    Verb.PROMOTE: ("Add", False),
    Verb.DEMOTE: ("Remove", False),
}


@pytest.mark.parametrize("verb", sorted(SAID))
def test_what_is_asked_has_the_shape_of_other_software_and_stands_until_it_is_announced(
    there: There, verb: Verb
) -> None:
    named(there)
    about = there.author.uri if verb.of_person else there.post.uri
    said = there.asks(verb, about)
    kind, undone = SAID[verb]
    inner: Any = said["object"] if undone else said
    assert said["type"] == ("Undo" if undone else kind)
    assert (inner["type"], inner["actor"], inner["object"]) == (kind, there.sven.uri, about)
    for one in (said, inner):
        assert PUBLIC in one["to"]
        assert one["cc"] == [there.spoken.uri]
        assert one["audience"] == there.spoken.uri
    if verb in {Verb.PROMOTE, Verb.DEMOTE}:
        assert inner["target"] == there.spoken.moderators
    if verb in {Verb.EXCLUDE, Verb.ADMIT}:
        assert inner["target"] == there.spoken.uri
    for name in SPEAKERS:  # every member that Lemmy and Mbin send stands there as well
        shape = SPEAKERS[name]().says(verb.value, about, there.spoken.uri)
        assert set(shape) - OPTIONAL <= set(said), name
    [waits] = there.asked()
    assert (waits.verb, waits.uri, waits.account_id) == (verb, about, there.sven.id)
    assert there.world.society.find(there.post.uri) is not None  # nothing was done here
    there.told(said)
    assert there.asked() == []


def test_a_locked_discussion_is_closed_when_the_group_says_so(there: There) -> None:
    named(there)
    lock = there.asks(Verb.LOCK, there.post.uri)
    at = there.world.society
    at.say(there.sven, "Not yet", visibility=Visibility.PUBLIC, in_reply_to_id=there.post.id)
    assert there.told(lock) == "applied"
    with pytest.raises(NotPublished):
        at.say(there.sven, "Too late", visibility=Visibility.PUBLIC, in_reply_to_id=there.post.id)


def test_an_answer_by_somebody_else_takes_nothing_off_the_list(there: There) -> None:
    named(there)
    lock = there.asks(Verb.LOCK, there.post.uri)
    other = other_software.introduce(there.world.society, other_software.nodebb_community().group)
    there.world.net.told(there.world.society, announce(other.uri, lock))
    there.world.net.told(
        there.world.society, {**lock, "actor": there.author.uri, "id": f"{there.author.uri}#{next(SERIAL)}"}
    )
    assert [one.verb for one in there.asked()] == [Verb.LOCK]


def test_the_opposite_takes_the_place_of_what_was_asked(there: There) -> None:
    named(there)
    there.asks(Verb.LOCK, there.post.uri)
    there.asks(Verb.LOCK, there.post.uri)
    there.asks(Verb.UNLOCK, there.post.uri)
    assert [one.verb for one in there.asked()] == [Verb.UNLOCK]


def test_a_group_without_a_list_of_posts_features_none(there: There) -> None:
    named(there)
    if there.spoken.group.get("featured"):
        said = there.asks(Verb.FEATURE, there.post.uri)
        assert (said["type"], said["target"]) == ("Add", there.spoken.group["featured"])
        there.told(said)
        assert there.asked() == []
    else:
        with pytest.raises(Conflict):
            there.asks(Verb.FEATURE, there.post.uri)
        assert there.asked() == []


def test_nothing_leaves_to_an_instance_that_was_blocked(there: There) -> None:
    named(there)
    at = there.world.society.house
    at.run(instances.set_trust, "test", there.spoken.origin, Trust.BLOCKED)
    there.world.net.carried.clear()
    at.run(open_moderation.by_member, there.group, there.sven, Verb.LOCK, there.post.uri)
    there.world.net.settle()
    assert there.world.net.carried == []
    at.run(instances.set_trust, "test", there.spoken.origin, Trust.ALLOWED)


def test_between_two_of_our_own_kind(opened: World) -> None:
    """Nora follows from the clinic; a moderator at the society makes her one; she closes a discussion from home."""
    world = opened
    world.forget()
    nora = world.clinic.doctor(f"nora{next(SERIAL)}")
    world.follow(world.clinic, nora, world.at_clinic)
    world.name_moderator(world.sven)
    world.society.house.run(open_moderation.by_member, world.group, world.sven, Verb.PROMOTE, nora.uri)
    world.net.settle()
    assert world.clinic.house.read(groups.find_for, nora, world.at_clinic).moderates
    post = world.submit()
    near = world.clinic.find(post.uri)
    assert near is not None
    world.clinic.house.run(open_moderation.by_member, world.at_clinic, nora, Verb.LOCK, post.uri)
    assert len(world.clinic.house.read(open_moderation.asked, world.at_clinic)) == 1
    world.net.settle()
    assert world.clinic.house.read(open_moderation.asked, world.at_clinic) == []
    with pytest.raises(NotPublished):
        world.clinic.say(nora, "Closed", visibility=Visibility.PUBLIC, in_reply_to_id=near.id)
    world.society.house.run(open_moderation.by_member, world.group, world.sven, Verb.DEMOTE, nora.uri)
    world.net.settle()
    assert not world.clinic.house.read(groups.find_for, nora, world.at_clinic).moderates
    with pytest.raises(NotFound):
        world.clinic.house.run(open_moderation.by_member, world.at_clinic, nora, Verb.UNLOCK, post.uri)
