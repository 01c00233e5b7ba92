"""What a members-only group elsewhere distributes: believed by the proofs that came with it, without asking anybody.

The request and the outer activity are signed by the group; the inner one by the key in its author's credential, which the group sends
along; the credential by the author's instance, whose key the group's document lists and which must equal our own pin where we
hold one. Whatever else the group says, verdicts, removals, tallies, it signs itself.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from federation.errors import Malformed, OriginMismatch, SignatureInvalid
from federation.iri import origin_of, parse_handle, same_origin
from federation.keys import PublicKey
from federation.types import Iri, JsonObject, Origin
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.objects import Question
from federation.vocab.profile import Envelope
from federation.vocab.stream import read_mark
from server.activitypub import signing
from server.activitypub.handlers.arrived import Applied, Arrived, Kind, Wanted
from server.activitypub.handlers.groups import said
from server.core.errors import Conflict
from server.domain.accounts import Account
from server.domain.boundary import AuthorRole, ContentClass, ContentForm, GroupFacts
from server.domain.groups import Reason
from server.domain.posts import Post, Standing
from server.services import groups, incidents, remote_accounts, retention, streams, verification
from server.services.boundary import Crossing
from server.services.posts import group_life, receive_confined, receive_reactions, visible
from server.services.posts.confined import Place
from server.services.posts.delete import Deleted
from server.services.posts.receive import Edited, Received
from server.services.posts.receive_reactions import Reacted
from server.services.verification import Flaw
from server.store import accounts, partners, work
from server.store.session import Unit

RULES = re.compile(r"[a-z0-9][a-z0-9._ -]{0,119}", re.ASCII)
FORMS = {
    "Create": ContentForm.GROUP,
    "Update": ContentForm.GROUP,
    "Delete": ContentForm.REMOVAL,
    "Undo": ContentForm.REMOVAL,
}
RECEIVED = {
    Received.CREATED: Applied.APPLIED,
    Received.DUPLICATE: Applied.DUPLICATE,
    Received.TOMBSTONED: Applied.TOMBSTONED,
    Received.IRRELEVANT: Applied.IGNORED,
}
EDITED = {
    Edited.EDITED: Applied.APPLIED,
    Edited.TALLIED: Applied.DUPLICATE,
    Edited.STALE: Applied.STALE,
    Edited.UNKNOWN: Applied.NOT_OURS,
    Edited.NOT_OWNER: Applied.IGNORED,
}
DELETED = {
    Deleted.DELETED: Applied.APPLIED,
    Deleted.UNKNOWN: Applied.TOMBSTONED,
    Deleted.NOT_OWNER: Applied.IGNORED,
}


VERBS = {
    ("Remove", ""): "remove",
    ("Lock", ""): "lock",
    ("Undo", "Lock"): "unlock",
    ("Flag", ""): "hide",
    ("Undo", "Flag"): "restore",
}
"""By type, and by what is undone."""


def verify(arrived: Arrived) -> None:
    said.envelope_of(arrived)


def crossing(unit: Unit, arrived: Arrived) -> Crossing:
    """Of what a member said, with what its credential states; the proofs are checked before anything has an effect.

    Where it stands in the group's stream is noted here, whatever is decided: what is refused shows no gap, and is noted by the gate.
    """
    group = arrived.group.account
    if arrived.stream is not None:
        with suppress(Malformed):
            mark = read_mark(arrived.stream)
            if mark.group == group.uri:
                streams.heard(unit, group, mark)
                if mark.roster:
                    groups.compare(unit, group, mark.stamp, mark.roster)
    inner = arrived.activity.object
    envelope = said.envelope_of(arrived)
    record = arrived.group.group
    facts = GroupFacts(group.uri, record.access, record.specialty)
    if arrived.activity.type != "Announce" or not isinstance(inner, Activity):
        return Crossing(ContentForm.REMOVAL, ContentClass.NOTICE, author=AuthorRole.GROUP, group=facts)
    subject = _subject(envelope)
    form = FORMS.get(inner.type, ContentForm.REACTION)
    worded = form is ContentForm.GROUP
    level, profession = subject.get("level"), subject.get("profession")
    return Crossing(
        form,
        said.declared(envelope) if worded else ContentClass.NOTICE,
        said.kinds_of(inner),
        said.language_of(inner),
        AuthorRole.MEMBER,
        facts,
        level if isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 4 else 0,
        profession[:64] if isinstance(profession, str) else "",
        subject.get("pseudonymous") is True,
        record.introduced or form is ContentForm.REMOVAL,
    )


def author_origin(arrived: Arrived) -> Origin | None:
    """Whose content it is: the policy looks at that instance as well."""
    inner = arrived.activity.object
    return origin_of(inner.actor) if isinstance(inner, Activity) else None


def _subject(envelope: Envelope) -> dict[str, Any]:
    credential = envelope.credential or {}
    subject = credential.get("credentialSubject")
    return subject if isinstance(subject, dict) else {}


def _check_group(unit: Unit, arrived: Arrived) -> None:
    """The group signed it. Raises SignatureInvalid."""
    if not signing.fits(arrived.document, arrived.group.group.key, unit.now):
        raise SignatureInvalid("proof-of-group")


# -- what members said -----------------------------------------------------------------------------------


def announce(unit: Unit, arrived: Arrived) -> Applied:
    _check_group(unit, arrived)
    inner, document = arrived.activity.object, arrived.document.get("object")
    if not isinstance(inner, Activity) or not isinstance(document, dict) or inner.id is None:
        raise Malformed("inner-activity")
    if not same_origin(inner.id, inner.actor):
        raise OriginMismatch("inner-id-of-another-origin")
    group, envelope = arrived.group.account, said.envelope_of(arrived)
    said.check_addressed(inner, group)
    author = _author(unit, arrived, inner, document, envelope)
    match inner.type:
        case "Create" | "Update":
            return _words(unit, arrived, author, inner, document, envelope)
        case "Delete":
            return DELETED[receive_confined.receive_delete(unit, author, said.named_object(inner), group)]
        case "Like":
            return _like(unit, arrived, author, inner)
        case "Undo":
            return _unlike(unit, arrived, author, inner)
        case _:
            return Applied.UNSUPPORTED


def _author(
    unit: Unit, arrived: Arrived, inner: Activity, document: JsonObject, envelope: Envelope
) -> Account:
    """Who said it, by the proofs. Raises FederationError."""
    own = accounts.find_by_uri(unit, inner.actor)
    if own is not None and own.local:
        # also what was said with a key that was replaced since
        keys = [key for key in accounts.all_keys(unit, own.id) if key.algorithm == "ed25519"]
        mine = (PublicKey.from_der(key.public).to_multibase() for key in keys)
        if not any(signing.fits(document, key, unit.now) for key in mine):
            raise SignatureInvalid("proof-of-author")
        return own
    if envelope.credential is None:
        raise SignatureInvalid("credential-missing")
    at = min(arrived.activity.published or unit.now, unit.now)
    judged = verification.judge_member(
        unit,
        envelope.credential,
        subject=inner.actor,
        known=own,
        issuer_key=lambda: _issuer_key(unit, arrived, origin_of(inner.actor)),
        group=arrived.group.account,
        now=at,
        introduce=_introduce,
    )
    if isinstance(judged, Flaw):
        raise SignatureInvalid(f"credential-{judged.value}"[:64])
    if not signing.fits(document, judged.key, unit.now):
        raise SignatureInvalid("proof-of-author")
    author = (
        own if own is not None and own.id == judged.account_id else accounts.find(unit, judged.account_id)
    )
    if author is None or author.uri != inner.actor or author.gone:
        raise SignatureInvalid("proof-of-author")
    return author


def _issuer_key(unit: Unit, arrived: Arrived, issuer: Origin) -> PublicKey:
    """As the group lists it; where we have pinned one ourselves, it must be the same."""
    listed = next((host.key for host in arrived.group.group.hosts if host.origin == issuer), None)
    partner = partners.find(unit, issuer)
    pinned = partner.key if partner is not None else None
    group = arrived.group.account
    if listed is None and group.uri not in arrived.fetched and group.uri not in arrived.missing:
        raise Wanted(Kind.GROUP, group.uri)  # an instance has come, and what says so is on its way
    if listed is None or (pinned is not None and pinned != listed):
        raise SignatureInvalid("issuer-not-listed")
    return PublicKey.from_multibase(listed)


def _introduce(unit: Unit, subject: Iri, handle: str, shown: str) -> Account:
    name, host = parse_handle(handle)
    if host != origin_of(subject):
        raise OriginMismatch("handle-of-another-origin")
    try:
        return remote_accounts.introduce(unit, subject, name, shown)
    except Conflict:
        raise SignatureInvalid("handle-taken") from None


def _words(
    unit: Unit,
    arrived: Arrived,
    author: Account,
    inner: Activity,
    document: JsonObject,
    envelope: Envelope,
) -> Applied:
    thing, group = said.own_object(inner), arrived.group.account
    content_class = max(said.declared(envelope), arrived.group.group.class_floor)
    base = Iri(group.uri.split("/actors/", 1)[0])
    words = said.words_of(thing, author, arrived.received_at, content_class, base)
    place = Place(group, content_class, Standing.PUBLISHED, signing.digest_of(document))
    if inner.type == "Create" or visible.find_by_uri(unit, words.uri) is None:
        # an edit brings what it changes: the words before may have been taken away
        _, received = receive_confined.receive(unit, author, words, place)
        return RECEIVED[received]
    replaces = document.get("replaces")
    edited = receive_confined.receive_edit(
        unit, author, words, place, replaces if isinstance(replaces, str) else None
    )
    return EDITED[edited]


def _like(unit: Unit, arrived: Arrived, author: Account, inner: Activity) -> Applied:
    post = _post_of(unit, arrived, said.named_object(inner))
    if post is None or inner.id is None:
        return Applied.NOT_OURS
    done = receive_confined.receive_like(unit, author, post, inner.id)
    return Applied.APPLIED if done is Reacted.DONE else Applied.DUPLICATE


def _unlike(unit: Unit, arrived: Arrived, author: Account, inner: Activity) -> Applied:
    undone = inner.object
    if not isinstance(undone, Activity) or undone.type != "Like":
        return Applied.UNSUPPORTED
    about = id_of(undone.object)
    post = None if about is None else _post_of(unit, arrived, about)
    if post is None or author.local:
        return Applied.DUPLICATE if author.local else Applied.NOT_OURS
    done = receive_reactions.receive_unlike(unit, author, undone.id, post)
    return Applied.APPLIED if done is Reacted.DONE else Applied.IGNORED


def _post_of(unit: Unit, arrived: Arrived, uri: Iri) -> Post | None:
    post = visible.find_by_uri(unit, uri)
    return post if post is not None and post.group_id == arrived.group.account.id else None


# -- what the group says itself --------------------------------------------------------------------------


def accepted(unit: Unit, arrived: Arrived) -> Applied | None:
    """The group took up what a member here said. None where it answers something else."""
    post = _answered(unit, arrived)
    if post is None:
        return None
    _check_group(unit, arrived)
    group_life.published(unit, post)
    return Applied.APPLIED


def rejected(unit: Unit, arrived: Arrived) -> Applied | None:
    post = _answered(unit, arrived)
    if post is None:
        return None
    _check_group(unit, arrived)
    word = said.envelope_of(arrived).reason
    reason = Reason(word) if word in set(Reason) else Reason.NONE
    if group_life.refused(unit, post, reason):
        return Applied.APPLIED
    group_life.edit_refused(unit, post, reason)
    return Applied.IGNORED


def _answered(unit: Unit, arrived: Arrived) -> Post | None:
    """The post here of which the activity that is answered told the group."""
    uri = id_of(arrived.activity.object)
    row = None if uri is None else work.find_activity(unit, uri)
    if row is None or row.post_id is None:
        return None
    post = visible.find(unit, row.post_id)
    return post if post is not None and post.local and post.group_id == arrived.group.account.id else None


def update(unit: Unit, arrived: Arrived) -> Applied:
    """The tally of a poll. The group's own profile is another matter."""
    _check_group(unit, arrived)
    thing = arrived.activity.object
    if not isinstance(thing, Question) or thing.id is None:
        return Applied.UNSUPPORTED
    post = _post_of(unit, arrived, thing.id)
    if post is None:
        return Applied.NOT_OURS
    words = said.words_of(
        replace(thing, attributed_to=None), arrived.actor, arrived.received_at, ContentClass.NOTICE
    )
    tallied = receive_confined.receive_tally(unit, arrived.group.account, words)
    return Applied.APPLIED if tallied else Applied.IGNORED


