"""What members elsewhere say to a group of ours: judged, taken up and distributed, or answered with the reason why not.

The request is signed as the profile demands, and what it carries is signed whole by the key that the member's credential
names. Only an active member is heard. A refusal is an answer of its own: nothing is stored of what was refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from federation.errors import Malformed
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.objects import Object, is_vote
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived
from server.activitypub.handlers.groups import said
from server.deid.findings import Purpose
from server.domain.boundary import ContentClass, ContentForm, GroupAccess
from server.domain.groups import Membership, Reason
from server.domain.posts import Post, PostKind, Standing
from server.domain.work import EventKind
from server.services import boundary, earlier_words, events, incidents, polls, streams, text_checks
from server.services.boundary import Crossing
from server.services.polls import Voted
from server.services.posts import confined, earlier, group_life, receive_confined, receive_reactions, visible
from server.services.posts.confined import Place
from server.services.posts.delete import Deleted
from server.services.posts.earlier import Earlier
from server.services.posts.receive import Edited, Incoming
from server.services.posts.receive_reactions import Reacted
from server.services.streams import Taken
from server.store import accounts, groups, ledger, memberships
from server.store.session import Unit

FORMS = {
    "Create": ContentForm.GROUP,
    "Update": ContentForm.GROUP,
    "Delete": ContentForm.REMOVAL,
    "Flag": ContentForm.REMOVAL,
}


def verify(arrived: Arrived) -> None:
    said.envelope_of(arrived)


def crossing(unit: Unit, arrived: Arrived) -> Crossing:
    """With what is attested of the member, whatever the message claims."""
    activity = arrived.activity
    form = FORMS.get(activity.type, ContentForm.REACTION)
    vote = isinstance(activity.object, Object) and is_vote(activity.object)
    worded = form is ContentForm.GROUP and not vote
    declared = said.declared(said.envelope_of(arrived)) if worded else ContentClass.NOTICE
    return boundary.in_group(
        unit,
        arrived.group.account.id,
        arrived.actor.id,
        declared,
        said.kinds_of(activity),
        said.language_of(activity),
        ContentForm.REACTION if vote else form,
    )


def refused(unit: Unit, arrived: Arrived) -> None:
    """Policy said no. Of a secret group nobody outside learns anything."""
    known = memberships.find(unit, arrived.group.account.id, arrived.actor.id)
    if arrived.group.group.access is GroupAccess.SECRET and known is None:
        return
    if arrived.activity.type in {"Create", "Update"}:
        answer(unit, arrived, Reason.POLICY)


def answer(unit: Unit, arrived: Arrived, reason: Reason = Reason.NONE) -> None:
    assert arrived.activity.id is not None
    events.happened(
        unit,
        EventKind.GROUP_VERDICT,
        group_id=arrived.group.account.id,
        account_id=arrived.actor.id,
        uri=arrived.activity.id,
        answer="accept" if reason is Reason.NONE else "reject",
        reason=reason.value,
    )


# -- who speaks ------------------------------------------------------------------------------------------


def _heard(
    handle: Callable[[Unit, Arrived, Membership], Applied | Reason], *, answers: bool
) -> Callable[[Unit, Arrived], Applied]:
    """A handler for active members whose proof fits. answers: whoever speaks is told why not."""

    def receive(unit: Unit, arrived: Arrived) -> Applied:
        standing = memberships.find(unit, arrived.group.account.id, arrived.actor.id)
        if standing is None and arrived.group.group.access is GroupAccess.SECRET:
            return Applied.DENIED
        found = _judge(unit, arrived, standing, handle)
        if isinstance(found, Applied):
            return found
        if answers:
            answer(unit, arrived, found)
        return Applied.DENIED

    return receive


def _judge(
    unit: Unit,
    arrived: Arrived,
    standing: Membership | None,
    handle: Callable[[Unit, Arrived, Membership], Applied | Reason],
) -> Applied | Reason:
    if arrived.group.group.dissolved_at is not None:
        return Reason.DISSOLVED
    if standing is None or not standing.active:
        return Reason.NOT_A_MEMBER
    attested = memberships.attestation(unit, standing)
    if attested is None or not attested.holds(unit.now):
        return Reason.CREDENTIAL_EXPIRED
    if not signing.fits(arrived.document, attested.key, unit.now):
        return Reason.CREDENTIAL_INVALID
    try:
        return handle(unit, arrived, standing)
    except Malformed as problem:
        return Reason.AUDIENCE if problem.reason == "audience-of-group" else Reason.MALFORMED


def _taken(arrived: Arrived, object_uri: Iri, content_class: ContentClass, post: Post | None = None) -> Taken:
    activity = arrived.activity
    assert activity.id is not None
    return Taken(
        uri=activity.id,
        kind=activity.type,
        object_uri=object_uri,
        author=arrived.actor,
        content_class=content_class,
        digest=signing.digest_of(arrived.document),
        inner=arrived.raw,
        post=post,
    )


def _distribute(unit: Unit, arrived: Arrived, taken: Taken) -> Applied:
    logged = streams.take_up(unit, arrived.group.account, taken)
    if logged is None:
        return Applied.DUPLICATE
    streams.distribute(unit, logged)
    return Applied.APPLIED


# -- posts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judged:
    words: Incoming
    content_class: ContentClass
    digest: str


def _create(unit: Unit, arrived: Arrived, _standing: Membership) -> Applied | Reason:
    thing = arrived.activity.object
    if isinstance(thing, Object) and is_vote(thing):
        return _vote(unit, arrived, thing)
    judged = _words(unit, arrived)
    if isinstance(judged, Reason):
        return judged
    group = arrived.group.account
    place = Place(group, judged.content_class, Standing.PUBLISHED, judged.digest)
    post, _ = receive_confined.receive(unit, arrived.actor, judged.words, place)
    if post is None or post.account_id != arrived.actor.id or post.group_id != group.id:
        return Applied.TOMBSTONED
    answer(unit, arrived)
    return _distribute(unit, arrived, _taken(arrived, post.uri, judged.content_class, post))


def _update(unit: Unit, arrived: Arrived, _standing: Membership) -> Applied | Reason:
    judged = _words(unit, arrived)
    if isinstance(judged, Reason):
        return judged
    place = Place(arrived.group.account, judged.content_class, Standing.PUBLISHED, judged.digest)
    replaces = said.envelope_of(arrived).replaces
    edited = receive_confined.receive_edit(unit, arrived.actor, judged.words, place, replaces)
    if edited is Edited.STALE:
        return Reason.SUPERSEDED
    post = visible.find_by_uri(unit, judged.words.uri)
    if edited is not Edited.EDITED or post is None:
        return Applied.IGNORED
    answer(unit, arrived)
    raised = ContentClass.from_word(post.content_class)
    return _distribute(unit, arrived, _taken(arrived, post.uri, raised, post))


def _words(unit: Unit, arrived: Arrived) -> _Judged | Reason:
    """What is wrong with a post, or how it is stored."""
    activity, group = arrived.activity, arrived.group
    said.check_addressed(activity, group.account)
    thing = said.own_object(activity)
    parent: Post | None = None
    if thing.in_reply_to is not None:
        parent = visible.find_by_uri(unit, thing.in_reply_to)
        if (
            parent is None
            or parent.group_id != group.account.id
            or parent.standing is not Standing.PUBLISHED
            or not ledger.holders(unit, [parent.uri], arrived.origin) | _local_to(parent, arrived)
        ):
            return Reason.PARENT_UNKNOWN
        if groups.is_locked(unit, parent.thread_id):
            return Reason.THREAD_LOCKED
    if not said.pictures_fit(thing):
        return Reason.MEDIA
    declared = said.declared(said.envelope_of(arrived))
    content_class = confined.effective(
        group.group, declared, parent, shows_media=bool(said.kinds_of(activity))
    )
    if content_class is ContentClass.RESTRICTED:
        return Reason.CONTENT_CLASS
    words = said.words_of(thing, arrived.actor, arrived.received_at, content_class)
    if not text_checks.passes(unit, words.read, Purpose.GROUP):
        return Reason.IDENTIFIERS
    named = accounts.many_by_uri(unit, words.mentions)
    if set(words.mentions) - set(named) or confined.outside(unit, group.account, named.values()):
        return Reason.MENTION_OUTSIDE
    return _Judged(words, content_class, signing.digest_of(arrived.document))


def _local_to(parent: Post, arrived: Arrived) -> set[str]:
    """The parent is of the sender's own instance."""
    return {parent.uri} if parent.uri.startswith(arrived.actor.uri.split("/actors/")[0] + "/") else set()


