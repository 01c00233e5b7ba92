"""Memberships as they leave: what members here ask of groups elsewhere, and what groups of ours say of members elsewhere.

Everything is signed by who says it, asked of the policy, and sent as members-only traffic must be. The refusal of a stranger alone
goes as ordinary traffic, since whoever is no partner may not understand more. A request leaves again with the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from federation.iri import origin_of
from federation.types import Iri, JsonObject, Origin
from federation.vocab import codec
from server.activitypub import signing
from server.activitypub.render import memberships as render
from server.activitypub.render import relationships as render_relations
from server.domain.accounts import Account
from server.domain.boundary import Action, AuthorRole, ContentClass, ContentForm, Tier
from server.domain.groups import Membership, MembershipState, Reason
from server.domain.work import Event
from server.services import boundary, groups
from server.services.accounts import get_instance_actor
from server.services.boundary import Crossing
from server.services.groups import Said, Word
from server.store import accounts, attestations, memberships, newcomers, openings, work
from server.store import groups as group_rows
from server.store.session import Unit

RELATION, REMOVAL = ContentForm.RELATION, ContentForm.REMOVAL


# -- what members here say -------------------------------------------------------------------------------


def asked(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, again. Nothing leaves of a request that was answered, or taken back."""
    found = _concerned(unit, event)
    standing = None if found is None else memberships.find(unit, found[0].id, found[1].id)
    if found is None or standing is None or standing.join_uri is None or standing.ask_again_at is None:
        return
    group, member = found
    if group.local or not (standing.state.on_roster or standing.state is MembershipState.REQUESTED):
        return
    credential = None if standing.attestation_id is None else attestations.find(unit, standing.attestation_id)
    if credential is None:
        return
    document = render.join(member, group, standing, msgspec.json.decode(credential.document))
    _leaves(unit, member, group, document, [group], RELATION, again_as_at=standing.asked_at)


