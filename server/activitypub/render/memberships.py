"""What is said about memberships, as documents before they are signed: by members, and by a group of ours.

A `Relationship` is the group's word on one membership: its state, for which request, under which stamp. It is the same in
answers, in what the group says unasked, and in rosters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from federation.types import Iri, Json, JsonObject, Origin
from federation.vocab.profile import CONTEXT, PROFILE, Envelope, write_envelope
from federation.vocab.shapes import write_moment
from server.domain.accounts import Account
from server.domain.groups import Membership, Newcomer, Reason
from server.domain.openings import Opening
from server.services.groups import Said

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
RELATIONSHIP = "Relationship"


def relationship(group: Account, said: Said) -> JsonObject:
    """request: the id of the Join that the state goes back to, absent where there was none."""
    written: JsonObject = {
        "type": RELATIONSHIP,
        "subject": said.member.uri,
        "object": group.uri,
        "relationship": said.role.value,
        "state": said.word.state.value,
        "stamp": said.word.stamp,
    }
    if said.word.join_uri is not None:
        written["request"] = said.word.join_uri
    if said.reason:
        written["reason"] = said.reason.value
    return written


# -- what members say ------------------------------------------------------------------------------------


def join(member: Account, group: Account, asked: Membership, credential: JsonObject) -> JsonObject:
    """The request that stands, with what is attested of who asks."""
    assert asked.join_uri is not None
    assert asked.asked_at is not None
    said = _said(asked.join_uri, "Join", member, group, group.uri, asked.asked_at, [group.uri])
    return {**said, "instrument": credential, "rulesVersion": asked.rules_version}


def leave(uri: Iri, member: Account, group: Account, at: datetime) -> JsonObject:
    return _said(uri, "Leave", member, group, group.uri, at, [group.uri])


def invite(uri: Iri, by: Account, group: Account, invitee: Account, at: datetime) -> JsonObject:
    """A member asks the group to invite somebody."""
    return {**_said(uri, "Invite", by, group, invitee.uri, at, [group.uri]), "target": group.uri}


# -- what a group says -----------------------------------------------------------------------------------


def stated(uri: Iri, kind: str, group: Account, said: Said, about: Iri, at: datetime) -> JsonObject:
    """kind: Accept or Reject of the request `about`; Invite, Remove or Block of the person `about`."""
    written = _said(uri, kind, group, group, about, at, [said.member.uri], said.reason)
    if kind == "Invite":
        written["target"] = group.uri
    return {**written, "result": relationship(group, said)}


def let_in(uri: Iri, group: Account, said: Said, at: datetime) -> JsonObject:
    """By an open group, in the words that every server knows: the Block is taken back."""
    block = {"type": "Block", "actor": group.uri, "object": said.member.uri}
    return {**_said(uri, "Undo", group, group, group.uri, at, [said.member.uri]), "object": block}


def standing(uri: Iri, group: Account, said: Said, at: datetime) -> JsonObject:
    """A membership was interrupted, restored, or given another role."""
    word = relationship(group, said)
    return _said(uri, "Update", group, group, word, at, [said.member.uri], said.reason)


def changed(uri: Iri, group: Account, at: datetime) -> JsonObject:
    """The group's document is to be fetched anew."""
    return _said(uri, "Update", group, group, group.uri, at, [group.followers_uri or group.uri])


def offer(newcomer: Newcomer, instance: Iri, group: Account) -> JsonObject:
    """An institution is about to have its first member: instances with members tell them first. The same bytes each time."""
    to = [group.followers_uri or group.uri]
    said = _said(newcomer.offer_uri, "Offer", group, group, instance, newcomer.began_at, to)
    return {**said, "target": group.uri, "endTime": write_moment(newcomer.until_at)}


def told(uri: Iri, by: Account, group: Account, offer_uri: Iri, at: datetime) -> JsonObject:
    """By an instance: its members were told."""
    return _said(uri, "Accept", by, group, offer_uri, at, [group.uri])


def opened(uri: Iri, group: Account, opener: Account, opening: Opening, to: Account) -> JsonObject:
    """To a moderator elsewhere: one of the staff reads the group without being in it. opener: the group, where they are gone."""
    said = _said(uri, "View", group, group, opener.uri, opening.opened_at, [to.uri])
    return {**said, "target": group.uri, "endTime": write_moment(opening.until), "summary": opening.reason}


def roster(
    group: Account, host: Origin, stamp: int, digest: str, epoch: int, said: Sequence[Said]
) -> JsonObject:
    """What the group counts of one instance."""
    return {
        "@context": [ACTIVITYSTREAMS, CONTEXT],
        "id": f"{group.uri}/affiliations",
        "type": "OrderedCollection",
        "partOf": group.uri,
        "profile": PROFILE,
        "instance": host,
        "epoch": epoch,
        "stamp": stamp,
        "roster": digest,
        "orderedItems": [relationship(group, one) for one in said],
    }


def _said(
    uri: Iri,
    kind: str,
    by: Account,
    group: Account,
    about: Json,
    at: datetime,
    to: list[Iri],
    reason: Reason = Reason.NONE,
) -> JsonObject:
    document: JsonObject = {
        "@context": [ACTIVITYSTREAMS],
        "id": uri,
        "type": kind,
        "actor": by.uri,
        "object": about,
        "published": write_moment(at),
        "to": list(to),
        "audience": [group.uri],
    }
    return write_envelope(document, Envelope(content_class="notice", reason=reason.value))
