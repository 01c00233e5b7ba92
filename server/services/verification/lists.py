"""Our own status lists: places given at random, bits set, signed when somebody asks.

A list comes in pairs, one for revocation and one for suspension. Each is signed anew when a bit has changed or half of its
24 hours are over; its version is the time of signing in seconds, or one more than before, so that it never decreases, also
not after a backup was restored.
"""

from __future__ import annotations

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
from server.services import accounts, keys
from server.store import attestations as rows
from server.store.attestations import StatusRow
from server.store.session import Unit

CROWDED: Final = PLACES // 4
"""Places of one list that are used at most, so that a random one is found at once."""
SIGN_AGAIN: Final = timedelta(hours=12)


def places(unit: Unit) -> tuple[StatusEntry, ...]:
    """A free place, chosen at random, in a list for each purpose."""
    pair = rows.our_lists(unit)[-len(PURPOSES) :]
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
        bits=_bits(found),
        valid_from=since,
        valid_until=since + MAX_VALIDITY,
    )
    document = msgspec.json.encode(mint_list(status, keys.signer(unit, issuer.id), unit.now))
    rows.change_list(
        unit, found.id, {"version": status.version, "document": document, "valid_until": status.valid_until}
    )
    return document


def _open(unit: Unit, purpose: str) -> StatusRow:
    number = len(rows.our_lists(unit)) + 1
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
