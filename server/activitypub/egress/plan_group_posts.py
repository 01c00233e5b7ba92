"""What our members say in members-only groups: signed whole by them, logged where the group is ours, sent to its inbox where it is not.

The policy is asked and the ledger written in this transaction, before any byte leaves; when it leaves, trust, membership and
policy are asked again.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from federation.types import Iri, JsonObject
from server.activitypub import signing
from server.activitypub.egress import rendering
from server.activitypub.egress.plan_group import id_of_event, log, own, plain, recall, said_by, taken_of
from server.activitypub.render import group_posts as render
from server.domain.accounts import Account
from server.domain.boundary import Action, ContentClass, ContentForm, Effect
from server.domain.groups import Reason
from server.domain.ledger import PurgeReason, Via
from server.domain.posts import Post
from server.domain.work import Event
from server.services import boundary, destinations, holds, ledger
from server.services.boundary import Crossing
from server.services.posts import group_life, visible
from server.store import groups, work
from server.store import posts as post_rows
from server.store.session import Unit

SAID = ContentClass.NOTICE
"""Of what carries no words of anybody: likes, deletions, verdicts."""


def submitted(unit: Unit, event: Event) -> None:
    """payload: post_id, group_id, verb (create | update)."""
    post = visible.find(unit, int(event.payload["post_id"]))
    group = groups.account_of(unit, int(event.payload["group_id"]))
    if post is None or group is None or not post.local:
        return
    item = rendering.item_of(unit, post)
    creates = event.payload["verb"] == "create"
    write = render.create if creates else render.update
    document = signing.signed(
        unit, post.account_id, write(item, id_of_event(unit, event), unit.context.settings)
    )
    digest = signing.digest_of(document)
    post_rows.change(unit, post.id, {"digest": digest})
    crossing = boundary.of_post(unit, post, item.media)
    if group.local:
        taken = taken_of(document, "Create" if creates else "Update", post.uri, item.author, crossing)
        log(unit, group, replace(taken, post=post))
    elif not _to_group(unit, group, item.author, document, crossing, post=post, digest=digest):
        group_life.refused(unit, post, Reason.POLICY)


def withdrawn(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, uri (of the post), digest. Whoever may have it is asked for a receipt as well."""
    found = said_by(unit, event)
    if found is None:
        return
    group, author = found
    uri = Iri(str(event.payload["uri"]))
    document = signing.signed(
        unit, author.id, render.delete(id_of_event(unit, event), author, group, uri, unit.now)
    )
    crossing = plain(unit, group, author, ContentForm.REMOVAL)
    if group.local:
        log(unit, group, taken_of(document, "Delete", uri, author, crossing))
    elif ledger.hosts_of(unit, uri):
        _to_group(unit, group, author, document, crossing)
    else:
        return
    recall(unit, author.uri, uri, PurgeReason.DELETED, group)


def reacted(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, object_uri, uri, verb (like | unlike | vote); of a vote post_id, choices, uris."""
    found = said_by(unit, event)
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
        said = render.unlike(id_of_event(unit, event), by, group, uri, about, unit.now)
    document = signing.signed(unit, by.id, said)
    crossing = plain(unit, group, by, ContentForm.REACTION)
    if group.local:
        log(unit, group, taken_of(document, str(said["type"]), about, by, crossing))
    else:
        _to_group(unit, group, by, document, crossing)


def _vote(unit: Unit, event: Event, group: Account, by: Account) -> None:
    post = visible.find(unit, int(event.payload["post_id"]))
    poll = None if post is None else rendering.item_of(unit, post).poll
    if post is None or poll is None or group.local:
        return
    crossing = plain(unit, group, by, ContentForm.REACTION)
    choices = [int(choice) for choice in str(event.payload["choices"]).split()]
    for choice, uri in zip(choices, str(event.payload["uris"]).split(), strict=True):
        title = poll.options[choice].title
        said = render.vote(Iri(f"{uri}/create"), Iri(uri), by, group, post.uri, title, unit.now)
        _to_group(unit, group, by, signing.signed(unit, by.id, said), crossing)


MODERATIONS = {
    "remove": "Remove",
    "purge": "Remove",
    "earlier": "Remove",
    "lock": "Lock",
    "unlock": "Lock",
    "hide": "Flag",
    "restore": "Flag",
}
"""By verb; two of them undo."""
UNDOING = frozenset({"unlock", "restore"})
REACTING = frozenset({"lock", "unlock"})


def moderated(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id (the moderator, or who raises an incident), uri (of the post), verb, reason.

    A verb about the earlier versions of a post says so to a group elsewhere alone: one here asks by purges. What is purged is asked back from its author's instance as well.
    """
    found = said_by(unit, event)
    if found is None:
        return
    group, moderator = found
    uri, verb = Iri(str(event.payload["uri"])), str(event.payload["verb"])
    by = group if group.local else moderator
    said = render.moderation(
        id_of_event(unit, event),
        MODERATIONS[verb],
        by,
        group,
        uri,
        unit.now,
        str(event.payload.get("reason", "")),
        undone=verb in UNDOING,
    )
    document = signing.signed(unit, by.id, said)
    form = ContentForm.REACTION if verb in REACTING else ContentForm.REMOVAL
    if not group.local:
        _to_group(unit, group, moderator, document, plain(unit, group, moderator, form))
        return
    own(unit, group, document, uri, str(said["type"]), form)
    if verb == "remove":
        recall(unit, moderator.uri, uri, PurgeReason.REMOVED, group)
    elif verb == "purge":
        recall(unit, moderator.uri, uri, PurgeReason.INCIDENT, group)


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
    host, inbox = destinations.of_group(group)
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
    holds.hold_deliveries(unit, row_id, uri, {host: decision}, crossing.group.id)
    return True
