"""What a lawful order keeps although its removal is asked for: it is hidden instead, and the receipt says so.

It refuses a hold without its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.types import Iri
from server.core.errors import Invalid, NotFound
from server.services import audit
from server.store import purges as rows
from server.store.session import Unit


def hold(unit: Unit, by: str, object_uri: Iri, reason: str) -> None:
    """Keeps an object that would have to be removed: it is hidden instead. Raises Invalid."""
    if not reason.strip():
        raise Invalid("A lawful hold needs its reason, such as the reference of the order")
    if not rows.hold(unit, object_uri, reason.strip(), by):
        raise Invalid("%(object)s is held already", object=object_uri[:200])
    audit.record(unit, by, "purge.hold", object_uri, reason=reason.strip())


def end(unit: Unit, by: str, object_uri: Iri) -> None:
    """Raises NotFound."""
    if not rows.end_hold(unit, object_uri):
        raise NotFound("%(object)s is not held", object=object_uri[:200])
    audit.record(unit, by, "purge.end_hold", object_uri)


@dataclass(frozen=True, slots=True)
class Held:
    """What a lawful order keeps."""

    object_uri: Iri
    reason: str
    by: str
    since: datetime


def listed(unit: Unit) -> list[Held]:
    """Oldest first."""
    return [Held(Iri(row.object_uri), row.reason, row.by, row.since) for row in rows.holds(unit)]
