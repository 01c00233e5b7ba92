"""Memberships on the wire: requests to groups of ours, and the words of groups elsewhere about members here.

A request is proven by its sender's own key, and judged with the credential that it carries; a word of a group by the group's
key. Only what came as the profile demands counts; who is no partner is refused in one answer, and of a secret group hears nothing.
"""

from __future__ import annotations

from typing import Any

from federation.errors import Malformed, SignatureInvalid
from federation.iri import find_iri, origin_of
from federation.keys import PublicKey
from federation.types import Iri, JsonObject
from federation.vocab.actors import Actor
from federation.vocab.base import id_of
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, Wanted
from server.activitypub.handlers.groups import announced, said
from server.domain.accounts import Account, AccountKind
from server.domain.boundary import AuthorRole, ContentClass, ContentForm, Tier
from server.domain.groups import MembershipRole, MembershipState, Reason
from server.services import boundary, groups, partners, remote_accounts, streams, trials
from server.services.boundary import Crossing
from server.services.groups import Asked, Heard, Said, Word
from server.store import accounts
from server.store.session import Unit

RELATIONSHIP = "Relationship"
ASKED = {
    Asked.NEW: Applied.APPLIED,
    Asked.RENEWAL: Applied.APPLIED,
    Asked.AGAIN: Applied.APPLIED,
    Asked.REPEATED: Applied.DUPLICATE,
    Asked.SUPERSEDED: Applied.STALE,
    Asked.BANNED: Applied.DENIED,
}
HEARD = {
    Heard.TAKEN: Applied.APPLIED,
    Heard.NOTED: Applied.IGNORED,
    Heard.OLD: Applied.STALE,
    Heard.LEFT_ALREADY: Applied.IGNORED,
    Heard.REFUSED: Applied.APPLIED,
}


# -- to a group of ours ----------------------------------------------------------------------------------


def verify_nothing(_arrived: Arrived) -> None:
    """Who is no partner is answered, however the request was signed; `join` looks at what it may believe."""


def crossing_of_join(unit: Unit, arrived: Arrived) -> Crossing:
    """With what the credential says of who asks; whether it is true is judged afterwards."""
    credential = arrived.document.get("instrument")
    subject = credential.get("credentialSubject") if isinstance(credential, dict) else None
    stated: dict[str, Any] = subject if isinstance(subject, dict) else {}
    level, profession = stated.get("level"), stated.get("profession")
    return Crossing(
        ContentForm.RELATION,
        ContentClass.NOTICE,
        author=AuthorRole.MEMBER,
        group=boundary.group_facts(unit, arrived.group.account.id),
        level=level if isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 4 else 0,
        profession=profession[:64] if isinstance(profession, str) else "",
        pseudonymous=stated.get("pseudonymous") is True,
    )


def join(unit: Unit, arrived: Arrived) -> Applied:
    member, group = arrived.actor, arrived.group.account
    if member.kind is not AccountKind.PERSON or id_of(arrived.activity.object) != group.uri:
        return Applied.IGNORED
    asked_at, rules = arrived.activity.published, arrived.document.get("rulesVersion")
    if asked_at is None or isinstance(rules, bool) or not isinstance(rules, int) or not 0 <= rules < 2**31:
        raise Malformed("join-shape")
    partner = partners.find(unit, arrived.origin)
    believed = arrived.profiled and boundary.tier_of(unit, arrived.origin) is Tier.T2
    if believed:
        said.envelope_of(arrived)
    assert arrived.activity.id is not None
    request = groups.Request(
        uri=arrived.activity.id,
        member=member,
        group=group,
        asked_at=asked_at,
        rules_version=rules,
        credential=arrived.document.get("instrument"),
        partner=believed,
        key=_proven_by(unit, arrived),
        pinned=partner.key if partner is not None else "",
    )
    try:
        return ASKED[groups.receive_join(unit, request)]
    except groups.NoSuchGroup:
        return Applied.NOT_OURS


