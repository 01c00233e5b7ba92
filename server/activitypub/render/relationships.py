"""Follows, their answers, blocks, likes, votes, moves and reports as activities."""

from __future__ import annotations

from collections.abc import Iterable

from federation.types import Iri
from federation.vocab.activities import Activity
from federation.vocab.objects import vote as vote_note
from server.domain.accounts import Account


def follow(uri: Iri, follower: Account, target: Account) -> Activity:
    return Activity(id=uri, type="Follow", actor=follower.uri, object=target.uri, to=(target.uri,))


def answer(kind: str, activity_id: Iri, follow_uri: Iri, follower: Account, target: Account) -> Activity:
    """kind: `Accept` or `Reject`, said by the target."""
    asked = Activity(id=follow_uri, type="Follow", actor=follower.uri, object=target.uri)
    return Activity(id=activity_id, type=kind, actor=target.uri, object=asked, to=(follower.uri,))


def like(uri: Iri, by: Account, post_uri: Iri, author: Account) -> Activity:
    return Activity(id=uri, type="Like", actor=by.uri, object=post_uri, to=(author.uri,))


def block(uri: Iri, by: Account, target: Account) -> Activity:
    return Activity(id=uri, type="Block", actor=by.uri, object=target.uri, to=(target.uri,))


def undo(activity_id: Iri, kind: str, uri: Iri, by: Account, of: Iri, to: tuple[Iri, ...]) -> Activity:
    """Undoes the activity `uri` of a kind, whose object was `of`."""
    undone = Activity(id=uri, type=kind, actor=by.uri, object=of)
    return Activity(id=activity_id, type="Undo", actor=by.uri, object=undone, to=to)


def vote(
    activity_id: Iri, vote_uri: Iri, voter: Account, question: Iri, option: str, owner: Account
) -> Activity:
    thing = vote_note(id=vote_uri, voter=voter.uri, question=question, option=option, owner=owner.uri)
    return Activity(id=activity_id, type="Create", actor=voter.uri, object=thing, to=(owner.uri,))


def move(activity_id: Iri, account: Account, target: Iri) -> Activity:
    to = (account.followers_uri,) if account.followers_uri else ()
    return Activity(id=activity_id, type="Move", actor=account.uri, object=account.uri, target=target, to=to)


def flag(
    uri: Iri, instance_actor: Account, target: Account, post_uris: Iterable[Iri], comment: str
) -> Activity:
    """A report, said by the instance so that the person who reports is not named."""
    return Activity(
        id=uri,
        type="Flag",
        actor=instance_actor.uri,
        object=(target.uri, *post_uris),
        content=comment or None,
        to=(target.uri,),
    )
