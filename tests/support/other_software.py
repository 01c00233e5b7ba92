"""People and communities of other software, in the shapes that it was recorded to emit, for tests of open groups.

Each recording has its own names in it: they are put on one host for each software, `SOFTWARE.example`. Where nothing was recorded of a
verb, the plain form of ActivityStreams stands in, and `Shapes.plain` says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from federation.types import JsonObject
from federation.vocab import codec
from federation.vocab.actors import Actor
from server.domain.accounts import Account
from server.domain.trust import Trust
from server.services import instances, remote_accounts
from tests.support.exchange import Exchange, Instance
from tests.support.shared import shared_path

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
AT = "2026-03-02T09:00:00Z"
NIGHT = {"SCRUBBED_DATE": AT}
SNAPSHOTS = "ActivityPub__Outbox__JsonSnapshots__"


def recorded(name: str, names: dict[str, str]) -> Any:
    """A document that other software emitted, with our names in it; skips where the recordings are not at hand."""
    text = (shared_path("corpus") / name).read_text()
    for theirs, ours in names.items():
        text = text.replace(theirs, ours)
    return json.loads(text)


def wrapped(kind: str, actor: str, thing: Any, **more: Any) -> JsonObject:
    """The plain form of an activity."""
    about = thing["id"] if isinstance(thing, dict) else thing
    return {
        "@context": AS,
        "id": f"{actor}#{kind.lower()}-{sha256(str(about).encode()).hexdigest()[:16]}",
        "type": kind,
        "actor": actor,
        "object": thing,
        **more,
    }


def creation(note: JsonObject) -> JsonObject:
    """A Create around what was recorded alone."""
    again = {name: note[name] for name in ("to", "cc", "published") if name in note}
    return wrapped("Create", str(note["attributedTo"]), note, **again)


@dataclass
class Shapes:
    """How one software speaks: of somebody there (`actor`), to a group of ours. plain: verbs of which nothing was recorded."""

    origin: str
    actor: JsonObject
    create: JsonObject
    reply: JsonObject
    like: Callable[[str], JsonObject]
    delete: Callable[[str], JsonObject]
    plain: frozenset[str] = frozenset()

    @property
    def me(self) -> str:
        return str(self.actor["id"])


@dataclass
class Spoken:
    """A community elsewhere. person: who speaks there. said: of one post by that person, by its Create; again: the same by other ways."""

    origin: str
    group: JsonObject
    person: JsonObject
    post: JsonObject
    said: JsonObject
    again: list[JsonObject] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return str(self.group["id"])

    @property
    def moderators(self) -> str | None:
        return self.group.get("attributedTo") or self.group.get("moderators")

    def announce(self, inner: Any, serial: str) -> JsonObject:
        """As its last Announce was, around something else."""
        return {**self.said, "id": f"{self.uri}#{serial}", "object": inner}


def introduce(at: Instance, document: JsonObject) -> Account:
    """Known at an instance of ours, which is connected with where it lives."""
    found = codec.decode(document)
    assert isinstance(found, Actor)
    account = at.house.run(remote_accounts.receive, found)
    at.house.run(instances.set_trust, "test", account.domain, Trust.ALLOWED)
    return account


# -- people ----------------------------------------------------------------------------------------------


def piefed(group: str, post: str) -> Shapes:
    names = {
        "https://piefed.social/c/piefed_meta": group,
        "https://piefed.social/c/playground": group,
        "https://piefed.social": "https://piefed.example",
        "https://lemmy.world/c/nostupidquestions": group,
        "https://lemmy.world/u/Rimu": "https://piefed.example/u/rimu",
        "https://lemmy.world": "https://piefed.example",
    }
    create = recorded("piefed/communities.b2-2.json", names)["object"]
    answer = {**create["object"]["replies"][0], "attributedTo": create["actor"], "inReplyTo": post}

    def like(about: str) -> JsonObject:
        return {**recorded("piefed/fep-1a11.b3-2.json", names), "object": about}

    return Shapes(
        "piefed.example",
        recorded("piefed/users.b1-2.json", names),
        create,
        creation(answer),
        like,
        lambda about: wrapped("Delete", create["actor"], about, to=[PUBLIC], cc=[group]),
        frozenset({"delete"}),
    )


def lemmy(group: str, post: str) -> Shapes:
    names = {
        "http://enterprise.lemmy.ml/c/main": group,
        "https://enterprise.lemmy.ml/c/main": group,
        "http://ds9.lemmy.ml/u/lemmy_alpha": "https://lemmy.example/u/picard",
        "http://ds9.lemmy.ml": "https://lemmy.example",
        "https://enterprise.lemmy.ml": "https://lemmy.example",
    }
    folder = "lemmy/lemmy__activities__"
    reply = recorded(f"{folder}create_or_update__create_comment-2.json", names)
    reply["object"]["inReplyTo"] = post
    me = "https://lemmy.example/u/picard"
    return Shapes(
        "lemmy.example",
        recorded("lemmy/lemmy__objects__person-2.json", names),
        recorded(f"{folder}create_or_update__create_page-2.json", names),
        reply,
        lambda about: wrapped("Like", me, about, audience=group),
        lambda about: {**recorded(f"{folder}deletion__delete_page-2.json", names), "object": about},
        frozenset({"like"}),
    )


def mbin(group: str, post: str) -> Shapes:
    me = "https://mbin.example/u/user"
    names = {
        "https://kbin.test/m/test": group,
        "https://kbin.test/u/user2": me,
        "https://kbin.test/u/user": me,
        "https://fedia.io/u/Fitik": me,
        "https://kbin.test": "https://mbin.example",
        "https://fedia.io": "https://mbin.example",
        **NIGHT,
    }
    create = recorded(f"mbin/Unit__{SNAPSHOTS}CreateTest__testCreatePost__1-2.json", names)
    reply = recorded(f"mbin/Unit__{SNAPSHOTS}CreateTest__testCreateEntryComment__1-2.json", names)
    for name, one in (("post", create), ("comment", reply)):
        one["id"], one["object"]["id"] = f"{me}/{name}#create", f"{me}/{name}"
        one["object"]["url"] = one["object"]["id"]
    reply["object"]["inReplyTo"] = post

    def like(about: str) -> JsonObject:
        found = recorded(f"mbin/it__{SNAPSHOTS}AnnounceTest__testAnnounceLikeEntryComment__1-2.json", names)
        return {**found["object"], "@context": AS, "id": f"{me}#like", "object": about}

    def delete(about: str) -> JsonObject:
        found = recorded(f"mbin/Unit__{SNAPSHOTS}DeleteTest__testDeleteEntry__1-2.json", names)
        return {**found, "id": f"{me}#delete", "object": {**found["object"], "id": about}}

    actor = recorded("mbin/spec__fixtures__integration__case_1__actor_3-2.json", names)
    return Shapes("mbin.example", actor, create, reply, like, delete)


def nodebb(group: str, post: str) -> Shapes:
    names = {
        "https://bb.devnull.land/category/2": group,
        "https://bb.devnull.land/uid/1": "https://nodebb.example/uid/14929",
        "https://bb.devnull.land": "https://nodebb.example",
        "https://community.nodebb.org/category/30": group,
        "https://community.nodebb.org": "https://nodebb.example",
    }
    note = recorded("nodebb/spec__fixtures__integration__case_1__received_2-2.json", names)["object"][
        "object"
    ]
    me = "https://nodebb.example/uid/14929"

    def like(about: str) -> JsonObject:
        found = recorded("nodebb/spec__fixtures__integration__case_1__received_8-2.json", names)["object"]
        return {**found, "id": f"{me}#like", "actor": me, "object": {"id": about, "type": "Note"}}

    return Shapes(
        "nodebb.example",
        recorded("nodebb/spec__fixtures__integration__case_1__actor_1-2.json", names),
        creation(recorded("nodebb/nodebb__objects__page-2.json", names)),
        creation({**note, "inReplyTo": post}),
        like,
        lambda about: wrapped("Delete", me, about, to=[PUBLIC], cc=[f"{me}/followers"]),
        frozenset({"delete"}),
    )


def gotosocial(group: str, post: str) -> Shapes:
    me = "https://gotosocial.example/users/admin"
    names = {
        "http://example.org/users/1happyturtle": me,
        "http://example.org": "https://gotosocial.example",
        "1happyturtle": "admin",
        "http://localhost:8080/users/the_mighty_zork/statuses/01F8MHAMCHF6Y650WCRSCP4WMY": post,
        "http://localhost:8080/users/the_mighty_zork": group,
        "http://localhost:8080": "https://gotosocial.example",
    }
    answer = recorded("gotosocial/internaltoas_test.b11-2.json", names)
    first = {**answer, "id": f"{me}/statuses/01", "inReplyTo": None}
    return Shapes(
        "gotosocial.example",
        recorded("gotosocial/actors.b5-2.json", names),
        creation(first),
        creation(answer),
        lambda about: wrapped("Like", me, about, to=group),
        lambda about: {**recorded("gotosocial/internaltoas_test.b16-2.json", names), "object": about},
        frozenset({"like"}),
    )


def mastodon(group: str, post: str) -> Shapes:
    names = {
        "https://mamot.fr/users/retiolus/statuses/107224244380204526": post,
        "https://mamot.fr/users/retiolus": group,
        "https://mastodon.madrid": "https://mastodon.example",
        "https://masto.qa.urbanwildlife.biz/users/mastodon": "https://mastodon.example/users/felix",
        "https://masto.qa.urbanwildlife.biz": "https://mastodon.example",
    }
    me = "https://mastodon.example/users/felix"
    reply = recorded("mastodon/mastodon__activities__create_note-2.json", names)
    first = {**reply["object"], "id": f"{me}/statuses/1", "inReplyTo": None}

    def like(about: str) -> JsonObject:
        return {**recorded("mastodon/mastodon__activities__like_page-2.json", names), "object": about}

    return Shapes(
        "mastodon.example",
        recorded("mastodon/mastodon__objects__person-2.json", names),
        creation(first),
        reply,
        like,
        lambda about: wrapped("Delete", me, {"id": about, "type": "Tombstone"}, to=[PUBLIC]),
        frozenset({"delete"}),
    )


PEOPLE = {
    "piefed": piefed,
    "lemmy": lemmy,
    "mbin": mbin,
    "nodebb": nodebb,
    "gotosocial": gotosocial,
    "mastodon": mastodon,
}


# -- communities -----------------------------------------------------------------------------------------


def _around(shapes: Shapes, group: JsonObject, said: JsonObject, *again: JsonObject) -> Spoken:
    """On a host of its own: what people there said in a group of ours is no part of it."""
    host = f"there.{shapes.origin}"
    documents = json.dumps([group, shapes.actor, said, list(again)]).replace(
        f"//{shapes.origin}", f"//{host}"
    )
    its_group, person, its_said, its_again = json.loads(documents)
    return Spoken(
        host, its_group, person, {"@context": AS, **its_said["object"]["object"]}, its_said, its_again
    )


def piefed_community() -> Spoken:
    names = {"https://piefed.social": "https://piefed.example"}
    community = "https://piefed.example/c/piefed_meta"
    said = recorded("piefed/communities.b2-2.json", names)
    return _around(
        piefed(community, ""), recorded("piefed/communities.b1-2.json", names), {"@context": AS, **said}
    )


def lemmy_community() -> Spoken:
    community = "https://lemmy.example/c/main"
    names = {
        "http://enterprise.lemmy.ml/c/main": community,
        "https://enterprise.lemmy.ml/c/main": community,
        "http://enterprise.lemmy.ml": "https://lemmy.example",
    }
    group = recorded("lemmy/lemmy__activities__community__update_community-2.json", names)["object"]
    shapes = lemmy(community, "")
    said = wrapped("Announce", community, shapes.create, to=[PUBLIC], cc=[f"{community}/followers"])
    return _around(shapes, {"@context": AS, **group}, said)


def mbin_community() -> Spoken:
    community = "https://mbin.example/m/test"
    names = {
        "https://kbin.test/m/test": community,
        "https://kbin.test": "https://mbin.example",
        **NIGHT,
    }
    shapes = mbin(community, "")
    said = recorded(f"mbin/Unit__{SNAPSHOTS}AnnounceTest__testAnnounceCreateEntry__1-2.json", names)
    post = f"{shapes.me}/p/1"
    said["id"], said["object"]["id"], said["object"]["object"]["id"] = f"{community}#1", f"{post}#c", post
    boost = recorded(f"mbin/t__{SNAPSHOTS}AnnounceTest__testMagazineBoostEntryComment__1-2.json", names)
    person = {**shapes.actor, "id": community, "type": "Group", "preferredUsername": "test"}
    group = json.loads(json.dumps(person).replace(f"{shapes.me}/", f"{community}/"))
    group["publicKey"] = {**group["publicKey"], "owner": community, "id": f"{community}#main-key"}
    return _around(
        shapes,
        {**group, "attributedTo": f"{community}/moderators"},
        said,
        {**boost, "id": f"{community}#2", "object": post},
    )


def nodebb_community() -> Spoken:
    names = {"https://community.nodebb.org": "https://nodebb.example"}
    case = "nodebb/spec__fixtures__integration__case_1__"
    said = recorded(f"{case}received_2-2.json", names)
    again = recorded(f"{case}received_10-2.json", names)
    return _around(
        nodebb("https://nodebb.example/category/30", ""),
        recorded(f"{case}group_actor-2.json", names),
        said,
        again,
    )


COMMUNITIES = {
    "piefed": piefed_community,
    "lemmy": lemmy_community,
    "mbin": mbin_community,
    "nodebb": nodebb_community,
}


def serve(net: Exchange, community: Spoken) -> None:
    """What its instance shows to whoever asks."""
    for document in (community.group, community.person, community.post):
        net.served[str(document["id"])] = document