def left(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, again."""
    found = _concerned(unit, event)
    standing = None if found is None else memberships.find(unit, found[0].id, found[1].id)
    if found is None or standing is None or standing.left_at is None or found[0].local:
        return
    group, member = found
    document = render.leave(_id(unit, event), member, group, standing.left_at)
    _leaves(unit, member, group, document, [group], REMOVAL)


# -- what groups of ours say, and members here through a group elsewhere ---------------------------------


def invited(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id (who is invited), by_id (a member, or the group itself)."""
    found = _concerned(unit, event)
    if found is None:
        return
    group, invitee = found
    if group.local:
        _state(unit, event, "Invite", group, invitee)
        return
    by = accounts.find(unit, int(event.payload["by_id"]))
    if by is not None and by.local:
        document = render.invite(_id(unit, event), by, group, invitee, event.created_at)
        _leaves(unit, by, group, document, [group], RELATION)


def answered(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, answer (accept | reject), reason, uri, verb (join | follow: what is answered)."""
    found = _concerned(unit, event)
    if found is None or found[1].local:
        return
    group, member = found
    uri, reason = Iri(str(event.payload["uri"])), Reason(str(event.payload["reason"]))
    if event.payload["verb"] == groups.FOLLOW:
        _refuse_follow(unit, event, group, member, uri)
        return
    standing = memberships.find(unit, group.id, member.id)
    if standing is not None and standing.join_uri == uri:
        said = groups.word_of(standing, member)
        if standing.state in {MembershipState.REQUESTED, MembershipState.LEFT, MembershipState.INVITED}:
            return  # overtaken: what stands now will be answered
    else:
        said = Said(member, Word(MembershipState.REJECTED, uri, _stamp(unit, group, standing)), reason=reason)
    kind = "Accept" if said.word.state.on_roster else "Reject"
    document = render.stated(_id(unit, event), kind, group, said, uri, event.created_at)
    _leaves(unit, group, group, document, [member], RELATION)


def _stamp(unit: Unit, group: Account, standing: Membership | None) -> int:
    """Under which a request is refused that changes nothing."""
    if standing is not None:
        return standing.stamp
    record = group_rows.find(unit, group.id)
    return record.stamp if record is not None else 0


def _refuse_follow(unit: Unit, event: Event, group: Account, member: Account, uri: Iri) -> None:
    """In the words that every server knows."""
    said = render_relations.answer("Reject", _id(unit, event), uri, member, group)
    _leaves(unit, group, None, codec.encode(said), [member], RELATION)


def ended(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id, reason (banned: a Block)."""
    found = _concerned(unit, event)
    if found is not None:
        _state(
            unit,
            event,
            "Block" if event.payload["reason"] == Reason.BANNED.value else "Remove",
            *found,
        )


def standing_changed(unit: Unit, event: Event) -> None:
    """payload: group_id, account_id."""
    found = _concerned(unit, event)
    standing = None if found is None else memberships.find(unit, found[0].id, found[1].id)
    if found is None or standing is None or found[1].local:
        return
    group, member = found
    said = groups.word_of(standing, member)
    record = group_rows.find(unit, group.id)
    if record is not None and record.access.members_only:
        document = render.standing(_id(unit, event), group, said, event.created_at)
        _leaves(unit, group, group, document, [member], RELATION)
    elif standing.state is MembershipState.REMOVED:  # in an open one: excluded no more
        document = render.let_in(_id(unit, event), group, said, event.created_at)
        _leaves(unit, group, group, document, [member], RELATION)


def _state(unit: Unit, event: Event, kind: str, group: Account, member: Account) -> None:
    standing = memberships.find(unit, group.id, member.id)
    if standing is None or member.local:
        return
    document = render.stated(
        _id(unit, event), kind, group, groups.word_of(standing, member), member.uri, event.created_at
    )
    _leaves(unit, group, group, document, [member], RELATION if kind == "Invite" else REMOVAL)


def changed(unit: Unit, event: Event) -> None:
    """payload: group_id, host where only one is told. Each instance with members fetches the document anew."""
    group = group_rows.account_of(unit, int(event.payload["group_id"]))
    if group is None or not group.local:
        return
    record = group_rows.find(unit, group.id)
    if record is None or not record.access.members_only:
        return
    document = render.changed(_id(unit, event), group, event.created_at)
    only = event.payload.get("host")
    inboxes = [each for each in memberships.inboxes(unit, group.id) if only in {None, each[0]}]
    _send(unit, group, document, inboxes, _crossing(unit, group, group, RELATION), profile=True)


# -- an institution that is about to join ----------------------------------------------------------------


def offered(unit: Unit, event: Event) -> None:
    """payload: newcomer_id. To each instance with members that has not answered, in the same bytes each time."""
    newcomer = newcomers.find(unit, int(event.payload["newcomer_id"]))
    group = None if newcomer is None else accounts.find(unit, newcomer.group_id)
    if newcomer is None or newcomer.ended_at is not None or group is None or not group.local:
        return
    silent = set(groups.silent_hosts(unit, newcomer.id))
    inboxes = [(host, inbox) for host, inbox in memberships.inboxes(unit, group.id) if host in silent]
    instance = Iri(f"{unit.context.settings.scheme}://{newcomer.host}/actor")
    document = render.offer(newcomer, instance, group)
    crossing = _crossing(unit, group, group, RELATION)
    _send(unit, group, document, inboxes, crossing, profile=True, again_as_at=newcomer.began_at)


def told(unit: Unit, event: Event) -> None:
    """payload: newcomer_id. The instance says that its members were told."""
    newcomer = newcomers.find(unit, int(event.payload["newcomer_id"]))
    group = None if newcomer is None else accounts.find(unit, newcomer.group_id)
    if newcomer is None or group is None or group.local:
        return
    own = get_instance_actor(unit)
    document = render.told(_id(unit, event), own, group, newcomer.offer_uri, event.created_at)
    inbox = group.shared_inbox or group.inbox
    facts = boundary.group_facts(unit, group.id)
    crossing = Crossing(RELATION, ContentClass.NOTICE, author=AuthorRole.INSTANCE, group=facts)
    _send(unit, own, document, [(origin_of(inbox), inbox)], crossing, profile=True)


# -- in an emergency --------------------------------------------------------------------------------------


def opened(unit: Unit, event: Event) -> None:
    """payload: opening_id, account_id (a moderator elsewhere). Who, why and until when; nothing of what is said there."""
    opening = openings.find(unit, int(event.payload["opening_id"]))
    moderator = accounts.find(unit, int(event.payload["account_id"]))
    known = {} if opening is None else accounts.many(unit, [opening.group_id, opening.account_id])
    group = None if opening is None else known.get(opening.group_id)
    if opening is None or moderator is None or moderator.local or group is None or not group.local:
        return
    opener = known.get(opening.account_id)
    document = render.opened(_id(unit, event), group, group if opener is None else opener, opening, moderator)
    _leaves(unit, group, group, document, [moderator], RELATION)


# -- what these share ------------------------------------------------------------------------------------


def _leaves(
    unit: Unit,
    by: Account,
    group: Account | None,
    document: JsonObject,
    to: Iterable[Account],
    form: ContentForm,
    again_as_at: datetime | None = None,
) -> None:
    """again_as_at: it may have left before, signed at this moment, and leaves again as it was. group: whose members-only traffic it is; None for what strangers are told; what an open group says is for ordinary software."""
    inboxes = [(origin_of(inbox), inbox) for inbox in (one.shared_inbox or one.inbox for one in to)]
    record = None if group is None else group_rows.find(unit, group.id)
    if group is None or record is None or not record.access.members_only:
        _send(unit, by, document, inboxes, boundary.RELATION, profile=False)
        return
    # who is refused as a stranger may be told so; nothing else reaches anybody but partners
    partners = all(boundary.tier_of(unit, origin) is Tier.T2 for origin, _ in inboxes)
    refusal = document["type"] == "Reject"
    crossing = boundary.RELATION if refusal and not partners else _crossing(unit, group, by, form)
    profile = partners or not refusal
    _send(unit, by, document, inboxes, crossing, profile=profile, again_as_at=again_as_at)


def _send(
    unit: Unit,
    by: Account,
    document: JsonObject,
    inboxes: Iterable[tuple[Origin, Iri]],
    crossing: Crossing,
    *,
    profile: bool,
    again_as_at: datetime | None = None,
) -> None:
    wanted = list(inboxes)
    uri = str(document["id"])
    decided = boundary.decide_for_all(
        unit, Action.DELIVER, [origin for origin, _ in wanted], crossing, subject=uri
    )
    allowed = [(origin, inbox) for origin, inbox in wanted if decided[origin].allowed]
    if not allowed:
        return
    row_id = work.add_activity(
        unit,
        uri=uri,
        kind=str(document["type"]),
        account_id=by.id,
        post_id=None,
        crossing=crossing.record(),
        body=msgspec.json.encode(signing.signed(unit, by.id, document, again_as_at)),
    )
    if again_as_at is not None:
        work.forget_ended(unit, row_id)
    work.add_deliveries(unit, row_id, allowed, profile=profile)


def _crossing(unit: Unit, group: Account, by: Account, form: ContentForm) -> Crossing:
    return boundary.in_group(unit, group.id, by.id, ContentClass.NOTICE, form=form)


def _concerned(unit: Unit, event: Event) -> tuple[Account, Account] | None:
    group = accounts.find(unit, int(event.payload["group_id"]))
    member = accounts.find(unit, int(event.payload["account_id"]))
    if group is None or member is None or group_rows.find(unit, group.id) is None:
        return None
    return group, member


def _id(unit: Unit, event: Event) -> Iri:
    """The same for the same event, however often it is planned."""
    return Iri(f"{unit.context.settings.base}/activities/{event.id}")
