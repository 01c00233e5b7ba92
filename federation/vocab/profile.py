"""The terms that the profile `members-only/1` adds to activities and group documents, read and written.

They are read from the parsed document, beside the vocabulary object that the codec makes of it. Refused as Malformed: a
document that names no profile or another one, one that names a critical term that is not known here, and terms of
another shape than the profile gives them. A content class that is missing or not known reads as the highest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from federation.errors import Malformed
from federation.iri import find_iri
from federation.types import Iri, JsonObject
from federation.vocab.shapes import moment, write_moment

PROFILE: Final = Iri("https://w3id.org/consilium/members-only/1")
CONTEXT: Final = "https://w3id.org/consilium/v1"
INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"
CLASSES: Final = ("notice", "discussion", "case", "restricted")
HIGHEST: Final = CLASSES[-1]
UNDERSTOOD: Final = frozenset({"contentClass", "replaces", "credential", "reason", "group", "before"})
"""Terms that a sender may call critical and that are heeded here."""
MAX_HOSTS: Final = 2000
MAX_WORDS: Final = 64
MAX_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on the outer activity. content_class: the effective one. replaces: digest of the version before.

    credential: the author's attestation, as its document. reason: a closed word on a refusal or an ending.
    """

    content_class: str = HIGHEST
    replaces: str | None = None
    credential: JsonObject | None = None
    reason: str = ""
    critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """What makes a Group document that of a members-only group, or of an open one that lives on such an instance.

    hosts: instance actor, Ed25519 Multikey and since when, for each instance that has members. Words are closed sets of the
    profile: access open | closed | secret; roster members | moderators; history full | join. trial: it was made to try a partner, and ends.
    """

    access: str
    specialty: str = ""
    languages: tuple[str, ...] = ()
    rules: str = ""
    rules_version: int = 1
    minimum_level: int = 0
    professions: tuple[str, ...] = ()
    admission: str = "moderated"
    roster: str = "members"
    history: str = "full"
    retention_days: int | None = None
    class_floor: str = "discussion"
    introduced: bool = True
    trial: bool = False
    epoch: int = 1
    hosts: tuple[tuple[Iri, str, datetime], ...] = ()


def read_envelope(document: JsonObject) -> Envelope:
    """Raises Malformed."""
    _check_profile(document)
    critical = _words(document, "critical")
    if not UNDERSTOOD.issuperset(critical):
        raise Malformed("critical-unknown")
    declared = document.get("contentClass")
    credential, replaces = document.get("credential"), document.get("replaces")
    if credential is not None and not isinstance(credential, dict):
        raise Malformed("credential-shape")
    if replaces is not None and not (isinstance(replaces, str) and len(replaces) <= 128):
        raise Malformed("replaces-shape")
    return Envelope(
        content_class=declared if declared in CLASSES else HIGHEST,
        replaces=replaces,
        credential=credential,
        reason=_text(document, "reason", 64),
        critical=critical,
    )


def write_envelope(document: JsonObject, envelope: Envelope) -> JsonObject:
    """The document with the profile's terms and the contexts that define them. The one given is not changed."""
    added: JsonObject = {"profile": PROFILE, "contentClass": envelope.content_class}
    if envelope.replaces is not None:
        added["replaces"] = envelope.replaces
    if envelope.credential is not None:
        added["credential"] = envelope.credential
    if envelope.reason:
        added["reason"] = envelope.reason
    if envelope.critical:
        added["critical"] = list(envelope.critical)
    return _with_context({**document, **added})


