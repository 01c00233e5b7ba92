"""What a group of ours says to the instances of its members: what members said, announced in their very bytes, and words of its own.

One body serves all instances, each under a number of its own. The policy is asked and the ledger written in this
transaction, before any byte leaves; when it leaves, trust, membership and policy are asked again.
"""

from __future__ import annotations

import msgspec

from federation.iri import origin_of
from federation.types import Iri, JsonObject, Origin
from federation.vocab.profile import Envelope
from server.activitypub import signing
from server.activitypub.egress import rendering
from server.activitypub.render import group_posts as render
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Effect, GroupAccess
from server.domain.groups import GroupActivity
from server.domain.ledger import PurgeReason
from server.domain.posts import Post, Standing
from server.domain.work import Event
from server.services import addresses, boundary, holds, ledger, purges, streams
from server.services.boundary import Crossing
from server.services.posts import visible
from server.services.streams import WITHHELD, Released, Taken
from server.store import accounts, group_activities, groups, memberships, work
from server.store.session import Unit

SAID = ContentClass.NOTICE
"""Of what carries no words of anybody: likes, deletions, verdicts."""


def accepted(unit: Unit, event: Event) -> None:
    """payload: group_activity_id."""
    taken = group_activities.find(unit, int(event.payload["group_activity_id"]))
    if taken is None or taken.activity_id is not None or taken.inner is None:
        return
    group, author = groups.account_of(unit, taken.group_id), accounts.find(unit, taken.author_id)
    if group is None or author is None:
        return
    post = None if taken.post_id is None else visible.find(unit, taken.post_id)
    if taken.kind in {"Create", "Update"} and (post is None or post.standing is not Standing.PUBLISHED):
        return  # gone meanwhile
    if taken.kind in {"Create", "Update"} and post is not None:
        item = rendering.item_of(unit, post)
        kinds = boundary.kinds_of(item.media)
        crossing = boundary.in_group(
            unit, group.id, author.id, taken.content_class, kinds, post.language or "und"
        )
    else:
        form = ContentForm.REMOVAL if taken.kind in {"Delete", "Undo"} else ContentForm.REACTION
        crossing = plain(unit, group, author, form)
    _announce(unit, group, taken, author, crossing, post)
    if taken.kind == "Delete":
        recall(unit, author.uri, taken.object_uri, PurgeReason.DELETED, group)


def _announce(
    unit: Unit, group: Account, taken: GroupActivity, author: Account, crossing: Crossing, post: Post | None
) -> None:
    """One body for all; what comes with it says who its author is, so that nobody has to ask the author's instance."""
    assert taken.inner is not None
    envelope = Envelope(content_class=taken.content_class.word, credential=_credential(unit, group, author))
    uri = Iri(f"{unit.context.settings.base}/activities/{taken.id}")
    outer = render.announce(uri, group, msgspec.json.decode(taken.inner), taken.accepted_at, envelope)
    body = signing.carrying(signing.signed(unit, group.id, outer), taken.inner)
    about: Iri | None = taken.object_uri
    if taken.kind == "Create" or not ledger.hosts_of(unit, taken.object_uri):
        about = streams.about(unit, taken, post)
    _release(unit, group, taken, uri, "Announce", crossing, body, about=about, post=post)
    if taken.kind == "Update" and post is not None:
        _withhold(unit, group, post, crossing)


def _credential(unit: Unit, group: Account, author: Account) -> JsonObject | None:
    standing = memberships.find(unit, group.id, author.id)
    attested = memberships.attestation(unit, standing) if standing is not None else None
    if attested is None:
        return None
    document: JsonObject = msgspec.json.decode(attested.document)
    return document


def _release(
    unit: Unit,
    group: Account,
    taken: GroupActivity,
    uri: Iri,
    kind: str,
    crossing: Crossing,
    body: bytes,
    *,
    about: Iri | None,
    post: Post | None = None,
    only: list[Origin] | None = None,
) -> None:
    row_id = work.add_activity(
        unit,
        uri=uri,
        kind=kind,
        account_id=group.id,
        post_id=None if post is None else post.id,
        crossing=crossing.record(),
        body=body,
    )
    group_activities.announced(unit, taken.id, row_id)
    released = streams.release(unit, group, taken, crossing, about=about, only=only)
    if taken.kind == "Create" and post is not None:
        _say_not_shared(unit, group, post, released)
    work.add_deliveries(
        unit, row_id, released.inboxes, streams=released.marks, held=released.held, profile=True
    )
    holds.hold_deliveries(unit, row_id, taken.uri, dict(released.decided), crossing.group.id)


def _say_not_shared(unit: Unit, group: Account, post: Post, released: Released) -> None:
    """Members elsewhere learn that there is a discussion which a rule keeps from them; of secret groups not even that.

    Once for each discussion and instance; where the discussion itself is there, a part of it is missing without a word.
    """
    record = groups.find(unit, group.id)
    if record is None or record.access is GroupAccess.SECRET:
        return
    for host, made in released.decided.items():
        if made.effect is not Effect.DENY or host == origin_of(post.uri):
            continue
        # the same each time, and telling nothing of when or what
        once = unit.context.sealer.derive(f"not-shared:{post.thread_id}:{host}").hex()[:32]
        uri = Iri(f"{unit.context.settings.base}/activities/{once}")
        said = render.not_shared(uri, group, " ".join(made.rules)[:120], unit.now)
        document = signing.signed(unit, group.id, said)
        own(unit, group, document, group.uri, WITHHELD, ContentForm.RELATION, only=[host])


