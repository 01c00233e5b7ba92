"""Direct answers to what was said in a members-only group: to the named alone, signed as the profile demands.

They leave only for instances that may have what they answer, and say of which class they are. What a rule holds waits for a person.
"""

from __future__ import annotations

import msgspec

from federation.vocab import codec
from federation.vocab.activities import Activity
from federation.vocab.profile import Envelope, write_envelope
from server.activitypub import signing
from server.activitypub.egress import rendering
from server.domain.boundary import Action, Effect
from server.domain.ledger import Via
from server.domain.posts import Post
from server.services import boundary, destinations, holds, ledger
from server.store import work
from server.store.session import Unit


def send(unit: Unit, post: Post, answered: Post, activity: Activity) -> None:
    """activity: the Create or Update of the direct post, as its author says it."""
    assert activity.id is not None
    item = rendering.item_of(unit, post)
    inboxes = destinations.of_aside(unit, post, answered)
    crossing = boundary.of_post(unit, post, item.media)
    decided = boundary.decide_for_all(
        unit, Action.DELIVER, sorted({host for host, _ in inboxes}), crossing, subject=activity.id
    )
    permitted = [(host, inbox) for host, inbox in inboxes if decided[host].effect is not Effect.DENY]
    held = {host for host, _ in permitted if not decided[host].allowed}
    said = write_envelope(codec.encode(activity), Envelope(content_class=post.content_class))
    document = signing.signed(unit, post.account_id, said)
    row_id = work.add_activity(
        unit,
        uri=activity.id,
        kind=activity.type,
        account_id=post.account_id,
        post_id=post.id,
        crossing=crossing.record(),
        body=msgspec.json.encode(document),
    )
    rules = {host: " ".join(decided[host].rules)[:120] for host, _ in permitted}
    ledger.may_have(unit, post.uri, rules, Via.PUSH, post=post, digest=signing.digest_of(document))
    work.add_deliveries(unit, row_id, permitted, held=held, profile=True)
    holds.hold_deliveries(unit, row_id, activity.id, decided, crossing.group.id)
