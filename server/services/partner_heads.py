"""Where partners' chains end, told with each probe and kept by the other side: what was cut off here, their copies show.

A copy is never changed by what the same partner tells later. With its answer a partner sends back the copy that it held
before, so that each instance finds its own cut by itself; an auditor who does not believe that asks the partner.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation.types import Origin
from server.core.errors import Invalid
from server.domain.seals import Head, SealedLog, find_head
from server.domain.signin import MailKind
from server.domain.users import Role
from server.services import audit, mail, seals
from server.store import partner_heads as rows
from server.store import users
from server.store.session import Unit


def own(unit: Unit) -> list[str]:
    """What we tell partners."""
    return [head.words() for head in seals.heads(unit)]


def heard(unit: Unit, domain: Origin, words: Sequence[str]) -> list[str]:
    """Keeps where a partner's chains end. Answers the copies that were held before, for it to compare."""
    told = [head for one in words if (head := find_head(one, unit.now))]
    before = [kept for log in SealedLog for kept in rows.of(unit, domain, 1, log)]
    rows.keep(unit, domain, told)
    for kept in before:
        for head in told:
            if head.log is kept.log and _contradicts(head, kept):
                audit.record(unit, "system", "partner.log-cut", domain, kept=kept.words(), told=head.words())
    return [kept.words() for kept in before]


def _contradicts(told: Head, kept: Head) -> bool:
    """A chain grows. What it holds between the two ends, its own instance alone can tell."""
    return told.sequence < kept.sequence or (told.sequence == kept.sequence and told.seal != kept.seal)


def returned(unit: Unit, domain: Origin, words: Sequence[str]) -> None:
    """A partner sends back what it holds of our chains. What is not in them any more is told to the auditors."""
    for kept in [head for one in words if (head := find_head(one, unit.now))]:
        if _in_chain(unit, kept):
            continue
        audit.record(unit, "system", "seals.contradicted", domain, head=kept.words())
        for address, language in users.addresses_of_role(unit, Role.AUDITOR):
            mail.queue(unit, MailKind.SEALS_CONTRADICTED, address, language, f"{domain}\n{kept.words()}")


def _in_chain(unit: Unit, kept: Head) -> bool:
    """True as well of what is older than what is kept here."""
    try:
        return seals.against(unit, kept.words())
    except Invalid:
        return True


def of(unit: Unit, domain: Origin, limit: int = 60) -> list[Head]:
    """The copies held of one partner's chains, newest first."""
    return rows.of(unit, domain, limit)
