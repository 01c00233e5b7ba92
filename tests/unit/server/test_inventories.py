"""After a restore the group's instance learns from member instances what left since the backup, and asks back what was deleted since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from federation.errors import Malformed, SignatureInvalid
from federation.types import Iri, JsonObject, Origin
from federation.vocab import codec
from server.activitypub import signing
from server.activitypub.egress import inventory
from server.activitypub.ingress.inventory import store
from server.core.errors import NotFound
from server.domain.accounts import Account
from server.domain.posts import Post
from server.domain.viewers import Peer
from server.services import accounts, inventories, purges
from server.services.inventories import Found, Item
from server.store import inventories as rows
from server.store import ledger as ledger_rows
from server.store import posts, repeats
from server.store.session import Unit
from server.store.tables.ledger import ledger
from server.store.tables.posts import post
from tests.support.exchange import Exchange, Instance, open_exchange


@dataclass
class Scene:
    """The society's database forgot what was said since a moment: of `lost` it knows nothing, and of `deleted` that it was deleted."""

    net: Exchange
    group: Account
    since: datetime
    before: Post
    lost: Post
    deleted: Post
    of_chu: Post

    @property
    def society(self) -> Instance:
        return self.net["society"]

    def page(self, host: Instance, url: str) -> JsonObject:
        query = dict(part.split("=") for part in url.partition("?")[2].split("&"))
        peer = Peer(self.society.origin, profiled=True)
        return codec.parse(
            host.house.read(inventory.page, peer, int(query["since"]), int(query.get("after", "0")))
        )

    def read(self, host: Instance) -> int:
        """All pages that are due of an instance. Answers how many."""
        for pages in range(100):
            due = dict(self.society.house.read(inventories.due, 10))
            if host.origin not in due:
                return pages
            url = due[host.origin]
            self.society.house.run(store, host.origin, url, self.page(host, url))
        raise AssertionError("it does not end")

    def url(self, host: Instance) -> Iri:
        return dict(self.society.house.read(inventories.due, 10))[host.origin]

    def hosts(self, one: Post) -> list[Origin]:
        return self.society.house.read(ledger_rows.hosts_of, one.uri)

    def takes(self, host: Origin, *items: Item) -> list[Found]:
        return list(self.society.house.run(inventories.take, host, items, None))


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with open_exchange(tmp_path_factory.mktemp("net"), "society", "chu", "lab") as opened:
        yield opened


@pytest.fixture(scope="module")
def scene(net: Exchange) -> Scene:
    society, chu, lab = net["society"], net["chu"], net["lab"]
    group = society.group()
    anna, lena, cleo = chu.doctor("anna"), lab.doctor("lena"), society.doctor("cleo")
    for home, member in ((chu, anna), (lab, lena), (society, cleo)):
        net.join(home, member, society, group)
    before = society.say(cleo, "@cardio@society.example Before")
    net.settle()
    since = society.house.clock.now()
    for one in (chu, lab):  # whose clock may be behind
        one.house.clock.advance(max(since - one.house.clock.now(), timedelta()))
    lost, deleted = (society.say(cleo, f"@cardio@society.example {word}") for word in ("Lost", "Deleted"))
    of_chu = chu.say(anna, "@cardio@society.example Hers")
    net.settle()
    return Scene(net, group, since, before, lost, deleted, of_chu)


@pytest.fixture(autouse=True)
def forgotten(scene: Scene) -> None:
    """The state of the backup, as far as these tests look at it."""
    gone = [scene.lost.uri, scene.deleted.uri]

    def forget(unit: Unit) -> None:
        unit.run(ledger.delete().where(ledger.c.object_uri.in_([*gone, scene.of_chu.uri])))
        unit.run(post.delete().where(post.c.uri.in_(gone)))
        repeats.bury(unit, scene.deleted.uri, scene.group.uri, kept=True)
        inventories.expect(unit, scene.since)

    scene.society.house.run(forget)


def test_what_left_since_the_backup_is_known_again_and_what_was_deleted_is_asked_back(scene: Scene) -> None:
    chu, lab = scene.net["chu"], scene.net["lab"]
    assert (scene.read(chu), scene.read(lab)) == (1, 1)
    assert scene.society.house.read(rows.expected) == []
    assert scene.hosts(scene.lost) == [chu.origin, lab.origin]
    assert scene.hosts(scene.of_chu) == [lab.origin]  # what was written at chu is theirs
    assert chu.find(scene.deleted.uri) is not None
    scene.net.settle()
    assert chu.find(scene.deleted.uri) is None
    assert lab.find(scene.deleted.uri) is None
    asked = scene.society.house.read(purges.of_object, scene.deleted.uri)
    assert {(one.host, one.receipt is not None) for one in asked} == {
        (chu.origin, True),
        (lab.origin, True),
    }
    assert chu.find(scene.lost.uri) is not None
    # and so an administrator can ask back what is lost here
    scene.society.house.run(purges.withdraw, "test", scene.lost.uri)