def _delete(unit: Unit, arrived: Arrived, _standing: Membership) -> Applied | Reason:
    uri = said.named_object(arrived.activity)
    deleted = receive_confined.receive_delete(unit, arrived.actor, uri, arrived.group.account)
    if deleted is Deleted.NOT_OWNER:
        return Applied.IGNORED
    if deleted is Deleted.UNKNOWN:
        return Applied.TOMBSTONED
    return _distribute(unit, arrived, _taken(arrived, uri, ContentClass.NOTICE))


# -- reactions -------------------------------------------------------------------------------------------


def _like(unit: Unit, arrived: Arrived, _standing: Membership) -> Applied | Reason:
    post = _post_of(unit, arrived, said.named_object(arrived.activity))
    assert arrived.activity.id is not None
    if post is None:
        return Applied.NOT_OURS
    done = receive_confined.receive_like(unit, arrived.actor, post, arrived.activity.id)
    if done is not Reacted.DONE:
        return Applied.DUPLICATE if done is Reacted.REPEATED else Applied.IGNORED
    return _distribute(unit, arrived, _taken(arrived, post.uri, ContentClass.NOTICE))


def _undo(unit: Unit, arrived: Arrived, standing: Membership) -> Applied | Reason:
    undone = arrived.activity.object
    if not isinstance(undone, Activity):
        raise Malformed("object-of-group")
    about = id_of(undone.object)
    if undone.type == "Flag" and about is not None:
        return _settle(unit, arrived, standing, about, purge=False)
    post = None if about is None else _post_of(unit, arrived, about)
    if post is None:
        return Applied.NOT_OURS
    if undone.type == "Lock":
        return _moderate(unit, arrived, standing, post, "unlock")
    if undone.type != "Like":
        return Applied.UNSUPPORTED
    done = receive_reactions.receive_unlike(unit, arrived.actor, undone.id, post)
    if done is not Reacted.DONE:
        return Applied.IGNORED
    return _distribute(unit, arrived, _taken(arrived, post.uri, ContentClass.NOTICE))


