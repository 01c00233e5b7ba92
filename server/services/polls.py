"""Polls: voting, counting, closing. One vote for each choice, one choice where the poll is not multiple.

Where it is, whoever has voted may add further choices later; nobody takes one back. It refuses votes on closed polls, on one's own, and choices that do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from federation.types import Iri, Origin
from server.core.errors import Invalid, NotFound
from server.domain.accounts import Account
from server.domain.notifications import NotificationKind
from server.domain.posts import Poll, PollOption, Post
from server.domain.viewers import Member, Peer, Viewer
from server.domain.work import EventKind
from server.services import addresses, events, notifications
from server.store import accounts, memberships, posts
from server.store import polls as rows
from server.store.session import Unit

MAX_OPTIONS = 8
MAX_OPTION_LENGTH = 100
SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll to be."""

    options: tuple[str, ...]
    expires_in: timedelta
    multiple: bool = False
    hide_totals: bool = False


class Voted(StrEnum):
    """What a received vote came to."""

    COUNTED = "counted"
    REPEATED = "repeated"
    CLOSED = "closed"
    REFUSED = "refused"


def check(draft: PollDraft) -> PollDraft:
    """The draft with trimmed options. Raises Invalid."""
    options = tuple(option.strip() for option in draft.options)
    if any(not option for option in options):
        raise Invalid("A choice of a poll cannot be empty")
    if len(options) < 2:
        raise Invalid("A poll needs at least two choices")
    if len(options) > MAX_OPTIONS:
        raise Invalid("A poll has at most %(most)s choices", most=MAX_OPTIONS)
    if len({option.casefold() for option in options}) != len(options):
        raise Invalid("The choices of a poll must differ")
    if any(len(option) > MAX_OPTION_LENGTH for option in options):
        raise Invalid("A choice has at most %(most)s characters", most=MAX_OPTION_LENGTH)
    if draft.expires_in < SHORTEST:
        raise Invalid("A poll lasts at least five minutes")
    if draft.expires_in > LONGEST:
        raise Invalid("A poll lasts at most %(days)s days", days=LONGEST.days)
    return PollDraft(options, draft.expires_in, draft.multiple, draft.hide_totals)


def add(unit: Unit, post_id: int, draft: PollDraft) -> None:
    """draft: checked."""
    rows.add(
        unit,
        {
            "id": unit.new_id(),
            "post_id": post_id,
            "options": [[option, 0] for option in draft.options],
            "multiple": draft.multiple,
            "hide_totals": draft.hide_totals,
            "expires_at": unit.now + draft.expires_in,
        },
    )


def closed(poll: Poll, now: datetime) -> bool:
    return poll.closed_at is not None or (poll.expires_at is not None and poll.expires_at <= now)


def get(unit: Unit, viewer: Viewer, poll_id: int) -> tuple[Poll, Post]:
    """With the post that asks. Raises NotFound where the viewer may not see it."""
    poll = rows.find(unit, poll_id)
    post = None if poll is None else posts.visible(unit, viewer, (poll.post_id,)).get(poll.post_id)
    if poll is None or post is None:
        raise NotFound
    return poll, post


def find(unit: Unit, post_id: int) -> Poll | None:
    """The poll of a known post. Never for an answer to somebody."""
    return rows.of_posts(unit, [post_id]).get(post_id)


