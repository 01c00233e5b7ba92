"""Pictures that a peer fetches by their digest."""

from __future__ import annotations

import hashlib

from federation.types import Origin
from server.activitypub.egress import release
from server.domain.posts import Visibility
from server.domain.trust import Trust
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
    assert house.run(release.media, PEER, DIGEST) == "image/png"
