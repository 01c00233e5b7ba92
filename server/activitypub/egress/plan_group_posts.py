"""What is said in members-only groups: by our members to a group elsewhere, and by a group of ours to the instances of its members.

What a member says is signed whole, by the member. A group elsewhere gets it in its inbox; a group of ours logs it, and announces
those very bytes once for all instances, each under a number of its own. The policy is asked and the ledger written in this
transaction, before any byte leaves; when it leaves, trust, membership and policy are asked again.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from federation.iri import origin_of
from federation.types import Iri, JsonObject, Origin
from federation.vocab.profile import Envelope
from server.activitypub import signing
from server.activitypub.egress import rendering
from server.activitypub.render import group_posts as render
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Effect, GroupAccess, MediaKind
from server.domain.groups import GroupActivity, Reason
from server.domain.ledger import PurgeReason, Via
from server.domain.posts import Post, Standing
from server.domain.work import Event
from server.services import addresses, boundary, holds, ledger, purges, streams
from server.services.boundary import Crossing
from server.services.posts import group_life, visible
from server.services.streams import WITHHELD, Released, Taken
from server.store import accounts, group_activities, groups, memberships, work
from server.store import posts as post_rows
from server.store.session import Unit

SAID = ContentClass.NOTICE
"""Of what carries no words of anybody: likes, deletions, verdicts."""


# -- what our members say --------------------------------------------------------------------------------


def submitted(unit: Unit, event: Event) -> None:
    """payload: post_id, group_id, verb (create | update)."""
    post = visible.find(unit, int(event.payload["post_id"]))
    group = groups.account_of(unit, int(event.payload["group_id"]))
    if post is None or group is None or not post.local:
        return
    item = rendering.item_of(unit, post)
    creates = event.payload["verb"] == "create"
    write = render.create if creates else render.update
    document = signing.signed(unit, post.account_id, write(item, _id(unit, event), unit.context.settings))
    digest = signing.digest_of(document)
    post_rows.change(unit, post.id, {"digest": digest})
    crossing = boundary.of_post(unit, post, item.media)
    if group.local:
        taken = _taken(document, "Create" if creates else "Update", post.uri, item.author, crossing)
        _log(unit, group, replace(taken, post=post))
    elif not _to_group(unit, group, item.author, document, crossing, post=post, digest=digest):
        group_life.refused(unit, post, Reason.POLICY)


def withdrawn(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, uri (of the post), digest. Whoever may have it is asked for a receipt as well."""
    found = _said_by(unit, event)
    if found is None:
        return
    group, author = found
    uri = Iri(str(event.payload["uri"]))
    document = signing.signed(unit, author.id, render.delete(_id(unit, event), author, group, uri, unit.now))
    crossing = _plain(unit, group, author, ContentForm.REMOVAL)
    if group.local:
        _log(unit, group, _taken(document, "Delete", uri, author, crossing))
    elif ledger.hosts_of(unit, uri):
        _to_group(unit, group, author, document, crossing)
    else:
        return
    recall(unit, author.uri, uri, PurgeReason.DELETED, group)


