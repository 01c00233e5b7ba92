"""Our own status lists: places given at random, bits set, signed when somebody asks.

A list comes in pairs, one for revocation and one for suspension. Each is signed anew when a bit has changed or half of its
24 hours are over; its version is the time of signing in seconds, or one more than before, so that it never decreases, also
not after a backup was restored. Lists that came out of a backup say of every place that it is suspended, until a person has confirmed
what the rows say; they are given no new places.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

import msgspec

from federation.credentials.attestation import PURPOSES, StatusEntry
from federation.credentials.flaw import Flaw
from federation.credentials.status import (
    MAX_VALIDITY,
    PLACES,
    StatusBits,
    StatusList,
    mint_list,
    pack,
    unpack,
)
from federation.types import Iri
from server.core.errors import NotFound
from server.core.ids import Ids
from server.domain.work import EventKind
from server.services import accounts, events, keys
from server.store import attestations as rows
from server.store import meta
from server.store.attestations import StatusRow
from server.store.session import Unit

CROWDED: Final = PLACES // 4
"""Places of one list that are used at most, so that a random one is found at once."""
SIGN_AGAIN: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=366)
"""Longer than any attestation lasts."""
SUSPENSION: Final = "suspension"
ALL_SET: Final = StatusBits(b"\xff" * (PLACES // 8))
CLOSED: Final = "status_lists.closed"
"""In `meta`: lists that came out of a backup."""
UNCONFIRMED: Final = "status_lists.unconfirmed"
"""In `meta`: those of them that nobody has confirmed."""
CONFIRMED_AT: Final = "status_lists.confirmed_at"


def places(unit: Unit) -> tuple[StatusEntry, ...]:
    """A free place, chosen at random, in a list for each purpose."""
    closed = named(unit, CLOSED)
    pair = [one for one in rows.our_lists(unit) if one.uri not in closed][-len(PURPOSES) :]
    taken = {one.uri: rows.places_taken(unit, one.uri) for one in pair}
    if not pair or max(map(len, taken.values())) >= CROWDED:
        pair = [_open(unit, purpose) for purpose in PURPOSES]
        taken = {one.uri: set() for one in pair}
    return tuple(StatusEntry(one.purpose, one.uri, _free(taken[one.uri])) for one in pair)


def set_bit(unit: Unit, uri: str, place: int, *, to: bool) -> None:
    """Sets or clears one place; the list is signed anew when it is next asked for."""
    found = rows.find_list(unit, uri)
    assert found is not None
    assert found.ours
    bits = _bits(found)
    if bits.is_set(place) is not to:
        rows.change_list(
            unit, found.id, {"bits": pack(bits.changed(place, to=to)), "document": None, "valid_until": None}
        )


def signed(unit: Unit, n: str) -> bytes:
    """The signed document of a list of ours, fresh enough. Raises NotFound."""
    found = rows.find_list(unit, f"{unit.context.settings.base}/status/{n}")
    if found is None or not found.ours:
        raise NotFound
    if (
        found.document is not None
        and found.valid_until is not None
        and found.valid_until - unit.now > SIGN_AGAIN
    ):
        return found.document
    issuer = accounts.get_instance_actor(unit)
    since = unit.now.replace(microsecond=0)
    status = StatusList(
        url=found.uri,
        issuer=issuer.uri,
        purpose=found.purpose,
        version=max(found.version + 1, int(since.timestamp())),
        bits=ALL_SET if _is_unconfirmed(unit, found) else _bits(found),
        valid_from=since,
        valid_until=since + MAX_VALIDITY,
    )
    document = msgspec.json.encode(mint_list(status, keys.signer(unit, issuer.id), unit.now))
    rows.change_list(
        unit, found.id, {"version": status.version, "document": document, "valid_until": status.valid_until}
    )
    return document


def sign_again(unit: Unit) -> None:
    """With the next look at each of ours, and with a hint to whoever reads them."""
    for found in rows.our_lists(unit):
        rows.change_list(unit, found.id, {"document": None})
    _tell(unit)


def named(unit: Unit, key: str) -> set[str]:
    """The lists that a row of `meta` names."""
    return set(json.loads(meta.get(unit, key) or "[]"))


def close(unit: Unit) -> int:
    """After a backup was restored: places that were given or revoked since are not known. Answers how many lists."""
    ours = rows.our_lists(unit)
    uris = json.dumps([one.uri for one in ours])
    meta.put(unit, CLOSED, uris)
    meta.put(unit, UNCONFIRMED, uris)
    for one in ours:
        rows.change_list(unit, one.id, {"document": None, "valid_until": None})
    return len(ours)


def confirm(unit: Unit) -> int:
    """They say what the rows say again; of a place that no row knows, that it is suspended. Answers how many lists."""
    waiting = [one for one in rows.our_lists(unit) if one.uri in named(unit, UNCONFIRMED)]
    for one in waiting:
        bits, known = bytearray(ALL_SET.packed), _bits(one)
        if one.purpose != SUSPENSION:
            bits = bytearray(known.packed)
        else:
            for place in rows.places_taken(unit, one.uri):
                if not known.is_set(place):
                    bits[place >> 3] &= ~(0x80 >> (place & 7)) & 0xFF
        values = {"bits": pack(StatusBits(bytes(bits))), "document": None, "valid_until": None}
        rows.change_list(unit, one.id, values)
    meta.put(unit, UNCONFIRMED, "[]")
    meta.put(unit, CONFIRMED_AT, unit.now.isoformat())
    if waiting:
        _tell(unit)
    return len(waiting)


def _tell(unit: Unit) -> None:
    """Those who believe something of ours fetch the lists again: one hint a group."""
    groups = {one.group_id: one.id for one in rows.ours_ending(unit, unit.now + LONGEST)}
    for attestation_id in groups.values():
        events.happened(unit, EventKind.ATTESTATION_CHANGED, attestation_id=attestation_id)


def _is_unconfirmed(unit: Unit, found: StatusRow) -> bool:
    return found.purpose == SUSPENSION and found.uri in named(unit, UNCONFIRMED)


def _open(unit: Unit, purpose: str) -> StatusRow:
    number = len(rows.our_lists(unit)) + 1
    if named(unit, CLOSED):
        number += int(unit.now.timestamp())  # a list that was opened after the backup has the next number
    uri = Iri(f"{unit.context.settings.base}/status/{number}")
    rows.add_list(
        unit,
        {
            "id": unit.new_id(),
            "uri": uri,
            "ours": True,
            "issuer": unit.context.settings.origin,
            "purpose": purpose,
            "bits": pack(StatusBits()),
        },
    )
    found = rows.find_list(unit, uri)
    assert found is not None
    return found


def _free(taken: set[int]) -> int:
    while True:
        place = int(Ids.public(), 16) % PLACES
        if place not in taken:
            return place


def _bits(row: StatusRow) -> StatusBits:
    bits = unpack(row.bits)
    if isinstance(bits, Flaw):
        raise TypeError("a status list of ours does not unpack")  # its bits are what vouches for members
    return bits
