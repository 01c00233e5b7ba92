"""What one side of a membership makes of what the other side says: pure, so that every order of messages can be tried.

The member's instance asks and leaves; its moments grow with each step, so the newest wins whatever order they come in.
The group's instance answers with a word: the whole state, under the stamp of the roster with its last change. A
member's instance takes a word only where its stamp is greater than that of the last one, so that what comes late or
twice changes nothing. What neither heals, the comparison of rosters does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.groups import MembershipState

OPEN_REQUESTS = frozenset({MembershipState.REQUESTED, MembershipState.INVITED})
_ENDED_BY_GROUP = frozenset({MembershipState.REMOVED, MembershipState.BANNED, MembershipState.REJECTED})
_ENDS = frozenset({MembershipState.REMOVED, MembershipState.BANNED})


@dataclass(frozen=True, slots=True)
class Known:
    """What a side knows of one membership. state: None where there is none yet. The rest as `Membership` has it."""

    state: MembershipState | None = None
    join_uri: str | None = None
    asked_at: datetime | None = None
    left_at: datetime | None = None
    stamp: int = 0


class Asked(StrEnum):
    """What a request is to the group's instance."""

    NEW = "new"
    RENEWAL = "renewal"  # of who is a member
    AGAIN = "again"  # of who was sent away: a person decides
    REPEATED = "repeated"  # the same request: the same answer
    SUPERSEDED = "superseded"  # older than the last leave, or than the request that stands
    BANNED = "banned"


def asked(known: Known, join_uri: str, asked_at: datetime) -> Asked:
    """A request reaches the group's instance. asked_at: by the request's own words."""
    if known.join_uri == join_uri:
        return Asked.REPEATED
    older = (known.left_at is not None and asked_at <= known.left_at) or (
        known.asked_at is not None and asked_at <= known.asked_at
    )
    if older:
        return Asked.SUPERSEDED
    if known.state is MembershipState.BANNED:
        return Asked.BANNED
    if known.state is not None and known.state.on_roster:
        return Asked.RENEWAL
    return Asked.AGAIN if known.state is MembershipState.REMOVED else Asked.NEW


def left(known: Known, left_at: datetime) -> bool:
    """A leave reaches the group's instance: whether it ends what stands there."""
    if known.state is None or (known.asked_at is not None and left_at < known.asked_at):
        return False
    return known.state.on_roster or known.state in OPEN_REQUESTS


@dataclass(frozen=True, slots=True)
class Word:
    """What the group's instance says of a membership: its state, for which request, under which stamp."""

    state: MembershipState
    join_uri: str | None
    stamp: int


class Heard(StrEnum):
    """What a word is to the member's instance."""

    TAKEN = "taken"  # the state is now that of the word
    NOTED = "noted"  # it is newer, and changes nothing: what we said meanwhile will be answered
    OLD = "old"
    LEFT_ALREADY = "left-already"  # the group has missed a leave: it is said again
    REFUSED = "refused"  # a renewal; whether the membership itself stands, the roster says


def heard(known: Known, word: Word) -> Heard:
    """A word reaches the member's instance."""
    if known.state is None:
        return Heard.TAKEN if word.state is MembershipState.INVITED else Heard.OLD
    # a request that waits takes its answer also where nothing has changed since the last word: it was refused as it came
    waits = known.state is MembershipState.REQUESTED and word.join_uri == known.join_uri
    newer = word.stamp > known.stamp or (waits and word.stamp == known.stamp)
    if known.state is MembershipState.LEFT:
        if word.state.on_roster:  # of whichever request: the leave came after all of them
            return Heard.LEFT_ALREADY
        invited = newer and word.state is MembershipState.INVITED
        return Heard.TAKEN if invited else Heard.NOTED if newer else Heard.OLD
    if known.state.on_roster and word.state is MembershipState.REJECTED:
        return Heard.REFUSED
    earlier = word.join_uri != known.join_uri and word.stamp >= known.stamp
    if known.state is MembershipState.REJECTED and word.state.on_roster and earlier:
        return Heard.LEFT_ALREADY  # the newest request was refused: what stands there of one before it ends
    if not newer:
        return Heard.OLD
    if word.state is MembershipState.INVITED:
        fresh = known.state in _ENDED_BY_GROUP or known.state is MembershipState.INVITED
        return Heard.TAKEN if fresh else Heard.NOTED
    if word.join_uri == known.join_uri:
        return Heard.TAKEN
    # about an earlier request than the one that stands here, which is a renewal where access goes on: how it stands counts
    of_member = word.state in _ENDS or word.state.on_roster
    return Heard.TAKEN if known.state.on_roster and of_member else Heard.NOTED


class Compared(StrEnum):
    """What the comparison of rosters comes to, at the member's instance."""

    SAME = "same"
    AHEAD = "ahead"  # what they say was overtaken on its way
    BEHIND = "behind"  # something has not reached us
    DIFFERENT = "different"


def compared(ours: tuple[int, str], theirs: tuple[int, str]) -> Compared:
    """Stamp and digest of both sides."""
    if ours[0] > theirs[0]:
        return Compared.AHEAD
    if ours[0] < theirs[0]:
        return Compared.BEHIND
    return Compared.SAME if ours[1] == theirs[1] else Compared.DIFFERENT