def read_group(document: JsonObject) -> GroupTerms:
    """Raises Malformed."""
    _check_profile(document)
    terms = document.get("group")
    if not isinstance(terms, dict):
        raise Malformed("group-terms-missing")
    critical = _words(document, "critical")
    if not UNDERSTOOD.issuperset(critical):
        raise Malformed("critical-unknown")
    retention = terms.get("retentionDays")
    introduced, trial = terms.get("introduced", True), terms.get("trial", False)
    if not isinstance(introduced, bool) or not isinstance(trial, bool):
        raise Malformed("group-terms-shape")
    return GroupTerms(
        access=_one_of(terms, "access", ("open", "closed", "secret")),
        specialty=_text(terms, "specialty", MAX_WORDS),
        languages=_words(terms, "languages"),
        rules=_text(terms, "rules", MAX_TEXT),
        rules_version=_number(terms, "rulesVersion", 1),
        minimum_level=_number(terms, "minimumLevel", 0),
        professions=_words(terms, "professions"),
        admission=_one_of(terms, "admission", ("automatic", "moderated")),
        roster=_one_of(terms, "roster", ("members", "moderators")),
        history=_one_of(terms, "history", ("full", "join")),
        retention_days=None if retention is None else _number(terms, "retentionDays", 1),
        class_floor=_one_of(terms, "classFloor", CLASSES),
        introduced=introduced,
        trial=trial,
        epoch=_number(terms, "epoch", 1),
        hosts=_hosts(terms.get("hosts")),
    )


def write_group(document: JsonObject, terms: GroupTerms) -> JsonObject:
    """A Group's document with the profile's terms. The one given is not changed."""
    written: JsonObject = {
        "access": terms.access,
        "specialty": terms.specialty,
        "languages": list(terms.languages),
        "rules": terms.rules,
        "rulesVersion": terms.rules_version,
        "minimumLevel": terms.minimum_level,
        "professions": list(terms.professions),
        "admission": terms.admission,
        "roster": terms.roster,
        "history": terms.history,
        "classFloor": terms.class_floor,
        "introduced": terms.introduced,
        "epoch": terms.epoch,
        "hosts": [
            {"instance": instance, "key": key, "since": write_moment(since)}
            for instance, key, since in terms.hosts
        ],
    }
    if terms.retention_days is not None:
        written["retentionDays"] = terms.retention_days
    if terms.trial:
        written["trial"] = True
    may = "anyone" if terms.access == "open" else "member"
    own = document.get("id")
    return _with_context(
        {
            **document,
            "profile": PROFILE,
            "canFollow": may,
            "canParticipate": may,
            "affiliations": f"{own}/affiliations",
            "stream": f"{own}/stream",
            "group": written,
        }
    )


def without_hosts(terms: GroupTerms) -> GroupTerms:
    """For readers who are no members: they learn nothing of who is."""
    return replace(terms, hosts=())


def _check_profile(document: JsonObject) -> None:
    named = document.get("profile")
    if named is None:
        raise Malformed("profile-missing")
    if named != PROFILE:
        raise Malformed("profile-unknown")


def _with_context(document: JsonObject) -> JsonObject:
    """The contexts that define our terms and a proof's, once each, behind those that are there."""
    context = document.get("@context", [])
    listed = list(context) if isinstance(context, list) else [context]
    places = [each for each in listed if isinstance(each, str)]
    terms = [each for each in listed if not isinstance(each, str)]
    added = [each for each in (INTEGRITY, CONTEXT) if each not in places]
    rest = {name: value for name, value in document.items() if name != "@context"}
    return {"@context": [*places, *added, *terms], **rest}


def _hosts(value: Any) -> tuple[tuple[Iri, str, datetime], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_HOSTS:
        raise Malformed("hosts-shape")
    found = []
    for item in value:
        if not isinstance(item, dict):
            raise Malformed("hosts-shape")
        instance, key = item.get("instance"), item.get("key")
        iri = find_iri(instance) if isinstance(instance, str) else None
        since = moment(item.get("since"), 0)
        if iri is None or not isinstance(key, str) or len(key) > 128 or since is None:
            raise Malformed("hosts-shape")
        found.append((iri, key, since))
    return tuple(found)


def _words(document: JsonObject, name: str) -> tuple[str, ...]:
    value = document.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_WORDS:
        raise Malformed("group-terms-shape")
    if not all(isinstance(each, str) and len(each) <= MAX_WORDS for each in value):
        raise Malformed("group-terms-shape")
    return tuple(value)


def _text(document: JsonObject, name: str, most: int) -> str:
    value = document.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise Malformed("group-terms-shape")
    return value


def _number(document: JsonObject, name: str, least: int) -> int:
    value = document.get(name, least)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**31:
        raise Malformed("group-terms-shape")
    return value


def _one_of(document: JsonObject, name: str, words: tuple[str, ...]) -> str:
    value = document.get(name, words[0])
    if value not in words:
        raise Malformed("group-terms-shape")
    return str(value)