def _withhold(unit: Unit, group: Account, post: Post, crossing: Crossing) -> None:
    """An edit that raised the class: instances that may not have it any more delete what they have."""
    having = [host for host, _ in memberships.inboxes(unit, group.id) if ledger.has(unit, post.uri, host)]
    decided = boundary.decide_for_all(unit, Action.DELIVER, having, crossing, subject=post.uri)
    losing = [host for host in having if not decided[host].allowed and host != origin_of(post.uri)]
    if not losing:
        return
    uri = addresses.new_activity(unit)
    said = signing.signed(unit, group.id, render.delete(uri, group, group, post.uri, unit.now))
    own(unit, group, said, post.uri, WITHHELD, ContentForm.REMOVAL, only=losing)


def own(
    unit: Unit,
    group: Account,
    document: JsonObject,
    object_uri: Iri,
    kind: str,
    form: ContentForm,
    *,
    post: Post | None = None,
    only: list[Origin] | None = None,
) -> None:
    """Something that the group says itself, signed, to whoever may have what it is about."""
    crossing = plain(unit, group, group, form)
    taken = streams.take_up(unit, group, taken_of(document, kind, object_uri, group, crossing))
    if taken is not None:
        body, uri = msgspec.json.encode(document), Iri(str(document["id"]))
        _release(
            unit,
            group,
            taken,
            uri,
            str(document["type"]),
            crossing,
            body,
            about=None if object_uri == group.uri else object_uri,
            post=post,
            only=only,
        )


def tallied(unit: Unit, event: Event) -> None:
    """payload: post_id, of a poll in a group of ours."""
    post = visible.find(unit, int(event.payload["post_id"]))
    group = None if post is None or post.group_id is None else groups.account_of(unit, post.group_id)
    if post is None or group is None or not group.local or post.standing is not Standing.PUBLISHED:
        return
    poll = rendering.item_of(unit, post).poll
    if poll is not None:
        said = render.tally(id_of_event(unit, event), group, post, poll, unit.now)
        own(
            unit,
            group,
            signing.signed(unit, group.id, said),
            post.uri,
            "Tally",
            ContentForm.REACTION,
            post=post,
        )


def verdict(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id (author elsewhere), uri (of what was said), answer (accept | reject), reason."""
    found = said_by(unit, event)
    if found is None:
        return
    group, author = found
    answer = str(event.payload["answer"]).capitalize()
    said = render.verdict(
        id_of_event(unit, event),
        answer,
        group,
        author,
        Iri(str(event.payload["uri"])),
        unit.now,
        str(event.payload.get("reason", "")),
    )
    crossing = plain(unit, group, group, ContentForm.RELATION)
    document = signing.signed(unit, group.id, said)
    inbox = author.shared_inbox or author.inbox
    host = origin_of(inbox)
    if not boundary.decide_for_all(unit, Action.DELIVER, [host], crossing, subject=str(document["id"]))[
        host
    ].allowed:
        return
    row_id = work.add_activity(
        unit,
        uri=str(document["id"]),
        kind=answer,
        account_id=group.id,
        post_id=None,
        crossing=crossing.record(),
        body=msgspec.json.encode(document),
    )
    work.add_deliveries(unit, row_id, [(host, inbox)], profile=True)


# -- what these share ------------------------------------------------------------------------------------


def recall(unit: Unit, by: str, uri: Iri, reason: PurgeReason, group: Account) -> None:
    """Asks every instance that may have an object to remove it, and to say so. After an incident its author's as well."""
    author_too = reason is PurgeReason.INCIDENT
    hosts = [host for host in ledger.hosts_of(unit, uri) if author_too or host != origin_of(uri)]
    if hosts:
        purges.ask(unit, by, uri, reason, hosts, group_id=group.id)


def log(unit: Unit, group: Account, taken: Taken) -> None:
    logged = streams.take_up(unit, group, taken)
    if logged is not None:
        streams.distribute(unit, logged)


def taken_of(document: JsonObject, kind: str, object_uri: Iri, author: Account, crossing: Crossing) -> Taken:
    return Taken(
        uri=Iri(str(document["id"])),
        kind=kind,
        object_uri=object_uri,
        author=author,
        content_class=crossing.content.content_class,
        digest=signing.digest_of(document),
        inner=msgspec.json.encode(document),
    )


def said_by(unit: Unit, event: Event) -> tuple[Account, Account] | None:
    """The group, and who says something in it."""
    group = groups.account_of(unit, int(event.payload["group_id"]))
    by = accounts.find(unit, int(event.payload["account_id"]))
    return None if group is None or by is None else (group, by)


def plain(unit: Unit, group: Account, by: Account, form: ContentForm) -> Crossing:
    return boundary.in_group(unit, group.id, by.id, SAID, form=form)


def id_of_event(unit: Unit, event: Event) -> Iri:
    return Iri(f"{unit.context.settings.base}/activities/{event.id}")