def _vote(unit: Unit, arrived: Arrived, thing: Object) -> Applied | Reason:
    said.check_addressed(arrived.activity, arrived.group.account, alone=True)
    question = None if thing.in_reply_to is None else _post_of(unit, arrived, thing.in_reply_to)
    if question is None or question.kind is not PostKind.QUESTION or thing.id is None:
        return Applied.NOT_OURS
    voted = polls.receive_vote(unit, arrived.actor, question, (thing.name or "",), thing.id)
    return Applied.APPLIED if voted is Voted.COUNTED else Applied.IGNORED


def _post_of(unit: Unit, arrived: Arrived, uri: Iri) -> Post | None:
    post = visible.find_by_uri(unit, uri)
    in_group = post is not None and post.group_id == arrived.group.account.id
    return post if in_group and post is not None and post.standing is Standing.PUBLISHED else None


# -- moderation ------------------------------------------------------------------------------------------


def _remove(unit: Unit, arrived: Arrived, standing: Membership) -> Applied | Reason:
    """Of a post that is hidden: it is purged."""
    uri = said.named_object(arrived.activity)
    before = earlier.read(uri)
    if before is not None:
        return _remove_earlier(unit, arrived, before)
    post = _post_of(unit, arrived, uri)
    if post is None:
        return _settle(unit, arrived, standing, uri, purge=True)
    return _moderate(unit, arrived, standing, post, "remove")


def _remove_earlier(unit: Unit, arrived: Arrived, found: Earlier) -> Applied | Reason:
    """What a post said before it was edited: by its author or a moderator."""
    post = _post_of(unit, arrived, found.post_uri)
    if post is None:
        return Applied.NOT_OURS
    done = earlier_words.receive(unit, arrived.group.account, arrived.actor, post, found)
    return Applied.APPLIED if done else Applied.DENIED


def _settle(unit: Unit, arrived: Arrived, standing: Membership, uri: Iri, *, purge: bool) -> Applied | Reason:
    group, post = arrived.group.account, visible.find_by_uri(unit, uri)
    if post is None or post.group_id != group.id:
        return Applied.NOT_OURS
    if not standing.role.moderates:
        return Applied.DENIED
    done = incidents.settle(unit, group, arrived.actor, post, purge=purge)
    return Applied.APPLIED if done else Applied.DUPLICATE


def _flag(unit: Unit, arrived: Arrived, _standing: Membership) -> Applied | Reason:
    """Any member says that a post identifies a patient."""
    post = _post_of(unit, arrived, said.named_object(arrived.activity))
    if post is None:
        return Applied.NOT_OURS
    done = incidents.receive(unit, arrived.group.account, arrived.actor, post)
    return Applied.APPLIED if done else Applied.IGNORED


def _lock(unit: Unit, arrived: Arrived, standing: Membership) -> Applied | Reason:
    post = _post_of(unit, arrived, said.named_object(arrived.activity))
    return Applied.NOT_OURS if post is None else _moderate(unit, arrived, standing, post, "lock")


def _moderate(unit: Unit, arrived: Arrived, standing: Membership, post: Post, verb: str) -> Applied | Reason:
    """The group says it itself, so that its members' instances need not know who moderates."""
    if not standing.role.moderates:
        return Applied.DENIED
    if not group_life.moderate(unit, arrived.group.account, arrived.actor, post, verb):
        return Applied.DUPLICATE
    return Applied.APPLIED


create = _heard(_create, answers=True)
update = _heard(_update, answers=True)
delete = _heard(_delete, answers=False)
like = _heard(_like, answers=False)
undo = _heard(_undo, answers=False)
remove = _heard(_remove, answers=False)
lock = _heard(_lock, answers=False)
flag = _heard(_flag, answers=False)
