"""Rows of attestations, made here and received, and of the status lists that say whether they still hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select, update

from federation.types import Iri, Origin
from server.domain.trust import Trust
from server.domain.verification import Attestation, AttestationState
from server.store.session import Unit
from server.store.statement import insert_ignore
from server.store.tables.accounts import account
from server.store.tables.instances import instance, partner
from server.store.tables.verification import attestation, status_list

_LIVE = [AttestationState.VALID.value, AttestationState.SUSPENDED.value]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A status list: ours (bits are the truth, document its last signed form), or one that was fetched."""

    id: int
    uri: Iri
    ours: bool
    issuer: Origin
    purpose: str
    version: int
    bits: bytes
    document: bytes | None
    valid_until: datetime | None
    fetched_at: datetime | None
    failing_since: datetime | None


_WIDTH = len(attestation.c)


def _record(row: Row[Any]) -> Attestation:
    """A row that begins with all columns of `attestation` as its record."""
    values = dict(zip(attestation.c.keys(), row[:_WIDTH], strict=True))
    values["state"] = AttestationState(values["state"])
    values["specialties"] = tuple(values["specialties"])
    return Attestation(**values)


def _all(unit: Unit, *conditions: ColumnElement[bool], limit: int = 10_000) -> list[Attestation]:
    statement = select(attestation).where(*conditions).order_by(attestation.c.id).limit(limit)
    return [_record(row) for row in unit.all(statement)]


_BY_URI = select(attestation).where(attestation.c.uri == bindparam("uri"))


def add(unit: Unit, values: dict[str, Any]) -> bool:
    """values: columns of `attestation`. False where its id or its nonce was used before."""
    return insert_ignore(unit, attestation, values)


def find(unit: Unit, attestation_id: int) -> Attestation | None:
    row = unit.first(select(attestation).where(attestation.c.id == attestation_id))
    return _record(row) if row else None


def find_by_uri(unit: Unit, uri: str) -> Attestation | None:
    row = unit.first(_BY_URI, {"uri": uri})
    return _record(row) if row else None


def nonce_used(unit: Unit, nonce: str) -> bool:
    return unit.value(select(attestation.c.id).where(attestation.c.nonce == nonce)) is not None


def of_member(unit: Unit, account_id: int, group_id: int) -> list[Attestation]:
    """Newest first."""
    conditions = attestation.c.account_id == account_id, attestation.c.group_id == group_id
    return list(reversed(_all(unit, *conditions)))


def ours_of(unit: Unit, account_ids: Iterable[int]) -> list[Attestation]:
    """Those made here of these accounts that a peer could still believe, superseded ones included."""
    states = [*_LIVE, AttestationState.SUPERSEDED.value]
    return _all(
        unit,
        attestation.c.ours,
        attestation.c.account_id.in_(list(account_ids)),
        attestation.c.state.in_(states),
        attestation.c.valid_until > unit.now,
    )


def ours_ending(unit: Unit, before: datetime) -> list[Attestation]:
    """Those made here that hold and end before a moment: to be renewed."""
    return _all(
        unit,
        attestation.c.ours,
        attestation.c.state == AttestationState.VALID.value,
        attestation.c.valid_until < before,
    )


def ours_out_of_step(unit: Unit) -> list[tuple[Attestation, bool, bool]]:
    """Those made here whose state does not follow their account's, which is suspended and deleted as told."""
    stopped, deleted = account.c.suspended_at.is_not(None), account.c.deleted_at.is_not(None)
    valid = attestation.c.state == AttestationState.VALID.value
    statement = (
        select(attestation, stopped.label("stopped"), deleted.label("deleted"))
        .join(account, account.c.id == attestation.c.account_id)
        .where(
            attestation.c.ours,
            attestation.c.state.in_(_LIVE),
            or_(deleted, and_(valid, stopped), and_(~valid, ~stopped)),
        )
        .limit(500)
    )
    return [(_record(row), row.stopped, row.deleted) for row in unit.all(statement)]


def over(unit: Unit, limit: int = 500) -> list[Attestation]:
    """Those that hold by their state and have had their time."""
    return _all(unit, attestation.c.state.in_(_LIVE), attestation.c.valid_until <= unit.now, limit=limit)


