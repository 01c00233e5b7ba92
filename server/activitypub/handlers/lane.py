"""Purge requests, receipts and deletions that come by the lane. The policy is not asked: what takes something back is never refused.

Each must carry a proof by the key that signed the request: a group's for its group, an instance's for its own objects. The
answer to a request is a signed receipt, the same for the same request, whether or not the object was here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from federation.errors import Malformed, OriginMismatch, SignatureInvalid
from federation.iri import find_iri, origin_of, same_origin
from federation.keys import PublicKey
from federation.types import Iri, JsonObject, Origin
from federation.vocab.activities import Activity
from federation.vocab.base import id_of
from federation.vocab.profile import CONTEXT, PROFILE, read_envelope
from federation.vocab.shapes import moment, write_moment
from server.activitypub import signing
from server.activitypub.handlers import probes
from server.activitypub.handlers.arrived import Applied
from server.domain.ledger import ReceiptStatus
from server.domain.work import InboxItem
from server.services import accounts, partners, purges
from server.services.posts import earlier
from server.services.purges import Asked, Received
from server.store import accounts as account_rows
from server.store import groups
from server.store.session import Unit

LONGEST = 64
RECEIVED = {
    Received.DONE: Applied.APPLIED,
    Received.REPEATED: Applied.DUPLICATE,
    Received.STRANGE: Applied.NOT_OURS,
}


def apply(
    unit: Unit, item: InboxItem, activity: Activity, document: JsonObject, raw: bytes, key: PublicKey
) -> Applied:
    """key: that of the request's signature. Raises FederationError for what is not as the profile says."""
    if not item.profiled:
        raise SignatureInvalid("not-profiled")
    if document.get("profile") != PROFILE:
        raise Malformed("profile-unknown")
    read_envelope(document)  # a critical term that is not known here refuses the whole
    if not signing.fits(document, key.to_multibase(), unit.now):
        raise SignatureInvalid("proof-does-not-fit")
    if document.get("probe") is True:
        return probes.receipt(unit, item.origin, activity.actor, document)
    match activity.type:
        case "PurgeRequest" | "Delete":
            return _removal(unit, item, activity, document)
        case "Receipt":
            return _receipt(unit, item, activity, document, raw)
        case _:
            return Applied.UNSUPPORTED


def _removal(unit: Unit, item: InboxItem, activity: Activity, document: JsonObject) -> Applied:
    """A deletion on the lane is a request without a number of its own: its id serves."""
    object_uri = id_of(activity.object)
    if object_uri is None:
        raise Malformed("object-missing")
    if (earlier.read(object_uri) is None) != (document.get("before") is None):
        raise Malformed("before-shape")
    group = document.get("audience")
    request = document.get("request", activity.id)
    asked = Asked(
        request=_word(request, 512),
        nonce=_word(document.get("nonce", "")),
        origin=item.origin,
        actor_uri=activity.actor,
        object_uri=object_uri,
        group_uri=group if isinstance(group, str) else "",
        digest=_word(document.get("digest", ""), 128),
        reason=_word(document.get("reason", "")),
    )
    if asked.group_uri != activity.actor and not same_origin(object_uri, activity.actor):
        raise OriginMismatch("object-of-another-origin")
    named = find_iri(asked.request)
    if named is not None and not same_origin(named, activity.actor):
        raise OriginMismatch("request-of-another-origin")  # nobody answers for what another will ask
    if purges.answered(unit, asked.request) is not None:
        purges.send_receipt(unit, asked.request)
        return Applied.DUPLICATE
    status = purges.remove(unit, asked)
    purges.register(unit, asked, status, receipt(unit, asked, status))
    return Applied.APPLIED


def receipt(unit: Unit, asked: Asked, status: ReceiptStatus) -> bytes:
    """What we state about a removal, signed by the instance."""
    instance = accounts.get_instance_actor(unit)
    base = unit.context.settings.base
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", CONTEXT],
        "id": f"{base}/activities/receipt-{unit.new_id()}",
        "type": "Receipt",
        "actor": instance.uri,
        "object": asked.object_uri,
        "profile": PROFILE,
        "request": asked.request,
        "nonce": asked.nonce,
        "host": unit.context.settings.origin,
        "status": status.value,
        "published": write_moment(unit.now),
        "backupsExpire": write_moment(unit.now + purges.BACKUPS_KEPT),
    }
    if asked.group_uri:
        document["audience"] = asked.group_uri
    if asked.digest:
        document["digest"] = asked.digest
    return msgspec.json.encode(signing.signed(unit, instance.id, document))


def _receipt(unit: Unit, item: InboxItem, activity: Activity, document: JsonObject, raw: bytes) -> Applied:
    object_uri = id_of(activity.object)
    if object_uri is None:
        raise Malformed("receipt-shape")
    if "receipt" in document:
        return _forwarded(unit, item, activity, object_uri, document["receipt"])
    if document.get("host") != item.origin:
        raise OriginMismatch("receipt-of-another-host")
    found = purges.receive_receipt(
        unit,
        Origin(item.origin),
        request=_word(document.get("request"), 512),
        nonce=_word(document.get("nonce")),
        object_uri=object_uri,
        status=_status(document),
        backups_expire=_moment(document.get("backupsExpire")),
        receipt=raw,
    )
    return RECEIVED[found]


def _forwarded(unit: Unit, item: InboxItem, activity: Activity, object_uri: Iri, inner: Any) -> Applied:
    """By a group, about what a member here wrote: what another instance answered, signed by that instance."""
    group = account_rows.find_by_uri(unit, activity.actor)
    listed = None if group is None else groups.find(unit, group.id)
    if group is None or listed is None or not isinstance(inner, dict):
        raise Malformed("receipt-shape")
    host = origin_of(_iri(inner.get("actor")))
    if inner.get("type") != "Receipt" or inner.get("object") != object_uri or inner.get("host") != host:
        raise Malformed("receipt-shape")
    pinned = partners.find(unit, host)
    key = (
        pinned.key
        if pinned is not None
        else next((one.key for one in listed.hosts if one.origin == host), None)
    )
    if key is None or not signing.fits(inner, key, unit.now):
        raise SignatureInvalid("proof-does-not-fit")
    found = purges.receive_forwarded(
        unit,
        Origin(item.origin),
        group,
        request=_word(inner.get("request")),
        nonce=_word(inner.get("nonce")),
        object_uri=object_uri,
        host=host,
        status=_status(inner),
        answered_at=_moment(inner.get("published")) or unit.now,
        backups_expire=_moment(inner.get("backupsExpire")),
        receipt=msgspec.json.encode(inner),
    )
    return RECEIVED[found]


def _status(document: JsonObject) -> ReceiptStatus:
    word = document.get("status")
    if word not in {ReceiptStatus.GONE.value, ReceiptStatus.HIDDEN_HELD.value}:
        raise Malformed("receipt-shape")
    return ReceiptStatus(str(word))


def _iri(value: Any) -> Iri:
    found = find_iri(value)
    if found is None:
        raise Malformed("receipt-shape")
    return found


def _moment(value: Any) -> datetime | None:
    found = moment(value, 0)
    return found if isinstance(found, datetime) else None


def _word(value: Any, most: int = LONGEST) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise Malformed("receipt-shape")
    return value


def group_of(document: JsonObject) -> Iri | None:
    """The group that a request is about."""
    named = document.get("audience")
    return find_iri(named) if isinstance(named, str) else None