def own_votes(unit: Unit, account_id: int, poll_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    return rows.own_votes(unit, account_id, poll_ids)


def vote(unit: Unit, by: Account, poll_id: int, choices: Sequence[int]) -> tuple[Poll, Post]:
    """A member votes. Raises NotFound, Invalid."""
    get(unit, Member(by.id), poll_id)
    poll = rows.lock(unit, poll_id)
    assert poll is not None
    post = posts.find(unit, poll.post_id)
    assert post is not None
    wanted = sorted(set(choices))
    if post.account_id == by.id:
        raise Invalid("You cannot vote in your own poll")
    if closed(poll, unit.now):
        raise Invalid("The poll has already ended")
    if not wanted or any(not 0 <= choice < len(poll.options) for choice in wanted):
        raise Invalid("The chosen vote option does not exist")
    if len(wanted) > 1 and not poll.multiple:
        raise Invalid("This poll takes one choice")
    before = rows.own_votes(unit, by.id, [poll_id]).get(poll_id, ())
    fresh = [choice for choice in wanted if choice not in before]
    if not fresh or (before and not poll.multiple):
        raise Invalid("You have already voted on this poll")
    uris = [addresses.new_activity(unit) for _ in fresh]
    for choice, uri in zip(fresh, uris, strict=True):
        rows.add_vote(unit, poll_id, by.id, choice, uri)
    if counts_here(unit, post):
        _recount(unit, poll, post)
    else:
        # its own instance counts; until it tells, the voter sees the vote
        options = [PollOption(o.title, o.votes + (n in fresh)) for n, o in enumerate(poll.options)]
        rows.tally(unit, poll_id, options, poll.voters_count + (not before))
        posts.touch(unit, post.id)
        kind = EventKind.VOTED if post.group_id is None else EventKind.GROUP_REACTED
        confined: dict[str, int | str] = (
            {} if post.group_id is None else {"group_id": post.group_id, "verb": "vote"}
        )
        events.happened(
            unit,
            kind,
            **confined,
            account_id=by.id,
            target_id=post.account_id,
            post_id=post.id,
            poll_id=poll_id,
            choices=" ".join(map(str, fresh)),
            uris=" ".join(uris),
        )
    return get(unit, Member(by.id), poll_id)


def counts_here(unit: Unit, post: Post) -> bool:
    """A poll is counted where its author lives; in a members-only group where the group does."""
    if post.group_id is None:
        return post.local
    group = accounts.find(unit, post.group_id)
    return group is not None and group.local


def receive_vote(unit: Unit, voter: Account, post: Post, choices: Sequence[str], uri: Iri) -> Voted:
    """choices: titles. Refused where the voter's instance may not see the post, or it is not counted here."""
    profiled = post.group_id is not None
    if post.id not in posts.visible(unit, Peer(Origin(voter.domain), profiled=profiled), (post.id,)):
        return Voted.REFUSED
    if post.group_id is not None and not memberships.is_active(unit, post.group_id, voter.id):
        return Voted.REFUSED
    found = rows.of_posts(unit, [post.id]).get(post.id)
    poll = None if found is None else rows.lock(unit, found.id)
    if poll is None or not counts_here(unit, post) or not choices:
        return Voted.REFUSED
    if closed(poll, unit.now):
        return Voted.CLOSED
    numbers = {option.title: number for number, option in enumerate(poll.options)}
    wanted = [numbers.get(choice) for choice in choices]
    if None in wanted:
        return Voted.REFUSED
    before = rows.own_votes(unit, voter.id, [poll.id]).get(poll.id, ())
    fresh = [choice for choice in dict.fromkeys(wanted) if choice is not None and choice not in before]
    if not fresh:
        return Voted.REPEATED
    if not poll.multiple and (before or len(fresh) > 1):
        return Voted.REFUSED
    for choice in fresh:
        rows.add_vote(unit, poll.id, voter.id, choice, uri)
    _recount(unit, poll, post)
    return Voted.COUNTED


def _recount(unit: Unit, poll: Poll, post: Post) -> None:
    counts, voters = rows.counts(unit, poll.id)
    options = [PollOption(option.title, counts.get(n, 0)) for n, option in enumerate(poll.options)]
    rows.tally(unit, poll.id, options, voters)
    posts.touch(unit, post.id)
    events.happened(unit, EventKind.POLL_CHANGED, post_id=post.id, poll_id=poll.id)


def close_due(unit: Unit, most: int = 50) -> int:
    """Closes polls whose time is over: those who voted, and a local author, are told. Answers how many."""
    found = rows.due(unit, unit.now, most)
    for poll, author_id, local in found:
        rows.change(unit, poll.id, {"closed_at": unit.now})
        posts.touch(unit, poll.post_id)
        post = posts.find(unit, poll.post_id)
        assert post is not None
        concerned = {*rows.local_voters(unit, poll.id), *((author_id,) if local else ())}
        notifications.notify(unit, concerned, NotificationKind.POLL, author_id, post)
        if counts_here(unit, post):
            events.happened(unit, EventKind.POLL_CHANGED, post_id=post.id, poll_id=poll.id)
    return len(found)