def refused(unit: Unit, arrived: Arrived) -> None:
    """Policy said no, as it does to whoever is no partner."""
    partner = boundary.tier_of(unit, arrived.origin) is Tier.T2
    _turn_away(unit, arrived, Reason.POLICY if partner else Reason.NOT_A_PARTNER)


def refused_follow(unit: Unit, arrived: Arrived) -> None:
    _turn_away(unit, arrived, Reason.BARE_FOLLOW)


def follow(unit: Unit, arrived: Arrived) -> Applied:
    """One does not follow such a group: a bare Follow is refused at once, never left pending."""
    _turn_away(unit, arrived, Reason.BARE_FOLLOW)
    return Applied.DENIED


def _turn_away(unit: Unit, arrived: Arrived, reason: Reason) -> None:
    assert arrived.activity.id is not None
    group = arrived.group
    groups.stranger(unit, group.group, group.account, arrived.actor, arrived.activity.id, reason)


def crossing_of_leave(unit: Unit, arrived: Arrived) -> Crossing:
    group, actor = arrived.group.account, arrived.actor
    return boundary.in_group(unit, group.id, actor.id, ContentClass.NOTICE, form=ContentForm.REMOVAL)


def leave(unit: Unit, arrived: Arrived) -> Applied:
    if not _proven_by(unit, arrived):
        raise SignatureInvalid("proof-of-member")
    if id_of(arrived.activity.object) != arrived.group.account.uri or arrived.activity.published is None:
        raise Malformed("leave-shape")
    done = groups.receive_leave(unit, arrived.group.account, arrived.actor, arrived.activity.published)
    return Applied.APPLIED if done else Applied.STALE


def crossing_of_invite(unit: Unit, arrived: Arrived) -> Crossing:
    group, actor = arrived.group.account, arrived.actor
    return boundary.in_group(unit, group.id, actor.id, ContentClass.NOTICE, form=ContentForm.RELATION)


def invite(unit: Unit, arrived: Arrived) -> Applied:
    """A member asks the group to invite somebody, who may live anywhere that is allowed here."""
    if not _proven_by(unit, arrived):
        raise SignatureInvalid("proof-of-member")
    iri = id_of(arrived.activity.object)
    if iri is None or id_of(arrived.activity.target) != arrived.group.account.uri:
        raise Malformed("invite-shape")
    invitee = account_of(unit, arrived, iri)
    if invitee is None:
        return Applied.UNAVAILABLE
    groups.invite(unit, arrived.actor, arrived.group.account, invitee)
    return Applied.APPLIED


def account_of(unit: Unit, arrived: Arrived, iri: Iri) -> Account | None:
    """Somebody who is named: known, or fetched once. None where nobody can be had. Raises Wanted."""
    known = accounts.find_by_uri(unit, iri)
    if known is not None or iri in arrived.missing:
        return known
    found = arrived.fetched.get(iri)
    if found is None:
        raise Wanted(Kind.ACTOR, iri)
    return remote_accounts.receive(unit, found) if isinstance(found, Actor) else None


def _proven_by(unit: Unit, arrived: Arrived) -> str:
    """The Multikey of its sender that the document is proven by; empty where none fits."""
    if not arrived.profiled:
        return ""
    for one in accounts.keys(unit, arrived.actor.id):
        if one.algorithm == "ed25519" and one.retired_at is None:
            key = PublicKey.from_der(one.public).to_multibase()
            if signing.fits(arrived.document, key, unit.now):
                return key
    return ""


# -- from a group elsewhere ------------------------------------------------------------------------------


def is_word(arrived: Arrived) -> bool:
    """Whether a group says something of a membership."""
    return _relationship(arrived) is not None


