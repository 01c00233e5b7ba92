"""What time does to verifications and attestations, in one unit: for the job that looks every minute."""

from __future__ import annotations

from server.services.verification import attestations, received, standing
from server.store.session import Unit


def keep(unit: Unit) -> int:
    """Ends what has had its time, follows suspended members, and suspends what silent issuers attest. Answers how many."""
    return (
        standing.expire(unit)
        + attestations.expire(unit)
        + attestations.follow_accounts(unit)
        + received.watch(unit)
    )
