"""From an event to deliveries: which activity, to which inboxes, and whether the policy lets it cross.

One function an event kind. Everything here runs inside one transaction; the same event planned again makes the same
ids, so nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import msgspec

from federation.delivery import Recipient, collapse
from federation.iri import origin_of
from federation.types import Iri, Origin
from federation.vocab import codec
from federation.vocab.activities import Activity
from server.activitypub.egress import (
    plan_asides,
    plan_group,
    plan_group_posts,
    plan_memberships,
    plan_open_groups,
    plan_purges,
    plan_status_lists,
    probes,
    rendering,
)
from server.activitypub.render import actors as render_actors
from server.activitypub.render import posts as render_posts
from server.activitypub.render import relationships as render
from server.core.settings import Settings
from server.domain.accounts import Account
from server.domain.boundary import Action, AuthorRole, ContentClass, ContentForm, Effect
from server.domain.posts import Post
from server.domain.work import Event, EventKind
from server.services import accounts, audiences, boundary, destinations, holds, reports, waiting
from server.services.boundary import Crossing
from server.services.posts import visible
from server.store import accounts as account_rows
from server.store import backlog, work
from server.store.session import Unit

PUBLIC = Iri("https://www.w3.org/ns/activitystreams#Public")
Inboxes = Iterable[tuple[Origin, Iri]]


def plan(unit: Unit, event: Event) -> None:
    """Does nothing where what happened is undone already, or concerns nobody elsewhere."""
    planner = PLANNERS.get(event.kind)
    if planner is not None:
        planner(unit, event)


# -- what all plans share --------------------------------------------------------------------------------


def _send(
    unit: Unit,
    activity: Activity,
    by: Account,
    inboxes: Inboxes,
    crossing: Crossing,
    *,
    post_id: int | None = None,
    corrects: Collection[Origin] = (),
) -> None:
    """Stores the activity once and a delivery for every inbox whose instance may have it.

    corrects: who has earlier words of the post. Where that is paused, the newest wait for its end.
    """
    assert activity.id is not None
    wanted = sorted(set(inboxes), key=lambda entry: entry[1])
    allowed = boundary.decide_for_all(
        unit, Action.DELIVER, sorted({origin for origin, _ in wanted}), crossing, subject=activity.id
    )
    held = {origin for origin, made in allowed.items() if made.effect is Effect.HOLD}
    queued = boundary.queued(unit, crossing, allowed, corrects)
    if corrects and post_id is not None:
        backlog.cancel_corrections(unit, post_id, boundary.paused(unit, corrects))
    permitted = [(origin, inbox) for origin, inbox in wanted if origin in queued]
    if not permitted and post_id is None:
        return
    row_id = work.add_activity(
        unit,
        uri=activity.id,
        kind=activity.type,
        account_id=by.id,
        post_id=post_id,
        crossing=crossing.record(),
        body=msgspec.json.encode(codec.encode(activity)),
    )
    work.add_deliveries(unit, row_id, permitted, held=held)
    holds.hold_deliveries(unit, row_id, activity.id, allowed, crossing.group.id)


def _activity_id(unit: Unit, event: Event) -> Iri:
    """The same for the same event, however often it is planned."""
    return Iri(f"{unit.context.settings.base}/activities/{event.id}")


def _inboxes_of(recipients: Iterable[Account]) -> list[tuple[Origin, Iri]]:
    remote = [Recipient(one.uri, one.inbox, one.shared_inbox) for one in recipients if not one.local]
    return [(origin_of(inbox), inbox) for inbox in collapse(remote)]


def _account(unit: Unit, event: Event, name: str) -> Account | None:
    value = event.payload.get(name)
    return account_rows.find(unit, int(value)) if value is not None else None


# -- posts -----------------------------------------------------------------------------------------------


def _published(unit: Unit, event: Event) -> None:
    _post(unit, event, render_posts.create)


def _edited(unit: Unit, event: Event) -> None:
    _post(unit, event, render_posts.update, edited=True)


def _post(
    unit: Unit,
    event: Event,
    wrap: Callable[[render_posts.PostToRender, Iri, Settings], Activity],
    *,
    edited: bool = False,
) -> None:
    post = visible.find(unit, int(event.payload["post_id"]))
    if post is None or not post.local:
        return
    item = rendering.item_of(unit, post)
    activity = wrap(item, _activity_id(unit, event), unit.context.settings)
    answered = destinations.beside(unit, post)
    if answered is not None:
        plan_asides.send(unit, post, answered, activity)
        return
    inboxes = audiences.recipients_of_post(unit, post).inboxes
    corrects = _who_has(unit, post, inboxes) if edited else ()
    crossing = boundary.of_post(unit, post, item.media)
    _send(unit, activity, item.author, inboxes, crossing, post_id=post.id, corrects=corrects)
    plan_open_groups.said(unit, item.author, activity, post.uri, post)


def _who_has(unit: Unit, post: Post, inboxes: Inboxes) -> set[Origin]:
    """Where a post has arrived. Of one whose deliveries are forgotten: wherever its new words go."""
    if post.published_at < unit.now - waiting.KEEP_DONE:
        return {origin for origin, _ in inboxes}
    return {origin_of(each) for each in audiences.reached(unit, post)}


def _deleted(unit: Unit, event: Event) -> None:
    author = _account(unit, event, "account_id")
    if author is None:
        return
    to = (PUBLIC,) if event.payload["visibility"] in {"public", "unlisted"} else ()
    activity = render_posts.delete(Iri(str(event.payload["uri"])), author, _activity_id(unit, event), to)
    _send(
        unit, activity, author, audiences.recipients_of_deleted(unit, event.payload).inboxes, boundary.REMOVAL
    )
    plan_open_groups.said(unit, author, activity, Iri(str(event.payload["uri"])))


def _boosted(unit: Unit, event: Event) -> None:
    boost = visible.find(unit, int(event.payload["post_id"]))
    original = (
        visible.find(unit, boost.boost_of_id) if boost is not None and boost.boost_of_id is not None else None
    )
    if boost is None or original is None:
        return
    by, author = accounts.get(unit, boost.account_id), accounts.get(unit, original.account_id)
    inboxes = audiences.recipients_of_post(unit, boost).inboxes
    _send(
        unit,
        render_posts.announce(boost, by, original, author),
        by,
        inboxes,
        boundary.REACTION,
        post_id=boost.id,
    )


def _unboosted(unit: Unit, event: Event) -> None:
    by = _account(unit, event, "account_id")
    if by is None:
        return
    uri, of = Iri(str(event.payload["uri"])), Iri(str(event.payload["object_uri"]))
    activity = render.undo(_activity_id(unit, event), "Announce", uri, by, of, (PUBLIC,))
    _send(unit, activity, by, audiences.recipients_of_deleted(unit, event.payload).inboxes, boundary.REMOVAL)


def _poll_changed(unit: Unit, event: Event) -> None:
    post = visible.find(unit, int(event.payload["post_id"]))
    if post is not None and post.group_id is not None:
        plan_group.tallied(unit, event)
    else:
        _post(unit, event, render_posts.update)


# -- reactions -------------------------------------------------------------------------------------------


def _favourited(unit: Unit, event: Event) -> None:
    by, author = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if by is None or author is None:
        return
    about = Iri(str(event.payload["object_uri"]))
    activity = render.like(Iri(str(event.payload["uri"])), by, about, author)
    _send(unit, activity, by, _inboxes_of(plan_open_groups.concerned(unit, author, about)), boundary.REACTION)
    plan_open_groups.said(unit, by, activity, about)


def _unfavourited(unit: Unit, event: Event) -> None:
    by, author = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if by is None or author is None:
        return
    uri, about = Iri(str(event.payload["uri"])), Iri(str(event.payload["object_uri"]))
    activity = render.undo(_activity_id(unit, event), "Like", uri, by, about, (author.uri,))
    _send(unit, activity, by, _inboxes_of(plan_open_groups.concerned(unit, author, about)), boundary.REMOVAL)
    plan_open_groups.said(unit, by, activity, about)


def _undo(unit: Unit, event: Event, kind: str, crossing: Crossing) -> None:
    """payload: account_id, target_id, uri of what is undone, object_uri where that was not the account."""
    by, target = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if by is None or target is None or target.local:
        return
    of = Iri(str(event.payload.get("object_uri") or target.uri))
    activity = render.undo(
        _activity_id(unit, event), kind, Iri(str(event.payload["uri"])), by, of, (target.uri,)
    )
    _send(unit, activity, by, _inboxes_of([target]), crossing)


def _voted(unit: Unit, event: Event) -> None:
    """A Note for each choice, as every server reads it. uris: of the votes, in the order of the choices."""
    by, post = _account(unit, event, "account_id"), visible.find(unit, int(event.payload["post_id"]))
    if by is None or post is None or post.local:
        return
    item = rendering.item_of(unit, post)
    if item.poll is None:
        return
    choices = [int(choice) for choice in str(event.payload["choices"]).split()]
    for choice, uri in zip(choices, str(event.payload["uris"]).split(), strict=True):
        option = item.poll.options[choice].title
        activity = render.vote(Iri(f"{uri}/create"), Iri(uri), by, post.uri, option, item.author)
        _send(unit, activity, by, _inboxes_of([item.author]), boundary.REACTION)


# -- relationships ---------------------------------------------------------------------------------------


def _follow_requested(unit: Unit, event: Event) -> None:
    by, target = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if by is None or target is None or target.local:
        return
    _send(
        unit,
        render.follow(Iri(str(event.payload["uri"])), by, target),
        by,
        _inboxes_of([target]),
        boundary.RELATION,
    )


def _follow_accepted(unit: Unit, event: Event) -> None:
    _follow_answered(unit, event, "Accept")


def _follow_rejected(unit: Unit, event: Event) -> None:
    _follow_answered(unit, event, "Reject")


def _follow_answered(unit: Unit, event: Event, kind: str) -> None:
    follower, target = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if follower is None or target is None or follower.local:
        return
    activity = render.answer(
        kind, _activity_id(unit, event), Iri(str(event.payload["uri"])), follower, target
    )
    _send(unit, activity, target, _inboxes_of([follower]), boundary.RELATION)


def _follow_ended(unit: Unit, event: Event) -> None:
    _undo(unit, event, "Follow", boundary.RELATION)


def _blocked(unit: Unit, event: Event) -> None:
    by, target = _account(unit, event, "account_id"), _account(unit, event, "target_id")
    if by is None or target is None or target.local:
        return
    _send(
        unit,
        render.block(Iri(str(event.payload["uri"])), by, target),
        by,
        _inboxes_of([target]),
        boundary.RELATION,
    )


def _unblocked(unit: Unit, event: Event) -> None:
    _undo(unit, event, "Block", boundary.RELATION)


# -- actors ----------------------------------------------------------------------------------------------


def _actor_changed(unit: Unit, event: Event) -> None:
    account = _account(unit, event, "account_id")
    if account is None or not account.local:
        return
    document = render_actors.actor(account, account_rows.keys(unit, account.id), unit.context.settings)
    activity = render_actors.update(account, document, _activity_id(unit, event))
    _send(unit, activity, account, audiences.inboxes_of_contacts(unit, account.id), boundary.ACTOR)


def _actor_deleted(unit: Unit, event: Event) -> None:
    account = _account(unit, event, "account_id")
    if account is None or not account.local:
        return
    activity = render_actors.delete(account, _activity_id(unit, event))
    _send(unit, activity, account, audiences.inboxes_of_contacts(unit, account.id), boundary.REMOVAL)


def _actor_moved(unit: Unit, event: Event) -> None:
    account = _account(unit, event, "account_id")
    if account is None or account.moved_to_uri is None:
        return
    activity = render.move(_activity_id(unit, event), account, account.moved_to_uri)
    _send(unit, activity, account, audiences.inboxes_of_followers(unit, account.id), boundary.RELATION)


def _reported(unit: Unit, event: Event) -> None:
    """payload: report_id. Said by the instance, so that who reported stays unnamed.

    What is said about a post of a members-only group goes where such a group's words may go.
    """
    report = reports.get(unit, int(event.payload["report_id"]))
    target = account_rows.find(unit, report.target_id)
    if target is None or target.local:
        return
    instance_actor = accounts.ensure_instance_actor(unit)
    posts = [visible.find(unit, post_id) for post_id in report.post_ids]
    uris = [post.uri for post in posts if post is not None and post.account_id == target.id]
    activity = render.flag(_activity_id(unit, event), instance_actor, target, uris, report.comment)
    crossing = Crossing(ContentForm.RELATION, ContentClass.NOTICE, author=AuthorRole.INSTANCE)
    for post in posts:
        if post is not None and post.group_id is not None:
            crossing = replace(crossing, group=boundary.group_facts(unit, post.group_id))
    _send(unit, activity, instance_actor, _inboxes_of([target]), crossing)


PLANNERS: dict[EventKind, Callable[[Unit, Event], None]] = {
    EventKind.POST_PUBLISHED: _published,
    EventKind.POST_EDITED: _edited,
    EventKind.POST_DELETED: _deleted,
    EventKind.BOOSTED: _boosted,
    EventKind.UNBOOSTED: _unboosted,
    EventKind.POLL_CHANGED: _poll_changed,
    EventKind.FAVOURITED: _favourited,
    EventKind.UNFAVOURITED: _unfavourited,
    EventKind.VOTED: _voted,
    EventKind.FOLLOW_REQUESTED: _follow_requested,
    EventKind.FOLLOW_ACCEPTED: _follow_accepted,
    EventKind.FOLLOW_REJECTED: _follow_rejected,
    EventKind.FOLLOW_ENDED: _follow_ended,
    EventKind.BLOCKED: _blocked,
    EventKind.UNBLOCKED: _unblocked,
    EventKind.ACTOR_CHANGED: _actor_changed,
    EventKind.ACTOR_DELETED: _actor_deleted,
    EventKind.ACTOR_MOVED: _actor_moved,
    EventKind.REPORTED: _reported,
    EventKind.GROUP_CHANGED: plan_memberships.changed,
    EventKind.GROUP_ASKED: plan_memberships.asked,
    EventKind.GROUP_ANSWERED: plan_memberships.answered,
    EventKind.GROUP_LEFT: plan_memberships.left,
    EventKind.GROUP_INVITED: plan_memberships.invited,
    EventKind.GROUP_ENDED: plan_memberships.ended,
    EventKind.GROUP_STANDING: plan_memberships.standing_changed,
    EventKind.NEWCOMER_OFFERED: plan_memberships.offered,
    EventKind.GROUP_OPENED: plan_memberships.opened,
    EventKind.NEWCOMER_ANSWERED: plan_memberships.told,
    EventKind.GROUP_SUBMITTED: plan_group_posts.submitted,
    EventKind.GROUP_WITHDRAWN: plan_group_posts.withdrawn,
    EventKind.GROUP_REACTED: plan_group_posts.reacted,
    EventKind.GROUP_ACCEPTED: plan_open_groups.accepted,
    EventKind.GROUP_MODERATED: plan_open_groups.moderated,
    EventKind.GROUP_VERDICT: plan_group.verdict,
    EventKind.ATTESTATION_CHANGED: plan_status_lists.changed,
    EventKind.PURGE_ASKED: plan_purges.asked,
    EventKind.PURGE_FORWARDED: plan_purges.forwarded,
    EventKind.PURGE_RECEIPTED: plan_purges.receipted,
    **probes.PLANNERS,
}