def delete(unit: Unit, arrived: Arrived) -> Applied:
    """What this instance may not have any more."""
    _check_group(unit, arrived)
    uri = id_of(arrived.activity.object)
    if uri is None:
        raise Malformed("object-missing")
    return DELETED[receive_confined.receive_delete(unit, None, uri, arrived.group.account)]


def not_shared(unit: Unit, arrived: Arrived) -> Applied:
    """A rule keeps a discussion from this instance: members here are told so, by which rule, and nothing more."""
    _check_group(unit, arrived)
    rules = arrived.activity.content or ""
    if id_of(arrived.activity.object) != arrived.group.account.uri or not RULES.fullmatch(rules):
        raise Malformed("rules-shape")
    group_life.tell_not_shared(unit, arrived.group.account, rules)
    return Applied.APPLIED


def moderated(unit: Unit, arrived: Arrived) -> Applied:
    """Remove, Lock, Flag, and the undoing of the last two."""
    _check_group(unit, arrived)
    thing = arrived.activity.object
    undone = thing.type if arrived.activity.type == "Undo" and isinstance(thing, Activity) else ""
    verb = VERBS.get((arrived.activity.type, undone))
    uri = id_of(thing.object if undone and isinstance(thing, Activity) else thing)
    if verb is None or uri is None:
        return Applied.UNSUPPORTED
    if verb in {"hide", "restore"}:
        done = incidents.heard(unit, arrived.group.account, uri, verb)
        return Applied.APPLIED if done else Applied.DUPLICATE
    post = _post_of(unit, arrived, uri)
    if post is None:
        return Applied.NOT_OURS
    if verb == "remove":
        incidents.purged(unit, uri, arrived.group.account.uri)
    word = said.envelope_of(arrived).reason
    reason = Reason(word) if word in set(Reason) else Reason.MODERATOR
    if reason is Reason.RETENTION and retention.heard(unit, arrived.group.group, post):
        return Applied.APPLIED
    done = group_life.heard(unit, arrived.group.account, post, verb, reason)
    return Applied.APPLIED if done else Applied.DUPLICATE
