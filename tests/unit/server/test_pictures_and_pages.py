"""Pictures that a peer fetches by their digest; pages that a post names."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from federation.types import Iri, Origin
from federation.vocab.objects import Object
from server.activitypub.egress import release
from server.activitypub.handlers.reading import incoming
from server.core.errors import NotFound
from server.domain.posts import Visibility
from server.domain.trust import Trust
from server.domain.viewers import Peer
from server.services import instances
from server.store import media
from server.store.session import Unit
from tests.support.house import House

PEER = Origin("there.example")
DIGEST = hashlib.sha256(b"a letterhead").hexdigest()


def test_a_picture_that_hangs_on_many_posts(house: House) -> None:
    """A letterhead is shown by more than a hundred posts; a peer that may see one of them gets it."""
    house.run(instances.set_trust, "test", PEER, Trust.ALLOWED, "")
    alice = house.local("alice")
    hidden = [house.post(alice, visibility=Visibility.DIRECT) for _ in range(101)]
    shown = house.post(alice, visibility=Visibility.PUBLIC)

    def hang(unit: Unit) -> None:
        columns = {"account_id": alice.id, "digest": DIGEST, "mime": "image/png"}
        media.add(unit, [{**columns, "post_id": post.id} for post in (*hidden, shown)])

    house.run(hang)
    served = house.run(release.media, Peer(PEER), DIGEST)
    assert served is not None and served.mime == "image/png"


def test_pictures_of_other_instances_are_theirs_to_hand_out(house: House) -> None:
    """We keep a copy for our members; a third instance asks where the picture comes from."""
    house.run(instances.set_trust, "test", PEER, Trust.ALLOWED, "")
    bob = house.remote("bob", "elsewhere.example")
    theirs = house.arrive(bob, visibility=Visibility.PUBLIC)
    columns = {"account_id": bob.id, "post_id": theirs.id, "digest": DIGEST, "mime": "image/png"}
    house.run(media.add, [columns])
    with pytest.raises(NotFound):
        house.run(release.media, Peer(PEER), DIGEST)


@pytest.mark.parametrize("page", ["https://here.example/@alice/1", "https://good.example/@vera/1"])
def test_a_post_does_not_claim_the_page_of_another_host(house: House, page: str) -> None:
    bob = house.remote("bob")
    thing = Object(id=Iri(f"{bob.uri}/notes/1"), type="Note", url=Iri(page), content="x")
    assert incoming(thing, bob, house.clock.now()).url == thing.id
    own = Iri("https://there.example/@bob/1")
    assert incoming(replace(thing, url=own), bob, house.clock.now()).url == own
