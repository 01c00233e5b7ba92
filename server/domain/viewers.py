"""Who is looking. Every read names one of these; the visibility predicate is written in terms of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from federation.types import Origin


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A visitor who is not signed in. Sees public posts, and only where public pages are on."""


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in local account."""

    account_id: int


@dataclass(frozen=True, slots=True)
class Peer:
    """Another instance, proven by a signature and allowed by the trust table.

    profiled: it signed as members-only traffic must be signed, with RFC 9421 and Ed25519; without, groups do not exist.
    """

    origin: Origin
    profiled: bool = False


@dataclass(frozen=True, slots=True)
class Opener:
    """One of the staff, who has opened a group in an emergency. Sees what is published in that group while the opening lasts.

    Made by `services.openings` alone, which writes down each read in the same unit. at: that unit's moment.
    """

    opening_id: int
    account_id: int
    at: datetime


Viewer: TypeAlias = Anonymous | Member | Peer | Opener
