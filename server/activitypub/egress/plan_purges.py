"""Requests to remove something, and receipts for what was removed: signed, and sent by the lane whatever trust says."""

from __future__ import annotations

from typing import Any

import msgspec

from federation.iri import origin_of
from federation.types import Iri, Origin
from federation.vocab.profile import CONTEXT, PROFILE
from federation.vocab.shapes import write_moment
from server.activitypub import signing
from server.domain.accounts import Account
from server.domain.ledger import Purge, PurgeState
from server.domain.work import Event
from server.services import accounts, boundary, purges
from server.services.posts import earlier
from server.store import accounts as account_rows
from server.store import purges as rows
from server.store import work
from server.store.session import Unit


def asked(unit: Unit, event: Event) -> None:
    """payload: purge_id. Asked again, it is the same request in a new activity."""
    found = rows.find(unit, int(event.payload["purge_id"]))
    if found is None or found.state is PurgeState.DONE:
        return
    group = None if found.group_id is None else account_rows.find(unit, found.group_id)
    by = group if group is not None and group.local else accounts.get_instance_actor(unit)
    document = request(unit, event, found, by, group)
    _send(unit, by, str(document["id"]), "PurgeRequest", found.host, msgspec.json.encode(document))


def request(unit: Unit, event: Event, found: Purge, by: Account, group: Account | None) -> dict[str, Any]:
    """Said by the group where it lives here, else by the instance, which speaks for its own objects."""
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", CONTEXT],
        "id": f"{unit.context.settings.base}/activities/{event.id}",
        "type": "PurgeRequest",
        "actor": by.uri,
        "object": found.object_uri,
        "profile": PROFILE,
        "request": found.request,
        "nonce": found.nonce,
        "reason": found.reason.value,
        "published": write_moment(found.asked_at),
    }
    if group is not None:
        document["audience"] = group.uri
    if found.digest:
        document["digest"] = found.digest
    before = earlier.read(found.object_uri)
    if before is not None:
        # whoever does not know of earlier versions must not say that they are gone
        document |= {"before": write_moment(before.before), "critical": ["before"]}
    return signing.signed(unit, by.id, document)


def receipted(unit: Unit, event: Event) -> None:
    """payload: request. The bytes that were signed when it was answered, in a delivery of their own each time."""
    origin, receipt = purges.receipt_of(unit, str(event.payload["request"]))
    by = accounts.get_instance_actor(unit)
    uri = str(msgspec.json.decode(receipt)["id"])
    _send(unit, by, uri, "Receipt", origin, receipt, again=event.id)


def forwarded(unit: Unit, event: Event) -> None:
    """payload: purge_id. Its author's instance sees what became of it: the receipt as it was signed, in words of the group."""
    found = rows.find(unit, int(event.payload["purge_id"]))
    group = None if found is None or found.group_id is None else account_rows.find(unit, found.group_id)
    if found is None or found.receipt is None or group is None or not group.local:
        return
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/activitystreams", CONTEXT],
        "id": f"{unit.context.settings.base}/activities/{event.id}",
        "type": "Receipt",
        "actor": group.uri,
        "object": found.object_uri,
        "profile": PROFILE,
        "audience": group.uri,
        "receipt": msgspec.json.decode(found.receipt),
        "published": write_moment(unit.now),
    }
    body = msgspec.json.encode(signing.signed(unit, group.id, document))
    _send(unit, group, str(document["id"]), "Receipt", origin_of(found.object_uri), body)


def _send(
    unit: Unit, by: Account, uri: str, kind: str, host: Origin, body: bytes, again: int | None = None
) -> None:
    """again: an id that tells a repeated sending of the same bytes from the first."""
    row_id = work.add_activity(
        unit,
        uri=uri if again is None else f"{uri}#{again}",
        kind=kind,
        account_id=by.id,
        post_id=None,
        crossing=boundary.REMOVAL.record(),
        body=body,
    )
    lane = Iri(f"{unit.context.settings.scheme_of(host)}://{host}/lane")
    work.add_deliveries(unit, row_id, [(host, lane)], profile=True, lane=True)
