"""Follow and its answers, Block, Like, Dislike, Move, Flag, and Undo of any of them.

It refuses an answer by anybody but the one who was asked, and an undoing by anybody but the one who did it.
"""

from __future__ import annotations

from federation.errors import OriginMismatch
from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.actors import Actor
from federation.vocab.base import References, id_of, references
from server.activitypub.handlers import posts
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, Wanted
from server.domain.accounts import Account
from server.domain.boundary import Tier
from server.domain.viewers import Peer
from server.services import boundary, open_groups, relationships, remote_accounts, reports
from server.services.posts import receive_reactions, visible
from server.services.posts.receive_reactions import Reacted
from server.services.relationships import Answered
from server.store import accounts as account_rows
from server.store.session import Unit

FLAGGED = 50
VOTES = frozenset({"Like", "EmojiReact", "Dislike"})


def verify_nothing(_arrived: Arrived) -> None:
    """The gate has verified the sender; what this is about is looked up by its id."""


def verify_embedded(arrived: Arrived) -> None:
    """Undo: an embedded activity must be the sender's own."""
    undone = arrived.activity.object
    if isinstance(undone, Activity) and undone.actor != arrived.actor.uri:
        raise OriginMismatch("undo-of-anothers-activity")


def follow(unit: Unit, arrived: Arrived) -> Applied:
    target = _local(unit, id_of(arrived.activity.object))
    if target is None or arrived.activity.id is None:
        return Applied.NOT_OURS
    relationships.receive_follow(unit, arrived.actor, target, arrived.activity.id)
    return Applied.APPLIED


def accept(unit: Unit, arrived: Arrived) -> Applied:
    return _answered(relationships.receive_accept(unit, arrived.actor, *_follow_asked(unit, arrived)))


def reject(unit: Unit, arrived: Arrived) -> Applied:
    return _answered(relationships.receive_reject(unit, arrived.actor, *_follow_asked(unit, arrived)))


def _follow_asked(unit: Unit, arrived: Arrived) -> tuple[Iri | None, Account | None]:
    """The id of the Follow that is answered, and who of us asked where that is embedded."""
    asked = arrived.activity.object
    return id_of(asked), _local(unit, asked.actor) if isinstance(asked, Activity) else None


def _answered(answered: Answered) -> Applied:
    return {Answered.DONE: Applied.APPLIED, Answered.REPEATED: Applied.DUPLICATE}.get(
        answered, Applied.NOT_OURS
    )


def block(unit: Unit, arrived: Arrived) -> Applied:
    target = _local(unit, id_of(arrived.activity.object))
    if target is None or arrived.activity.id is None:
        return Applied.NOT_OURS
    relationships.receive_block(unit, arrived.actor, target, arrived.activity.id)
    return Applied.APPLIED


def like(unit: Unit, arrived: Arrived) -> Applied:
    iri = id_of(arrived.activity.object)
    post = visible.find_by_uri(unit, iri) if iri is not None else None
    if post is None or arrived.activity.id is None:
        return Applied.NOT_OURS
    came_to = receive_reactions.receive_like(unit, arrived.actor, post, arrived.activity.id)
    if came_to is Reacted.DONE:
        open_groups.carry(unit, posts.taken(arrived, post.uri))
    return reacted(came_to)


def dislike(unit: Unit, arrived: Arrived) -> Applied:
    """Who likes it no more takes a favourite back. It is neither counted nor shown; an open group here passes it on, once."""
    iri = id_of(arrived.activity.object)
    post = visible.find_by_uri(unit, iri) if iri is not None else None
    if post is None or arrived.activity.id is None:
        return Applied.NOT_OURS
    came_to = receive_reactions.receive_dislike(unit, arrived.actor, post)
    if came_to is Reacted.REFUSED:
        return Applied.NOT_OURS
    if open_groups.dislikes(unit, arrived.actor, post.uri):
        return Applied.DUPLICATE
    passed_on = open_groups.carry(unit, posts.taken(arrived, post.uri))
    return Applied.APPLIED if passed_on or came_to is Reacted.DONE else Applied.IGNORED


def reacted(came_to: Reacted) -> Applied:
    """What a reaction, or its undoing, came to."""
    return {
        Reacted.DONE: Applied.APPLIED,
        Reacted.REPEATED: Applied.DUPLICATE,
        Reacted.TOMBSTONED: Applied.TOMBSTONED,
    }.get(came_to, Applied.NOT_OURS)