def reacted(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, object_uri, uri, verb (like | unlike | vote); of a vote post_id, choices, uris."""
    found = _said_by(unit, event)
    if found is None:
        return
    group, by = found
    verb = str(event.payload["verb"])
    if verb == "vote":
        _vote(unit, event, group, by)
        return
    uri, about = Iri(str(event.payload["uri"])), Iri(str(event.payload["object_uri"]))
    if verb == "like":
        said = render.like(uri, by, group, about, unit.now)
    else:
        said = render.unlike(_id(unit, event), by, group, uri, about, unit.now)
    document = signing.signed(unit, by.id, said)
    crossing = _plain(unit, group, by, ContentForm.REACTION)
    if group.local:
        _log(unit, group, _taken(document, str(said["type"]), about, by, crossing))
    else:
        _to_group(unit, group, by, document, crossing)


def _vote(unit: Unit, event: Event, group: Account, by: Account) -> None:
    post = visible.find(unit, int(event.payload["post_id"]))
    poll = None if post is None else rendering.item_of(unit, post).poll
    if post is None or poll is None or group.local:
        return
    crossing = _plain(unit, group, by, ContentForm.REACTION)
    choices = [int(choice) for choice in str(event.payload["choices"]).split()]
    for choice, uri in zip(choices, str(event.payload["uris"]).split(), strict=True):
        title = poll.options[choice].title
        said = render.vote(Iri(f"{uri}/create"), Iri(uri), by, group, post.uri, title, unit.now)
        _to_group(unit, group, by, signing.signed(unit, by.id, said), crossing)


def _to_group(
    unit: Unit,
    group: Account,
    by: Account,
    document: JsonObject,
    crossing: Crossing,
    *,
    post: Post | None = None,
    digest: str = "",
) -> bool:
    """To the instance where the group lives. False where the policy does not let it."""
    inbox = group.shared_inbox or group.inbox
    host = origin_of(inbox)
    uri = Iri(str(document["id"]))
    decision = boundary.decide_for_all(unit, Action.DELIVER, [host], crossing, subject=uri)[host]
    if decision.effect is Effect.DENY:
        return False
    held = not decision.allowed
    if post is not None and held:
        group_life.held(unit, post)
    if post is not None:
        ledger.may_have(
            unit, post.uri, {host: " ".join(decision.rules)[:120]}, Via.PUSH, post=post, digest=digest
        )
    row_id = work.add_activity(
        unit,
        uri=uri,
        kind=str(document["type"]),
        account_id=by.id,
        post_id=None if post is None else post.id,
        crossing=crossing.record(),
        body=msgspec.json.encode(document),
    )
    work.add_deliveries(unit, row_id, [(host, inbox)], held={host} if held else set(), profile=True)
    holds.hold_deliveries(unit, row_id, uri, {host: decision})
    return True


# -- what a group of ours says ---------------------------------------------------------------------------


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
        kinds = frozenset(MediaKind.IMAGE for _ in item.media)
        crossing = boundary.in_group(
            unit, group.id, author.id, taken.content_class, kinds, post.language or "und"
        )
    else:
        form = ContentForm.REMOVAL if taken.kind in {"Delete", "Undo"} else ContentForm.REACTION
        crossing = _plain(unit, group, author, form)
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
    if taken.kind == "Create":
        about = None if post is None else post.in_reply_to_uri
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
    holds.hold_deliveries(unit, row_id, taken.uri, dict(released.decided))


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
    crossing = _plain(unit, group, group, form)
    taken = streams.take_up(unit, group, _taken(document, kind, object_uri, group, crossing))
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


def moderated(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id (the moderator), uri (of the post), verb (remove | lock | unlock), reason."""
    found = _said_by(unit, event)
    if found is None:
        return
    group, moderator = found
    uri, verb = Iri(str(event.payload["uri"])), str(event.payload["verb"])
    kind = {"remove": "Remove", "lock": "Lock", "unlock": "Undo"}[verb]
    by = group if group.local else moderator
    said = render.moderation(
        _id(unit, event), kind, by, group, uri, unit.now, str(event.payload.get("reason", ""))
    )
    document = signing.signed(unit, by.id, said)
    form = ContentForm.REMOVAL if verb == "remove" else ContentForm.REACTION
    if not group.local:
        _to_group(unit, group, moderator, document, _plain(unit, group, moderator, form))
        return
    own(unit, group, document, uri, kind, form)
    if verb == "remove":
        recall(unit, moderator.uri, uri, PurgeReason.REMOVED, group)


def tallied(unit: Unit, event: Event) -> None:
    """payload: post_id, of a poll in a group of ours."""
    post = visible.find(unit, int(event.payload["post_id"]))
    group = None if post is None or post.group_id is None else groups.account_of(unit, post.group_id)
    if post is None or group is None or not group.local or post.standing is not Standing.PUBLISHED:
        return
    poll = rendering.item_of(unit, post).poll
    if poll is not None:
        said = render.tally(_id(unit, event), group, post, poll, unit.now)
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
    found = _said_by(unit, event)
    if found is None:
        return
    group, author = found
    answer = str(event.payload["answer"]).capitalize()
    said = render.verdict(
        _id(unit, event),
        answer,
        group,
        author,
        Iri(str(event.payload["uri"])),
        unit.now,
        str(event.payload.get("reason", "")),
    )
    crossing = _plain(unit, group, group, ContentForm.RELATION)
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
    """Asks every instance that may have an object to remove it, and to say so."""
    hosts = [host for host in ledger.hosts_of(unit, uri) if host != origin_of(uri)]
    if hosts:
        purges.ask(unit, by, uri, reason, hosts, group_id=group.id)


def _log(unit: Unit, group: Account, taken: Taken) -> None:
    logged = streams.take_up(unit, group, taken)
    if logged is not None:
        streams.distribute(unit, logged)


def _taken(document: JsonObject, kind: str, object_uri: Iri, author: Account, crossing: Crossing) -> Taken:
    return Taken(
        uri=Iri(str(document["id"])),
        kind=kind,
        object_uri=object_uri,
        author=author,
        content_class=crossing.content.content_class,
        digest=signing.digest_of(document),
        inner=msgspec.json.encode(document),
    )


def _said_by(unit: Unit, event: Event) -> tuple[Account, Account] | None:
    """The group, and who says something in it."""
    group = groups.account_of(unit, int(event.payload["group_id"]))
    by = accounts.find(unit, int(event.payload["account_id"]))
    return None if group is None or by is None else (group, by)


def _plain(unit: Unit, group: Account, by: Account, form: ContentForm) -> Crossing:
    return boundary.in_group(unit, group.id, by.id, SAID, form=form)


def _id(unit: Unit, event: Event) -> Iri:
    return Iri(f"{unit.context.settings.base}/activities/{event.id}")