def word(unit: Unit, arrived: Arrived) -> Applied:
    """What a group elsewhere says of a member here."""
    check_group(unit, arrived)
    document = _relationship(arrived)
    found = None if document is None else read(unit, arrived.group.account, document)
    if found is None:
        return Applied.NOT_OURS
    heard = groups.hear(unit, arrived.group.account, found)
    if heard is Heard.TAKEN and found.reason is Reason.DISSOLVED:
        trials.end_theirs(unit, arrived.group.account)
    return HEARD[heard]


def _relationship(arrived: Arrived) -> JsonObject | None:
    for name in ("result", "object"):
        found = arrived.document.get(name)
        if isinstance(found, dict) and found.get("type") == RELATIONSHIP:
            return found
    return None


def read(unit: Unit, group: Account, document: JsonObject) -> Said | None:
    """One word on one membership; None where it is not about a member here. Raises Malformed."""
    subject, request, stamp = document.get("subject"), document.get("request"), document.get("stamp")
    if document.get("object") != group.uri or not isinstance(subject, str):
        raise Malformed("relationship-shape")
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 <= stamp < 2**53:
        raise Malformed("relationship-shape")
    if request is not None and not isinstance(request, str):
        raise Malformed("relationship-shape")
    state, role = document.get("state"), document.get("relationship")
    if state not in set(MembershipState) or role not in set(MembershipRole):
        raise Malformed("relationship-shape")
    iri = find_iri(subject)
    member = None if iri is None else accounts.find_by_uri(unit, iri)
    if member is None or not member.local or member.gone:
        return None
    reason = document.get("reason", "")
    return Said(
        member,
        Word(MembershipState(state), request, stamp),
        MembershipRole(role),
        Reason(reason) if reason in set(Reason) else Reason.NONE,
    )


def accept(unit: Unit, arrived: Arrived) -> Applied:
    """Of a request to join, or of what a member posted."""
    if is_word(arrived):
        return word(unit, arrived)
    return announced.accepted(unit, arrived) or Applied.NOT_OURS


def reject(unit: Unit, arrived: Arrived) -> Applied:
    if is_word(arrived):
        return word(unit, arrived)
    return announced.rejected(unit, arrived) or Applied.NOT_OURS


def update(unit: Unit, arrived: Arrived) -> Applied:
    """Of a membership, of the group's own document, or of the tally of a poll."""
    if is_word(arrived):
        return word(unit, arrived)
    if id_of(arrived.activity.object) != arrived.group.account.uri:
        return announced.update(unit, arrived)
    group = arrived.group.account
    if streams.position(unit, group) is not None:
        streams.behind(unit, group.id)  # a group that was restored says so in this way
    return known(unit, arrived)


def remove(unit: Unit, arrived: Arrived) -> Applied:
    """A member, or a post."""
    return word(unit, arrived) if is_word(arrived) else announced.moderated(unit, arrived)


def known(_unit: Unit, arrived: Arrived) -> Applied:
    """The group's document is fetched anew."""
    uri = arrived.actor.uri
    if uri in arrived.missing:
        return Applied.UNAVAILABLE
    if uri not in arrived.fetched:
        raise Wanted(Kind.GROUP, uri)
    return Applied.APPLIED


def introduced(unit: Unit, arrived: Arrived) -> Applied:
    """An invitation by a group that is not known here: its document is fetched, and then the group is heard."""
    partner = boundary.tier_of(unit, origin_of(arrived.actor.uri)) is Tier.T2
    if arrived.actor.kind is not AccountKind.GROUP or not arrived.profiled or not partner:
        return Applied.IGNORED
    known(unit, arrived)
    return Applied.IGNORED  # its document was no document of such a group


def check_group(unit: Unit, arrived: Arrived) -> None:
    """The group signed it, with the key that its document gives; the document is asked for once more. Raises SignatureInvalid."""
    said.envelope_of(arrived)
    if signing.fits(arrived.document, arrived.group.group.key, unit.now):
        return
    known(unit, arrived)
    raise SignatureInvalid("proof-of-group")
