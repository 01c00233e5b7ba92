"""States of work that waits in rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from federation.types import Iri, Origin
from server.domain.holds import Verdict


class ItemState(StrEnum):
    """Of inbox items and events. PARKED: five attempts failed; shown to the administrator, never in the way."""

    WAITING = "waiting"
    HELD = "held"  # a policy wants a person's decision
    DONE = "done"
    PARKED = "parked"


class DeliveryState(StrEnum):
    """Of one activity on its way to one inbox."""

    WAITING = "waiting"
    HELD = "held"  # a policy wants a person's decision
    DONE = "done"
    PARKED = "parked"  # 401 or 403: the peer does not accept us; a person looks
    DEAD = "dead"  # gave up; "send again" is offered
    CANCELLED = "cancelled"  # trust ended, or a pause began, before it left


class EventKind(StrEnum):
    """What happened here and has effects elsewhere.

    The payload holds ids and closed words only:

    post.published, post.edited, poll.changed: post_id
    post.deleted: account_id, uri, visibility, recipients (ids), inboxes (where it was sent), both joined by spaces
    post.boosted: post_id (of the boost)
    post.unboosted: account_id, target_id (author of the original), uri (of the boost), object (uri of the original)
    post.favourited, post.unfavourited: account_id, target_id (the author), uri (of the like), object (uri of the post)
    poll.voted: account_id, target_id (the poll's author), object (uri of the poll's post), uri (of the vote), option
    follow.requested: account_id (follower), target_id, uri
    follow.accepted, follow.rejected: account_id (follower), target_id (who answers), uri (of the follow)
    follow.ended, block.made, block.ended: account_id, target_id, uri
    actor.changed, actor.deleted, actor.moved: account_id
    report.made: report_id
    trust.changed: domain, trust
    thread.parent_wanted: uri
    profile.link_named: account_id, uri (of a page that a member's profile names)

    Of groups. `group_id` is the account id of the group, here or elsewhere:

    group.changed: group_id (its document, or who is in it from where; host: only that instance is to hear of it)
    group.asked: group_id, account_id (a member here asks to join a group elsewhere; again: with the same bytes)
    group.answered: group_id, account_id, answer (accept | reject), reason, uri, verb (join | follow: what is answered)
    group.left: group_id, account_id (a member here left a group elsewhere)
    group.invited: group_id, account_id (who is invited), by_id (a member, or the group itself)
    group.ended: group_id, account_id, reason (a moderator of a group here ended a membership; banned: a Block)
    group.standing: group_id, account_id (a member elsewhere was interrupted, restored, or given another role)
    newcomer.offered: newcomer_id (a group here tells instances with members that an institution joins)
    newcomer.answered: newcomer_id (members here were told that an institution joins a group elsewhere)
    group.opened: opening_id, account_id (a moderator elsewhere hears that one of the staff here opened the group)
    group.accepted: group_activity_id (a group here took something up and distributes it)
    group.verdict: group_id, account_id (author elsewhere), uri (of the activity), answer (accept | reject), reason
    group.submitted: post_id, group_id, verb (create | update) (a member here posts to a group, here or elsewhere)
    group.withdrawn: group_id, account_id, uri (of the post), digest, verb (delete) (its author takes it back)
    group.reacted: group_id, account_id, uri (of the reaction), object_uri, verb (like | unlike | vote); of a vote
        post_id, choices, uris
    group.moderated: group_id, account_id (a moderator here), uri (of the post), verb (remove | lock | unlock |
        hide | restore | purge; who hides is any member), reason
    attestation.changed: attestation_id (made here: renewed, suspended or revoked; received: no longer holds)
    purge.asked: purge_id
    purge.forwarded: purge_id (answered: the instance of the object's author gets the receipt as well)
    purge.receipted: request (uri of the request that we answer)
    probe.sent: domain, verb (create | delete: our canary goes to a partner, and is taken back)
    probe.answered: domain, verb (accept | receipt), uri (of the activity that we answer), object_uri
    message.due: account_id (who is told), from_id (a group's or the instance's account), sentence, and its parts
    """

    POST_PUBLISHED = "post.published"
    POST_EDITED = "post.edited"
    POST_DELETED = "post.deleted"
    BOOSTED = "post.boosted"
    UNBOOSTED = "post.unboosted"
    FAVOURITED = "post.favourited"
    UNFAVOURITED = "post.unfavourited"
    VOTED = "poll.voted"
    POLL_CHANGED = "poll.changed"
    FOLLOW_REQUESTED = "follow.requested"
    FOLLOW_ACCEPTED = "follow.accepted"
    FOLLOW_REJECTED = "follow.rejected"
    FOLLOW_ENDED = "follow.ended"
    BLOCKED = "block.made"
    UNBLOCKED = "block.ended"
    ACTOR_CHANGED = "actor.changed"
    ACTOR_DELETED = "actor.deleted"
    ACTOR_MOVED = "actor.moved"
    REPORTED = "report.made"
    TRUST_CHANGED = "trust.changed"
    PARENT_WANTED = "thread.parent_wanted"
    LINK_NAMED = "profile.link_named"
    GROUP_CHANGED = "group.changed"
    GROUP_ASKED = "group.asked"
    GROUP_ANSWERED = "group.answered"
    GROUP_LEFT = "group.left"
    GROUP_INVITED = "group.invited"
    GROUP_ENDED = "group.ended"
    GROUP_STANDING = "group.standing"
    NEWCOMER_OFFERED = "newcomer.offered"
    GROUP_OPENED = "group.opened"
    NEWCOMER_ANSWERED = "newcomer.answered"
    GROUP_ACCEPTED = "group.accepted"
    GROUP_VERDICT = "group.verdict"
    GROUP_SUBMITTED = "group.submitted"
    GROUP_WITHDRAWN = "group.withdrawn"
    GROUP_REACTED = "group.reacted"
    GROUP_MODERATED = "group.moderated"
    ATTESTATION_CHANGED = "attestation.changed"
    PURGE_ASKED = "purge.asked"
    PURGE_FORWARDED = "purge.forwarded"
    PURGE_RECEIPTED = "purge.receipted"
    PROBE_SENT = "probe.sent"
    PROBE_ANSWERED = "probe.answered"
    MESSAGE_DUE = "message.due"


LOOKUP_KINDS = (EventKind.PARENT_WANTED, EventKind.LINK_NAMED)
"""For which a peer has to be asked, at the `uri` of the payload."""


class Hint(StrEnum):
    """What kind of work a commit left waiting. Losing a hint costs one sweep, never work."""

    INBOUND = "inbound"
    EVENT = "event"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One accepted activity, signature already verified."""

    id: int
    activity_id: Iri
    actor: Iri
    origin: Origin
    key_id: Iri
    digest: str
    received_at: datetime
    state: ItemState
    attempts: int
    scheme: str = "cavage"
    stream: str | None = None
    """The signed header Consilium-Stream."""
    lane: bool = False
    """It came by the way that stays open when an instance is paused or ended: purges and receipts alone."""
    verdict: Verdict | None = None
    """What a person said of it, where a rule had held it."""

    @property
    def profiled(self) -> bool:
        """Whether it came as members-only traffic must: RFC 9421, by an Ed25519 key."""
        return self.scheme == PROFILE_SCHEME


PROFILE_SCHEME = "rfc9421-ed25519"
STREAM_HEADER = "consilium-stream"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened here. payload: ids and closed words."""

    id: int
    kind: EventKind
    payload: dict[str, int | str]
    created_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One activity due at one inbox, with what sending it needs."""

    id: int
    activity_id: int
    activity_uri: Iri
    account_id: int
    destination: Origin
    inbox: Iri
    crossing: dict[str, Any]
    body: bytes
    attempts: int
    created_at: datetime
    stream: str | None = None
    """The header Consilium-Stream that goes with it."""
    profile: bool = False
    """Members-only traffic: signed with RFC 9421 and Ed25519, or not sent."""
    lane: bool = False
    """Takes something back: leaves also while the destination is paused or ended."""
    released: bool = False
    """A rule held it, and a person let it go."""
