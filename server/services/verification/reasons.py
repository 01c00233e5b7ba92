"""The word that a request is answered with for each flaw: no more is told to a peer."""

from __future__ import annotations

from typing import Final

from federation.credentials.flaw import Flaw
from server.domain.groups import Reason

_REASONS: Final[dict[Flaw, Reason]] = {
    Flaw.EXPIRED: Reason.CREDENTIAL_EXPIRED,
    Flaw.REVOKED: Reason.CREDENTIAL_REVOKED,
    Flaw.SUSPENDED: Reason.CREDENTIAL_REVOKED,
    Flaw.LEVEL: Reason.LEVEL,
    Flaw.PROFESSION: Reason.PROFESSION,
    Flaw.AUDIENCE: Reason.AUDIENCE,
}


def reason_of(flaw: Flaw) -> Reason:
    return _REASONS.get(flaw, Reason.CREDENTIAL_INVALID)
