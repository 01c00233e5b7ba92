"""Who on other instances gets what: the only computer of recipients.

It widens nothing: followers are included only where the post's visibility includes them, and everyone else was named
by the author or holds a copy already. Whether a peer may have it is decided afterwards, by policy and trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from federation.iri import origin_of
from federation.types import Iri, Origin
from server.domain.accounts import Account
from server.domain.posts import Post, PostKind, Visibility
from server.store import accounts, backlog, polls, posts, relationships
from server.store.session import Unit

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


@dataclass(frozen=True, slots=True)
class Recipients:
    """accounts: remote ones that are meant by name. inboxes: where to deliver, each address once, followers' included."""

    accounts: tuple[Account, ...]
    inboxes: tuple[tuple[Origin, Iri], ...]


NOBODY = Recipients((), ())


def recipients_of_post(unit: Unit, post: Post) -> Recipients:
    """Those that a Create or an Update of a local post goes to.

    What is open goes to whoever has an earlier version as well. The new words of other posts are only for those who may
    read them now: a follower that was removed meanwhile gets the Delete, and no Update.
    """
    found = _recipients(unit, post.account_id, post.visibility, named_remotely(unit, post))
    return _with(found, reached(unit, post)) if post.visibility in OPEN else found


def recipients_of_deleted(unit: Unit, payload: Mapping[str, int | str]) -> Recipients:
    """The same for a post whose row is gone, from the payload of POST_DELETED, UNBOOSTED or their like."""
    named = [int(each) for each in str(payload["recipients"]).split()]
    found = _recipients(unit, int(payload["account_id"]), Visibility(str(payload["visibility"])), named)
    return _with(found, [Iri(each) for each in str(payload.get("inboxes", "")).split()])


def reached(unit: Unit, post: Post) -> list[Iri]:
    """The inboxes that have a local post, or may have it: every one that a delivery of it was ever tried at."""
    return backlog.inboxes_reached(unit, post.id)


def _with(found: Recipients, inboxes: Iterable[Iri]) -> Recipients:
    return Recipients(
        found.accounts, tuple(sorted({*found.inboxes, *((origin_of(each), each) for each in inboxes)}))
    )


def inboxes_of_contacts(unit: Unit, account_id: int) -> list[tuple[Origin, Iri]]:
    """Where a local account is known: its followers, those it follows, those it has mentioned."""
    return relationships.inboxes_of_contacts(unit, account_id)


def named_remotely(unit: Unit, post: Post) -> list[int]:
    """Ids of remote accounts that a post concerns beyond the author's followers.

    Those mentioned; under an open visibility also the one answered or boosted, and those who hold a copy because they
    boosted, favourited, answered or voted.
    """
    wanted = {each.account_id for each in posts.mentions(unit, [post.id])}
    if post.boost_of_id is not None:
        original = posts.find(unit, post.boost_of_id)
        if original is not None:
            wanted.add(original.account_id)
    elif post.visibility in OPEN:
        if post.in_reply_to_account_id is not None:
            wanted.add(post.in_reply_to_account_id)
        wanted.update(posts.interactor_ids(unit, post.id))
        if post.kind is PostKind.QUESTION:
            for poll in polls.of_posts(unit, [post.id]).values():
                wanted.update(polls.remote_voter_ids(unit, poll.id))
    return sorted(each.id for each in accounts.many(unit, wanted).values() if not each.local)


def of_followers(unit: Unit, account: Account) -> Recipients:
    """All remote followers of a local account: for changes of its profile, its move, its end."""
    return _recipients(unit, account.id, Visibility.FOLLOWERS, ())


def of_interaction(unit: Unit, target: Account, followers_of: Account | None = None) -> Recipients:
    """One account that is meant (followed, liked, blocked, answered a poll); with the actor's followers where given."""
    if followers_of is None:
        return _recipients(unit, 0, Visibility.DIRECT, [target.id])
    return _recipients(unit, followers_of.id, Visibility.FOLLOWERS, [target.id])


def inboxes_of_followers(unit: Unit, account_id: int) -> list[tuple[Origin, Iri]]:
    """Each shared inbox once: 500 followers on 50 instances are 50 rows."""
    return relationships.inboxes_of_followers(unit, account_id)


def _recipients(unit: Unit, author_id: int, visibility: Visibility, named: Iterable[int]) -> Recipients:
    meant = [
        account for account in accounts.many(unit, named).values() if not account.local and not account.gone
    ]
    found = dict.fromkeys((Origin(each.domain), each.shared_inbox or each.inbox) for each in meant)
    if visibility is not Visibility.DIRECT:
        found |= dict.fromkeys(inboxes_of_followers(unit, author_id))
    return Recipients(tuple(meant), tuple(sorted(found)))