def received_on(unit: Unit, list_uri: str) -> list[Attestation]:
    """Received ones that hold or are suspended, and name a list."""
    return _all(
        unit,
        ~attestation.c.ours,
        attestation.c.state.in_(_LIVE),
        or_(attestation.c.revocation_list == list_uri, attestation.c.suspension_list == list_uri),
    )


def received_of(unit: Unit, issuer: Origin) -> list[Attestation]:
    return _all(unit, ~attestation.c.ours, attestation.c.state.in_(_LIVE), attestation.c.issuer == issuer)


def change(unit: Unit, found: Attestation, state: AttestationState) -> bool:
    """False where its state is not as it was found."""
    statement = update(attestation).where(
        attestation.c.id == found.id, attestation.c.state == found.state.value
    )
    return unit.run(statement.values(state=state.value)) == 1


def places_taken(unit: Unit, list_uri: str) -> set[int]:
    """The places of a list of ours that attestations have."""
    found: set[int] = set()
    for url, index in (
        (attestation.c.revocation_list, attestation.c.revocation_index),
        (attestation.c.suspension_list, attestation.c.suspension_index),
    ):
        found.update(row[0] for row in unit.all(select(index).where(attestation.c.ours, url == list_uri)))
    return found


# -- status lists ----------------------------------------------------------------------------------------


def _status(row: Row[Any]) -> StatusRow:
    return StatusRow(**row._asdict())


def add_list(unit: Unit, values: dict[str, Any]) -> None:
    """values: columns of `status_list`. One that is known stays as it is."""
    insert_ignore(unit, status_list, {"version": 0, **values})


def find_list(unit: Unit, uri: str) -> StatusRow | None:
    row = unit.first(select(status_list).where(status_list.c.uri == uri))
    return _status(row) if row else None


def get_list(unit: Unit, list_id: int) -> StatusRow | None:
    row = unit.first(select(status_list).where(status_list.c.id == list_id))
    return _status(row) if row else None


def change_list(unit: Unit, list_id: int, values: dict[str, Any]) -> None:
    unit.run(update(status_list).where(status_list.c.id == list_id).values(**values))


def our_lists(unit: Unit) -> list[StatusRow]:
    """Oldest first."""
    statement = select(status_list).where(status_list.c.ours).order_by(status_list.c.id)
    return [_status(row) for row in unit.all(statement)]


def _named() -> ColumnElement[bool]:
    """Whether a received attestation that is not over names the list."""
    named = or_(
        attestation.c.revocation_list == status_list.c.uri,
        attestation.c.suspension_list == status_list.c.uri,
    )
    return select(attestation.c.id).where(named, ~attestation.c.ours, attestation.c.state.in_(_LIVE)).exists()


def lists_due(unit: Unit, fetched_before: datetime, tried_before: datetime, limit: int) -> list[StatusRow]:
    """Lists of connected partners to fetch now, as long as an attestation that is not over names them."""
    statement = (
        select(status_list)
        .join(partner, partner.c.domain == status_list.c.issuer)
        .join(instance, instance.c.domain == status_list.c.issuer)
        .where(
            ~status_list.c.ours,
            instance.c.trust.in_([trust.value for trust in Trust if trust.speaks]),
            or_(
                status_list.c.fetched_at.is_(None),
                and_(status_list.c.failing_since.is_(None), status_list.c.fetched_at < fetched_before),
                and_(status_list.c.failing_since.is_not(None), status_list.c.fetched_at < tried_before),
            ),
            _named(),
        )
        .order_by(status_list.c.id)
        .limit(limit)
    )
    return [_status(row) for row in unit.all(statement)]


def due_now(unit: Unit, issuer: Origin) -> int:
    """An issuer's lists are fetched with the next look."""
    statement = update(status_list).where(~status_list.c.ours, status_list.c.issuer == issuer)
    return unit.run(statement.values(fetched_at=None))


def all_due_now(unit: Unit) -> int:
    """Every received list is fetched with the next look."""
    return unit.run(update(status_list).where(~status_list.c.ours).values(fetched_at=None))


def silent(unit: Unit) -> list[tuple[Origin, datetime]]:
    """Issuers of received lists that fail, and since when the oldest of each does."""
    statement = (
        select(status_list.c.issuer, func.min(status_list.c.failing_since).label("since"))
        .where(~status_list.c.ours, status_list.c.failing_since.is_not(None), _named())
        .group_by(status_list.c.issuer)
        .order_by(status_list.c.issuer)
    )
    return [(row.issuer, row.since) for row in unit.all(statement)]
