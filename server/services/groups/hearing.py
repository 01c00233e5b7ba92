"""What a group elsewhere says of members here: its words are taken in the order of their stamps, and rosters are compared.

Whoever the group does not count in loses access at once. Whoever it counts in although they have left is said to have
left once more. The group is hidden from all only where its roster could not be had for a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.domain.accounts import Account
from server.domain.groups import Membership, MembershipRole, MembershipState, Reason
from server.domain.messages import Sentence
from server.services import audit
from server.services.groups import answering, leaving, life, standing
from server.services.streams import behind
from server.store import attestations, groups, memberships, rosters, streams
from server.store.session import Unit

PATIENCE: Final = timedelta(minutes=15)
CHECK_AGAIN: Final = timedelta(minutes=1)
SOON: Final = timedelta(seconds=30)
_MEMBER = (MembershipState.ACTIVE, MembershipState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the group with what goes with it."""

    member: Account
    word: life.Word
    role: MembershipRole = MembershipRole.MEMBER
    reason: Reason = Reason.NONE


def word_of(membership: Membership, member: Account) -> Said:
    """What a group of ours says of a membership."""
    word = life.Word(membership.state, membership.join_uri, membership.stamp)
    return Said(member, word, membership.role, membership.reason)


def hear(unit: Unit, group: Account, said: Said) -> life.Heard:
    """Takes in what a group elsewhere says of a member here."""
    before = memberships.find(unit, group.id, said.member.id)
    heard = life.heard(answering.known(before), said.word)
    if heard is life.Heard.LEFT_ALREADY:
        leaving.say_again(unit, group, said.member)
    elif heard is life.Heard.NOTED and before is not None:
        standing.settle(unit, group, said.member, before.state, stamp=said.word.stamp)
    elif heard is life.Heard.REFUSED and before is not None:
        _not_renewed(unit, group, said, before)
    elif heard is life.Heard.TAKEN:
        _take(unit, group, said, before)
    return heard


def _not_renewed(unit: Unit, group: Account, said: Said, before: Membership) -> None:
    """The request is asked no more, and its member is told why. Where the group knows more than we do, its roster says what."""
    if said.word.stamp > before.stamp:
        own = unit.context.settings.origin
        rosters.moved(unit, group.id, own, 0, None)
        rosters.change(unit, group.id, own, {"check_at": unit.now})
    if before.join_uri != said.word.join_uri or before.ask_again_at is None:
        return
    memberships.change(unit, before.id, {"ask_again_at": None})
    old_rules = said.reason is Reason.RULES_CHANGED
    sentence = Sentence.RULES_CHANGED if old_rules else Sentence.RENEWAL_REFUSED
    standing.tell(unit, group, said.member, sentence, said.reason)


def _take(unit: Unit, group: Account, said: Said, before: Membership | None) -> None:
    state, reason = said.word.state, said.reason
    if state is MembershipState.ACTIVE and before is not None and not _attested(unit, before):
        # it does not know yet what we know: what is attested does not hold
        state, reason = MembershipState.SUSPENDED, before.reason or Reason.CREDENTIAL_INVALID
    same = said.word.join_uri is not None and before is not None and before.join_uri == said.word.join_uri
    answered = same and state is not MembershipState.REQUESTED
    standing.settle(
        unit,
        group,
        said.member,
        state,
        stamp=said.word.stamp,
        role=said.role.value,
        reason=reason.value,
        **({"ask_again_at": None} if answered else {}),
    )
    was = before.state if before is not None else None
    if state is MembershipState.ACTIVE:
        behind(unit, group.id)  # also where nothing was known here of an interruption that is over
    if state is MembershipState.REMOVED and reason is Reason.DISSOLVED:
        _dissolved(unit, group)
    sentence = _sentence(was, state)
    if state is MembershipState.REQUESTED and reason is Reason.INSTITUTION_NEW:
        heard_before = before is not None and before.state is state and before.reason is reason
        sentence = None if heard_before else Sentence.JOIN_ADMITTED
    if sentence is not None:
        standing.tell(unit, group, said.member, sentence, reason)


def _dissolved(unit: Unit, group: Account) -> None:
    """Each member is told of the end by the group. With the last one here the group is no more to be found here."""
    own = unit.context.settings.origin
    if not memberships.at_origin(unit, group.id, own, _MEMBER):
        groups.change(unit, group.id, {"dissolved_at": unit.now})
        rosters.change(unit, group.id, own, {"check_at": None, "failing_since": None})