def test_it_holds_the_askers_groups_alone_and_no_words(scene: Scene) -> None:
    chu, lab = scene.net["chu"], scene.net["lab"]
    text = chu.house.read(inventory.page, Peer(scene.society.origin, profiled=True), 0, 0)
    assert scene.before.uri.encode() in text
    assert scene.of_chu.uri.encode() not in text
    assert b"Before" not in text
    peer = Peer(lab.origin, profiled=True)
    assert codec.parse(chu.house.read(inventory.page, peer, 0, 0))["orderedItems"] == []
    far = 9_999_999_999_999_999_999
    for since, after in ((far, 0), (0, far)):
        late = codec.parse(
            chu.house.read(inventory.page, Peer(scene.society.origin, profiled=True), since, after)
        )
        assert late["orderedItems"] == []
    for nobody in (Peer(scene.society.origin), Peer(Origin("stranger.example"), profiled=True)):
        with pytest.raises(NotFound):
            chu.house.read(inventory.page, nobody, 0, 0)


def test_it_comes_in_pages_and_only_what_is_newer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    chu = scene.net["chu"]
    first = codec.parse(
        chu.house.read(
            inventory.page, Peer(scene.society.origin, profiled=True), int(scene.since.timestamp()), 0
        )
    )
    named = {one["subject"] for one in first["orderedItems"]}
    assert scene.lost.uri in named
    monkeypatch.setattr(inventories, "PAGE", 1)
    assert scene.read(chu) == len(named) + 1
    assert chu.origin in scene.hosts(scene.lost)


def test_who_claims_more_than_it_has_gets_no_row(scene: Scene) -> None:
    lab = scene.net["lab"]
    known = scene.society.house.read(posts.find_by_uri, scene.of_chu.uri)
    assert known is not None
    assert known.digest

    def item(digest: str, group: Iri = scene.group.uri) -> Item:
        return Item(scene.of_chu.uri, group, Iri("https://chu.example/a"), digest)

    assert scene.takes(lab.origin, item("0" * 64)) == [Found.OTHER]
    assert scene.takes(lab.origin, item(known.digest, Iri("https://lab.example/g"))) == [Found.NOT_OURS]
    assert scene.takes(Origin("stranger.example"), item(known.digest)) == [Found.NOT_OURS]
    assert scene.takes(scene.net["chu"].origin, item(known.digest)) == [Found.NOT_OURS]
    assert scene.hosts(scene.of_chu) == []
    assert scene.takes(lab.origin, item(known.digest)) == [Found.KNOWN]
    assert scene.hosts(scene.of_chu) == [lab.origin]


def test_it_is_believed_from_its_instance_alone(scene: Scene) -> None:
    society, chu, lab = scene.society, scene.net["chu"], scene.net["lab"]
    url = scene.url(chu)
    good = scene.page(chu, url)
    bare = {name: value for name, value in good.items() if name != "proof"}

    def signed(by: Instance, **changes: object) -> JsonObject:
        def sign(unit: Unit) -> JsonObject:
            own = accounts.ensure_instance_actor(unit)
            return signing.signed(unit, own.id, {**bare, **changes})

        return by.house.run(sign)

    for forged in (bare, signed(lab)):
        with pytest.raises(SignatureInvalid):
            society.house.run(store, chu.origin, url, forged)
    wrong: tuple[dict[str, object], ...] = (
        {"instance": "lab.example"},
        {"id": f"{url}&after=1"},
        {"profile": "other"},
        {"orderedItems": {}},
        {"orderedItems": ["text"]},
        {"orderedItems": [{"subject": scene.lost.uri}]},
        {"next": "https://elsewhere.example/?since=1&after=3"},
        {"next": url},
    )
    for changes in wrong:
        with pytest.raises(Malformed):
            society.house.run(store, chu.origin, url, signed(chu, **changes))
    assert scene.hosts(scene.lost) == []
    society.house.run(store, chu.origin, url, good)
    assert scene.hosts(scene.lost) == [chu.origin]
    society.house.run(store, chu.origin, url, good)  # not asked for any more: nothing happens
