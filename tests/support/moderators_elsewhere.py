"""Moderators on instances of other software, in the shapes in which it was recorded that they speak, for tests of open groups.

Where a verb was recorded of one list, or its undoing of another verb, the same form stands in for the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from federation.types import JsonObject
from server.activitypub.egress import release
from server.domain.groups import MembershipRole
from server.domain.trust import Trust
from server.domain.viewers import Peer
from server.services import instances
from server.store import accounts as account_rows
from server.store import memberships
from server.store import posts as post_rows
from server.store.tables.groups import group_activity, locked_thread
from server.store.tables.posts import tombstone
from tests.support import other_software
from tests.support.open_groups import World, moderated_world
from tests.support.other_software import AS, NIGHT, PEOPLE, PUBLIC, SNAPSHOTS, recorded

SERIAL = iter(range(1, 10_000))


@dataclass
class Speaker:
    """A moderator elsewhere. shapes: by what is said, with the names that stand for the moderator, the object and the group."""

    actor: JsonObject
    shapes: dict[str, Any]

    @property
    def me(self) -> str:
        return str(self.actor["id"])

    def says(self, what: str, about: str, group: str) -> JsonObject:
        """A document of its software, never sent before."""
        found = self.shapes[what](self.me, about, group)
        serial = next(SERIAL)
        said = {"@context": AS, **found, "id": f"{self.me}#{what.replace(' ', '-')}-{serial}"}
        if said["type"] == "Undo":
            said["object"] = {**said["object"], "id": f"{said['id']}-undone"}
        return said


def _lemmy(name: str, **change: Any) -> Any:
    def shape(me: str, about: str, group: str) -> JsonObject:
        names = {
            "http://enterprise.lemmy.ml/u/lemmy_beta": me,
            "http://enterprise.lemmy.ml/u/main": group,
            "http://enterprise.lemmy.ml/c/main": group,
            "https://enterprise.lemmy.ml/c/main": group,
            "http://ds9.lemmy.ml/u/lemmy_alpha": about,
            "http://ds9.lemmy.ml/comment/1": about,
            "http://lemmy-alpha:8541/u/lemmy_alpha": me,
            "http://lemmy-alpha:8541/post/2": about,
            "http://lemmy-alpha:8541/c/main": group,
        }
        found: JsonObject = recorded(f"lemmy/lemmy__activities__{name}-2.json", names)
        found |= {key: value for key, value in change.items() if value is not None}
        return {key: value for key, value in found.items() if key not in change or change[key] is not None}

    return shape


def _listed(name: str, kind: str, listed: str) -> Any:
    """What was recorded of one list, said of another."""
    made = _lemmy(name, type=kind)
    return lambda me, about, group: {**made(me, about, group), "target": f"{group}/{listed}"}


def _undone(shape: Any) -> Any:
    """As the recorded Undo of a Lock is made, of something else."""

    def undo(me: str, about: str, group: str) -> JsonObject:
        inner = shape(me, about, group)
        again = {name: inner[name] for name in ("to", "cc", "actor") if name in inner}
        return {**again, "type": "Undo", "object": inner, "audience": group}

    return undo


def _mbin(name: str, *, inside: bool = False) -> Any:
    def shape(me: str, about: str, group: str) -> JsonObject:
        names = {"https://kbin.test/m/test": group, "https://kbin.test/u/owner": me, **NIGHT}
        found: JsonObject = recorded(f"mbin/{name}__1-2.json", names)
        found = found["object"] if inside else found
        innermost = found["object"] if found["type"] == "Undo" else found
        if isinstance(innermost["object"], dict):
            innermost["object"] = {**innermost["object"], "id": about}
        else:
            innermost["object"] = about
        return found

    return shape


def _mbin_featured(me: str, about: str, group: str) -> JsonObject:
    found: JsonObject = _mbin(f"it__{SNAPSHOTS}AnnounceTest__testAnnounceRemovePinnedPost", inside=True)(
        me, about, group
    )
    return {**found, "target": f"{group}/featured"}


def lemmy() -> Speaker:
    lock, block = _lemmy("community__lock_page"), _lemmy("block__block_user", endTime=None)
    remove = _lemmy("deletion__remove_note")
    return Speaker(
        PEOPLE["lemmy"]("", "").actor,
        {
            "lock": lock,
            "unlock": _lemmy("community__undo_lock_page"),
            "remove": remove,
            "restore": _undone(remove),
            "exclude": block,
            "admit": _undone(block),
            "promote": _listed("community__remove_mod", "Add", "moderators"),
            "demote": _lemmy("community__remove_mod"),
            "feature": _listed("community__remove_mod", "Add", "featured"),
            "unfeature": _listed("community__remove_mod", "Remove", "featured"),
        },
    )


def mbin() -> Speaker:
    lock = _mbin(f"Unit__{SNAPSHOTS}LockTest__testLockEntryByModerator")
    remove = _mbin(f"Unit__{SNAPSHOTS}DeleteTest__testDeleteEntryByModerator")
    add = _mbin(f"Unit__{SNAPSHOTS}AnnounceTest__testAnnounceAddModerator", inside=True)
    return Speaker(
        PEOPLE["mbin"]("", "").actor,
        {
            "lock": lock,
            "unlock": _undone(lock),
            "remove": remove,
            "restore": _undone(remove),
            "exclude": _mbin(f"Unit__{SNAPSHOTS}BlockTest__testBlockUser"),
            "admit": _mbin(f"Unit__{SNAPSHOTS}AnnounceTest__testAnnounceUndoBlockUser", inside=True),
            "promote": add,
            "demote": _mbin(f"Unit__{SNAPSHOTS}AddHandlerTest__testRemoveModerator"),
            "feature": lambda me, about, group: {**_mbin_featured(me, about, group), "type": "Add"},
            "unfeature": _mbin_featured,
        },
    )


OPTIONAL = {"removeData", "endTime", "expires", "summary", "published", "@context", "target"}
"""Members of their documents that need not stand in ours."""
SPEAKERS = {"lemmy": lemmy, "mbin": mbin}


def another(speaker: Speaker) -> Speaker:
    """Somebody else of the same instance, who speaks alike."""
    found: JsonObject = json.loads(json.dumps(speaker.actor).replace(speaker.me, f"{speaker.me}2"))
    return Speaker({**found, "preferredUsername": "another"}, speaker.shapes)


def community_of(speaker: Speaker) -> JsonObject:
    """A group on the instance of a moderator."""
    found: JsonObject = json.loads(json.dumps(speaker.actor).replace(speaker.me, f"{speaker.me}-group"))
    return {**found, "type": "Group", "preferredUsername": "theirs"}


def announce(group: str, inner: JsonObject) -> JsonObject:
    return {
        "@context": AS,
        "id": f"{group}#announce-{next(SERIAL)}",
        "type": "Announce",
        "actor": group,
        "object": inner,
        "to": [PUBLIC],
        "cc": [f"{group}/followers"],
    }


# -- the world of these tests -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with moderated_world(tmp_path_factory.mktemp("moderators")) as made:
        yield made


@pytest.fixture
def world(opened: World) -> World:
    opened.net.settle()
    opened.forget()
    opened.follow(opened.clinic, opened.carl, opened.at_clinic)
    return opened


@pytest.fixture(params=sorted(SPEAKERS))
def speaker(world: World, request: pytest.FixtureRequest) -> Speaker:
    """Moderates the group, from an instance of other software."""
    found: Speaker = SPEAKERS[request.param]()
    account = other_software.introduce(world.society, found.actor)
    world.name_moderator(account)
    world.society.house.run(
        lambda unit: memberships.change(
            unit, standing(world, found.me).id, {"state": "active", "role": MembershipRole.MODERATOR.value}
        )
    )
    world.society.house.run(instances.set_trust, "test", account.domain, Trust.ALLOWED)
    return found


def told(world: World, document: JsonObject) -> str:
    outcome = world.net.told(world.society, document)
    world.net.settle()
    return outcome


def said(world: World, speaker: Speaker, what: str, about: str) -> str:
    return told(world, speaker.says(what, about, world.group.uri))


def standing(world: World, uri: str) -> Any:
    account = world.society.house.read(account_rows.find_by_uri, uri)
    assert account is not None
    return world.society.house.read(memberships.find, world.group.id, account.id)


def passed_on(world: World, document: JsonObject) -> bool:
    """Whether the clinic was given it, as it came."""
    return document in [
        one["object"] for one in world.said_by_group(world.clinic) if one["type"] == "Announce"
    ]


def left_behind(world: World) -> tuple[int, ...]:
    """How much stands at the society of what moderators can leave behind."""
    tables = (group_activity, locked_thread, tombstone)
    return tuple(
        int(
            world.society.house.read(
                lambda unit, table=each: unit.value(select(func.count()).select_from(table))
            )
        )
        for each in tables
    )


def said_of(world: World, speaker: Speaker, what: str, about: str, group: str) -> str:
    return told(world, speaker.says(what, about, group))


def moderators(world: World) -> list[str]:
    body = world.society.house.run(release.moderators, world.clinic.origin, world.group.uri.rsplit("/", 1)[1])
    found: list[str] = msgspec.json.decode(body)["orderedItems"]
    return found


def featured(world: World) -> list[str]:
    peer, name = Peer(world.clinic.origin), world.group.uri.rsplit("/", 1)[1]
    found: list[str] = msgspec.json.decode(world.society.house.run(release.featured, peer, name))[
        "orderedItems"
    ]
    return found


def boosted(world: World, uri: str) -> bool:
    post = world.society.find(uri)
    return (
        post is not None
        and world.society.house.read(post_rows.find_boost, world.group.id, post.id) is not None
    )


def community(world: World, speaker: Speaker) -> str:
    return other_software.introduce(world.society, community_of(speaker)).uri