def undo(unit: Unit, arrived: Arrived) -> Applied:
    """By the id of what is undone, or, where a peer embeds it, by its type and object."""
    undone = arrived.activity.object
    uri, actor = id_of(undone), arrived.actor
    kind, about = _vote(unit, arrived)
    if kind == "Dislike" and about is not None:
        if not open_groups.dislikes(unit, actor, about):
            return Applied.IGNORED
        return Applied.APPLIED if open_groups.carry(unit, posts.taken(arrived, about)) else Applied.IGNORED
    outcome = _undone(unit, actor, undone, uri)
    if outcome is Applied.APPLIED and about is not None:
        open_groups.carry(unit, posts.taken(arrived, about))
    return outcome


def _vote(unit: Unit, arrived: Arrived) -> tuple[str, Iri | None]:
    """What was liked or disliked, of the undoing of that."""
    undone = arrived.activity.object
    if isinstance(undone, Activity):
        return undone.type, id_of(undone.object) if undone.type in VOTES else None
    uri = id_of(undone)
    return ("", None) if uri is None else open_groups.vote(unit, uri)


def _undone(unit: Unit, actor: Account, undone: References, uri: Iri | None) -> Applied:
    if uri is not None:
        for outcome in (
            _answered(relationships.receive_undo_follow(unit, actor, uri)),
            reacted(receive_reactions.receive_unlike(unit, actor, uri)),
            reacted(receive_reactions.receive_unboost(unit, actor, uri)),
            _answered(relationships.receive_unblock(unit, actor, uri)),
        ):
            if outcome is not Applied.NOT_OURS:
                return outcome
    return _undo_embedded(unit, actor, undone) if isinstance(undone, Activity) else Applied.NOT_OURS


def _undo_embedded(unit: Unit, actor: Account, undone: Activity) -> Applied:
    """For peers that give what they undo no id that we know."""
    about = id_of(undone.object)
    target = _local(unit, about)
    post = visible.find_by_uri(unit, about) if about is not None else None
    if undone.type == "Follow" and target is not None:
        return _answered(relationships.receive_undo_follow(unit, actor, None, target))
    if undone.type == "Block" and target is not None:
        return _answered(relationships.receive_unblock(unit, actor, None, target))
    if undone.type in {"Like", "EmojiReact"} and post is not None:
        return reacted(receive_reactions.receive_unlike(unit, actor, None, post))
    if undone.type == "Announce" and post is not None:
        return reacted(receive_reactions.receive_unboost(unit, actor, None, post))
    return Applied.NOT_OURS


def move(unit: Unit, arrived: Arrived) -> Applied:
    """Followers here follow the new account, where that names the old one as its own."""
    target = id_of(arrived.activity.target)
    if id_of(arrived.activity.object) != arrived.actor.uri or target is None:
        return Applied.IGNORED
    new = _local(unit, target) or _as_it_is_now(unit, arrived, target)
    if isinstance(new, Applied):
        return new
    if arrived.actor.uri not in new.also_known_as or new.moved_to_uri is not None:
        return Applied.IGNORED
    relationships.move_followers(unit, arrived.actor, new)
    return Applied.APPLIED


def _as_it_is_now(unit: Unit, arrived: Arrived, target: Iri) -> Account | Applied:
    """Fetched even where it is known: the alias may be new."""
    if target in arrived.missing:
        return Applied.UNAVAILABLE
    found = arrived.fetched.get(target)
    if found is None:
        raise Wanted(Kind.ACTOR, target)
    return remote_accounts.receive(unit, found) if isinstance(found, Actor) else Applied.IGNORED


def flag(unit: Unit, arrived: Arrived) -> Applied:
    """A report about somebody here: the account among the objects, or the author of the posts among them."""
    iris = [iri for iri in (id_of(one) for one in references(arrived.activity.object)) if iri is not None][
        :FLAGGED
    ]
    found = [post for post in (visible.find_by_uri(unit, iri) for iri in iris) if post is not None]
    # Our own software forwards reports in the plain signature: what a partner's members read goes by its pin.
    peer = Peer(arrived.origin, profiled=boundary.tier_of(unit, arrived.origin) is Tier.T2)
    seen = visible.visible_posts(unit, peer, [post.id for post in found if post.local])
    named = [post for post in found if post.id in seen]
    target = next((account for account in (_local(unit, iri) for iri in iris) if account is not None), None)
    if target is None and named:
        target = account_rows.find(unit, named[0].account_id)
    if target is None or arrived.activity.id is None:
        return Applied.NOT_OURS
    ids = [post.id for post in named if post.account_id == target.id]
    fresh = reports.receive(
        unit,
        arrived.actor,
        target,
        uri=arrived.activity.id,
        post_ids=ids,
        comment=arrived.activity.content or "",
    )
    return Applied.APPLIED if fresh else Applied.DUPLICATE


def _local(unit: Unit, iri: Iri | None) -> Account | None:
    account = account_rows.find_by_uri(unit, iri) if iri is not None else None
    return account if account is not None and account.local and not account.gone else None