def _sentence(was: MembershipState | None, now: MembershipState) -> Sentence | None:
    """What the member is told, if anything is new for them."""
    if was is now:
        return None
    was_in = was is not None and was.on_roster
    match now:
        case MembershipState.ACTIVE:
            restored = was is MembershipState.SUSPENDED
            return Sentence.MEMBERSHIP_RESTORED if restored else Sentence.JOIN_ACCEPTED
        case MembershipState.SUSPENDED:
            return Sentence.MEMBERSHIP_SUSPENDED
        case MembershipState.INVITED:
            return Sentence.INVITED
        case MembershipState.REJECTED | MembershipState.REMOVED | MembershipState.BANNED:
            return Sentence.MEMBERSHIP_ENDED if was_in else Sentence.JOIN_REFUSED
        case _:
            return None


def _attested(unit: Unit, membership: Membership) -> bool:
    if membership.attestation_id is None:
        return True
    found = attestations.find(unit, membership.attestation_id)
    return found is not None and found.holds(unit.now)


# -- rosters ---------------------------------------------------------------------------------------------


def compare(unit: Unit, group: Account, stamp: int, digest: str) -> life.Compared:
    """What came with the group's stream, against what is known here. Where they differ, the slice is fetched at once."""
    own = unit.context.settings.origin
    ours = rosters.find(unit, group.id, own)
    result = life.compared((ours.stamp, ours.digest), (stamp, digest))
    if result is life.Compared.SAME:
        if ours.check_at is not None or ours.failing_since is not None:
            reconciled(unit, group)
    elif result is not life.Compared.AHEAD and ours.check_at is None:
        rosters.moved(unit, group.id, own, 0, None)
        late = result is life.Compared.BEHIND  # its word may be on its way
        at = unit.now + SOON if late else unit.now
        failing = None if late else ours.failing_since or unit.now
        rosters.change(unit, group.id, own, {"check_at": at, "failing_since": failing})
    return result


def receive_slice(unit: Unit, group: Account, stamp: int, said: Sequence[Said]) -> int:
    """The slice of the roster that concerns this instance, fetched from the group. Answers how many lost access."""
    own = unit.context.settings.origin
    named = {one.member.id for one in said}
    lost = 0
    for membership, member in memberships.at_origin(unit, group.id, own, _MEMBER):
        if member.id not in named and membership.stamp <= stamp:
            lost += 1
            standing.settle(
                unit,
                group,
                member,
                MembershipState.REMOVED,
                stamp=stamp,
                reason=Reason.NOT_A_MEMBER.value,
            )
            standing.tell(unit, group, member, Sentence.MEMBERSHIP_ENDED, Reason.NOT_A_MEMBER)
    for one in said:
        hear(unit, group, one)
    rosters.moved(unit, group.id, own, stamp, None)
    reconciled(unit, group)
    if lost:
        audit.record(unit, "system", "group.roster", f"group:{group.id}", lost=lost)
    return lost


def reconciled(unit: Unit, group: Account) -> None:
    """Nothing is in doubt: a hidden group is shown again."""
    own = unit.context.settings.origin
    rosters.change(unit, group.id, own, {"check_at": None, "failing_since": None})
    streams.show(unit, group.id)


def slice_failed(unit: Unit, group: Account) -> bool:
    """The slice could not be had. True where the group is hidden from now on: after a quarter of an hour of trying."""
    own = unit.context.settings.origin
    ours = rosters.find(unit, group.id, own)
    since = ours.failing_since or unit.now
    rosters.change(unit, group.id, own, {"check_at": unit.now + CHECK_AGAIN, "failing_since": since})
    if unit.now - since < PATIENCE or not streams.hide(unit, group.id):
        return False
    audit.record(unit, "system", "group.hidden", f"group:{group.id}")
    for _, member in memberships.at_origin(unit, group.id, own, [MembershipState.ACTIVE]):
        standing.tell(unit, group, member, Sentence.GROUP_BEHIND)
    return True


def slices_due(unit: Unit, limit: int = 20) -> list[Account]:
    """Groups elsewhere whose roster is to be fetched now."""
    due = rosters.to_check(unit, unit.context.settings.origin, limit)
    return [group for one in due if (group := groups.account_of(unit, one.group_id)) is not None]
